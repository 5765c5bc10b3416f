"""Crypto exchanges through ccxt: daily candles of a pair.

ccxt's own code parses the recorded answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import ccxt
import orjson

from ..model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    UnavailableError,
)
from .contract import Access, Page, Parsed, Request, Source, excerpt, plain, retry_after, status_error
from .exchange_client import DIALECT_FAILURES, Dialect, Pair, dialect_of, know_market, open_exchange
from .rows import DAY_MS, Rows, parse_each

if TYPE_CHECKING:
    from .exchange_client import ExchangeClient

_END_OF_TIME_MS: Final = 2_932_897 * DAY_MS
"""The first moment after the year 9999."""
_UNKNOWN_PAIR: Final = ("unknown asset pair", "unknown pair", "invalid symbol", "notfound", "not found")
_NO_SERVICE: Final = ("eservice", "einternal", "egeneral:internal")
_TOO_MANY: Final = re.compile(r"rate.?limit|too many requests|request limit|exceeded.{0,40}(requests|limit)")
"""Exchanges say so with status 400 too."""
_FEW: Final = 5
"""So few candles may lie apart in a market that hardly trades."""
_SPARSE_PAGES: Final = 20
_SPARSE_SHARE: Final = 0.05
"""Pages that hold a smaller share of what was requested would take a request a day: paging stops,
and the answer is short."""
_MOST_PAGES: Final = 400
"""More than 50 years of 50 candles a page."""


class ExchangeReader:
    """ccxt's reader of one exchange, without a network."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self._name = name
        self._dialect = dialect
        self._exchange = open_exchange(name, {"session": None, "synchronous": False})
        # ccxt would cut an answer to the number of rows it assumes were requested
        self._exchange.filter_by_since_limit = lambda array, *_args, **_named: array

    def rows(self, pages: list[Page]) -> Rows:
        """The candles of one instrument's pages.

        Raises the `SourceError` for a bad page.
        """
        pair = Pair.of(pages[0].request.symbol, self._name)
        candles = [candle for page in pages for candle in self._candles(page, pair)]
        # pages overlap, and some exchanges serve the newest candle first
        candles.sort(key=lambda candle: candle[0])
        opened = [candle[0] for candle in candles]
        self._check_daily(opened, pair)
        return Rows(
            session=[stamp // DAY_MS for stamp in opened],
            open=[candle[1] for candle in candles],
            high=[candle[2] for candle in candles],
            low=[candle[3] for candle in candles],
            close=[candle[4] for candle in candles],
            volume=[candle[5] for candle in candles],
            dividend=[0.0] * len(candles),
            split=[1.0] * len(candles),
            currency=pair.quote,
        )

    def _candles(self, page: Page, pair: Pair) -> list[list[Any]]:
        document = self._document(page)
        try:
            return [candle for candle in self._read(document, page, pair) if _has_values(candle)]
        except DIALECT_FAILURES as wrong:
            raise self._malformed(page, f"{type(wrong).__name__} {plain(str(wrong)[:100])}") from wrong

    def _document(self, page: Page) -> Any:
        """The answer's JSON, after a check of its status and text for errors."""
        refused = None if page.status == 400 else status_error(page, self._name)
        if refused:
            raise refused
        try:
            document = orjson.loads(page.body)
        except orjson.JSONDecodeError:
            raise self._malformed(page, f"not JSON: {excerpt(page.body)!r}") from None
        try:
            text = page.body.decode(errors="replace")
            self._exchange.handle_errors(
                page.status, "", page.url, "GET", dict(page.headers), text, document, {}, None
            )
        except ccxt.BaseError as error:
            raise self._refusal(page, error) from error
        except DIALECT_FAILURES as wrong:
            raise self._malformed(page, plain(str(wrong)[:100])) from wrong
        if page.status != 200:
            raise self._refusal(page, ccxt.ExchangeError(excerpt(page.body)))
        return document

    def _refusal(self, page: Page, error: Exception) -> SourceError:
        """Convert ccxt's error; for a plain ExchangeError the text decides."""
        what = f"{self._name} on {page.request.symbol}: {excerpt(str(error).encode())}"
        text = str(error).lower()
        if isinstance(error, ccxt.BadSymbol) or any(words in text for words in _UNKNOWN_PAIR):
            return NotFoundError(f"{what}; check the symbol in instruments.toml")
        if isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection) or _TOO_MANY.search(text):
            return RateLimitedError(what, retry_after(page.headers))
        if isinstance(error, ccxt.OperationFailed) or any(words in text for words in _NO_SERVICE):
            return UnavailableError(what)
        if isinstance(error, ccxt.AuthenticationError | ccxt.RestrictedLocation):
            return BlockedError(f"{what}; another source may serve it")
        return MalformedError(what)

    def _malformed(self, page: Page, what: str) -> MalformedError:
        return MalformedError(f"{self._name}'s answer for {page.request.symbol} is not daily candles: {what}")

    def _read(self, document: Any, page: Page, pair: Pair) -> list[list[Any]]:
        """All candles of the answer.

        ccxt skips what it cannot read, so the candles are counted.
        """
        dialect = self._dialect
        market_id = dialect.market_id(pair) if dialect.market_id else _guessed_id(page.url, pair)
        know_market(self._exchange, pair, market_id)
        as_read = dialect.as_ccxt_reads(document, market_id)
        self._exchange.fetch = lambda *_args, **_named: as_read
        candles: list[list[Any]] = self._exchange.fetch_ohlcv(pair.symbol, "1d")
        if dialect.known and len(candles) != len(_list(dialect.candles(document))):
            raise ValueError("some candles cannot be read")
        if not dialect.known and not candles and not _holds_empty_list(document):
            raise ValueError("no candles and no empty list of them")
        return candles

    def _check_daily(self, opened: list[int], pair: Pair) -> None:
        """Refuse hourly and weekly candles."""
        steps = {later - stamp for stamp, later in pairwise(opened)} - {0}
        if len(opened) > _FEW and min(steps, default=DAY_MS) > DAY_MS:
            days = min(steps) / DAY_MS
            raise MalformedError(f"{self._name}'s candles of {pair.symbol} are {days:g} days apart, not one")
        times = {stamp % DAY_MS for stamp in opened}
        if len(times) > 1 or (self._dialect.known and times - {0}):
            raise MalformedError(f"{self._name}'s candles of {pair.symbol} do not each open on a new UTC day")


def _has_values(candle: list[Any]) -> bool:
    """True if the candle has a price; `ValueError` for an impossible candle."""
    stamp, *prices = candle[:6]
    if type(stamp) is not int or not 0 <= stamp < _END_OF_TIME_MS:
        raise ValueError("a candle without a time")
    if prices[:4] == [None] * 4:
        return False
    if prices[3] is None or not all(price is None or math.isfinite(price) for price in prices):
        raise ValueError("a candle without a close, or with a figure that is no number")
    return True


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list of candles")
    return value


def _holds_empty_list(document: Any) -> bool:
    """True if the answer, or a part up to two levels down, is an empty list."""
    level = [document]
    for _ in range(3):
        if [] in level:
            return True
        level = [part for value in level if isinstance(value, dict) for part in value.values()]
    return False


def _guessed_id(url: str, pair: Pair) -> str:
    """The exchange's name of the pair, as in the recorded request.

    The exchange's list of markets is not stored.
    """
    parts = urlsplit(url)
    words = [unquote(word) for word in parts.path.split("/")] + [value for _, value in parse_qsl(parts.query)]
    for word in words:
        if pair.base.lower() in word.lower() and pair.quote.lower() in word.lower():
            return word
    return pair.base + pair.quote


class Exchange(Source):
    """One page per request, with as many candles as the exchange returns at most.

    Not thread-safe.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._dialect: Dialect = dialect_of(name)
        self._clients: dict[str | None, ExchangeClient] = {}
        self._own_reader: ExchangeReader | None = None

    def fetch(self, request: Request, access: Access) -> list[Page]:
        pair = Pair.of(request.symbol, self.name)
        client = self._client(access)
        since, end = _milliseconds(request.start), _milliseconds(request.end)
        pages: list[Page] = []
        requested = 0
        while not pages or (since <= end and len(pages) < _MOST_PAGES):
            count = max(1, min(self._dialect.limit, (end - since) // DAY_MS + 1))
            pages.append(client.candles(pair, since, count, access).page(request))
            after = self._next(pages[-1], since, count)
            if after is None:
                break
            requested += count
            served = (after - _milliseconds(request.start)) // DAY_MS
            if len(pages) >= _SPARSE_PAGES and served < _SPARSE_SHARE * requested:
                break
            since = after
        return pages

    def markets(self, access: Access) -> frozenset[str]:
        """The symbols of its open spot markets; raises `SourceError`."""
        return self._client(access).markets(access)

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, self._reader().rows)

    def _next(self, page: Page, since: int, count: int) -> int | None:
        """The start of the next page; None if this page is bad or the last."""
        try:
            sessions = self._reader().rows([page]).session
        except SourceError:
            return None
        last = max(sessions, default=-1) * DAY_MS
        if last >= since:
            return last + DAY_MS
        return since + count * DAY_MS if self._dialect.windowed else None

    def _client(self, access: Access) -> ExchangeClient:
        # imported here because ccxt takes four seconds to import
        from .exchange_client import ExchangeClient

        if access.base_url not in self._clients:
            self._clients[access.base_url] = ExchangeClient(self.name, self._dialect, access)
        return self._clients[access.base_url]

    def _reader(self) -> ExchangeReader:
        if self._own_reader is None:
            self._own_reader = ExchangeReader(self.name, self._dialect)
        return self._own_reader


def _milliseconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000
