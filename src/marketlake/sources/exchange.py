"""Crypto exchanges, any ccxt id: daily candles of spot markets.

Symbols: ccxt's `BASE/QUOTE` (`BTC/USD`, `BTC/USDT`). Currency: the quote, as served; `USDT` is not `USD`.
Time: candles are stamped with their open; the session is its UTC date. Adjustment: none exists.
Documentation: docs.ccxt.com, and of the four whose dialect is known here (`exchange_dialect`) their own.
kraken serves its latest 720 candles, whatever was asked; the last candle of any of them is unfinished.

ccxt builds and sends the request, and reads the recorded answer again in `parse`; paging is done here,
because its own drops rows silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from ..errors import SourceError
from .contract import Access, Page, Parsed, Request, Source
from .exchange_dialect import Dialect, Pair, dialect_of
from .rows import DAY_MS, parse_each

if TYPE_CHECKING:
    from .exchange_client import ExchangeClient
    from .exchange_reader import ExchangeReader

_MOST_PAGES: Final = 400
"""More than 50 years of 50 candles a page."""


class Exchange(Source):
    """A page per request for as many candles as the exchange serves at once. Serves one thread at a time."""

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
        while not pages or (since <= end and len(pages) < _MOST_PAGES):
            count = max(1, min(self._dialect.limit, (end - since) // DAY_MS + 1))
            pages.append(client.candles(pair, since, count, access).page(request))
            after = self._next(pages[-1], since, count)
            if after is None:
                break
            since = after
        return pages

    def markets(self, access: Access) -> frozenset[str]:
        """The symbols of its open spot markets; raises `SourceError`."""
        return self._client(access).markets(access)

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, self._reader().rows)

    def _next(self, page: Page, since: int, count: int) -> int | None:
        """Where the next page begins; None when this one is bad or there is no more."""
        try:
            sessions = self._reader().rows([page]).session
        except SourceError:
            return None
        last = max(sessions, default=-1) * DAY_MS
        if last >= since:
            return last + DAY_MS
        return since + count * DAY_MS if self._dialect.windowed else None

    def _client(self, access: Access) -> ExchangeClient:
        # imported here, as the reader below: ccxt takes four seconds
        from .exchange_client import ExchangeClient

        if access.base_url not in self._clients:
            self._clients[access.base_url] = ExchangeClient(self.name, self._dialect, access)
        return self._clients[access.base_url]

    def _reader(self) -> ExchangeReader:
        from .exchange_reader import ExchangeReader

        if self._own_reader is None:
            self._own_reader = ExchangeReader(self.name, self._dialect)
        return self._own_reader


def _milliseconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000
