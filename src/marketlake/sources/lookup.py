"""Look up a vendor's symbols and their attributes, for the command `add`.

All texts are external: they are made printable and bounded here, and `instruments` validates them
before they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from ..model.errors import MalformedError, NotFoundError, SourceError
from .contract import Access, Page, Request, plain, status_error
from .http import Answer
from .yahoo_client import YahooClient

_LONGEST: Final = 120
_SEARCH: Final = "https://query2.finance.yahoo.com/v1/finance/search"
_PRICES: Final = "https://query2.finance.yahoo.com/v8/finance/chart/"
_SUMMARY: Final = "https://query2.finance.yahoo.com/v10/finance/quoteSummary/"
_FUNDS: Final = frozenset({"ETF", "MUTUALFUND"})
_MOST: Final = 8
_NAME: Final = "yahoo"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WRONG: Final = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Listing:
    """One symbol of a vendor."""

    source: str
    symbol: str
    name: str
    kind: str
    """The vendor's term: EQUITY, ETF, INDEX, CRYPTOCURRENCY, ..."""
    venue: str = ""
    """Display name."""


@dataclass(frozen=True)
class Facts:
    """A vendor's attributes of a symbol; empty and None where unknown."""

    currency: str
    """As served, minor units included (GBp)."""
    zone: str
    """Time zone of the venue."""
    first_session: date | None
    expense_ratio: float | None = None
    """For a fund, as an annual fraction."""


def bounded(value: Any) -> str:
    """A vendor's text in one line; empty for other types."""
    return plain(value[:_LONGEST]) if isinstance(value, str) else ""


def search(text: str, access: Access) -> Sequence[Listing]:
    """Symbols that match the text, best first; empty if Yahoo has none.

    Raises `SourceError`.
    """
    params = {"q": text, "quotesCount": str(_MOST), "newsCount": "0", "listsCount": "0"}
    answer = YahooClient(_NAME, access).get(_SEARCH, params, access)
    return read_search(_good(answer, f"the search for {text}").body)


def listing_of(symbol: str, access: Access) -> Listing:
    """One symbol as its prices describe it. Raises `SourceError`, `NotFoundError` if it is unknown."""
    return read_listing(_chart(YahooClient(_NAME, access), symbol, access).body, symbol)


def facts(listing: Listing, access: Access) -> Facts:
    """Yahoo's attributes of one symbol. Raises `SourceError`, `NotFoundError` if it is unknown."""
    symbol, client = listing.symbol, YahooClient(_NAME, access)
    found = read_facts(_chart(client, symbol, access).body, symbol)
    path = quote(symbol, safe="")
    if listing.kind not in _FUNDS:
        return found
    # optional: without an answer the expense ratio is None
    with suppress(SourceError):
        profile = client.get(_SUMMARY + path, {"modules": "fundProfile"}, access)
        return replace(found, expense_ratio=read_expenses(profile.body))
    return found


def read_search(body: bytes) -> Sequence[Listing]:
    """Pure: parse the answer to a search; `MalformedError` for anything else."""
    try:
        quotes = orjson.loads(body)["quotes"][: 4 * _MOST]
        # the others are private companies and news
        found = [_listing(quoted) for quoted in quotes if quoted.get("isYahooFinance") is True]
    except _WRONG as error:
        raise MalformedError("yahoo: the answer to the search is not what Yahoo documents") from error
    return [listing for listing in found if listing.symbol][:_MOST]


def read_listing(body: bytes, symbol: str) -> Listing:
    """Pure: parse the `meta` of a chart; `MalformedError` for anything else."""
    try:
        return _listing({"symbol": symbol, **orjson.loads(body)["chart"]["result"][0]["meta"]})
    except _WRONG as error:
        raise _not_documented(symbol) from error


def read_facts(body: bytes, symbol: str) -> Facts:
    """Pure: parse the `meta` of a chart; `MalformedError` for anything else."""
    try:
        meta = orjson.loads(body)["chart"]["result"][0]["meta"]
        zone, first = bounded(meta["exchangeTimezoneName"]), meta.get("firstTradeDate")
        day = None
        if isinstance(first, int):
            # added to the epoch, because a moment before 1970 is negative
            day = (_EPOCH + timedelta(seconds=first)).astimezone(ZoneInfo(zone)).date()
        return Facts(bounded(meta["currency"]), zone, day)
    except (*_WRONG, OverflowError, OSError, ZoneInfoNotFoundError) as error:
        raise _not_documented(symbol) from error


def read_expenses(body: bytes) -> float | None:
    """Pure: parse a fund's expense ratio; None for any other answer, because it is optional."""
    try:
        profile = orjson.loads(body)["quoteSummary"]["result"][0]["fundProfile"]
        ratio = profile["feesExpensesInvestment"]["annualReportExpenseRatio"]
        ratio = float(ratio["raw"] if isinstance(ratio, dict) else ratio)
    except _WRONG:
        return None
    return ratio if 0 < ratio < 1 else None


def _listing(quoted: Any) -> Listing:
    """From a line of the search, or from the `meta` of a chart, which has other names for two fields."""

    def first(*names: str) -> str:
        return next(filter(None, (bounded(quoted.get(name)) for name in names)), "")

    return Listing(
        _NAME,
        first("symbol"),
        first("longname", "longName", "shortname", "shortName"),
        first("quoteType", "instrumentType"),
        first("exchDisp", "fullExchangeName"),
    )


def _chart(client: YahooClient, symbol: str, access: Access) -> Answer:
    if set(symbol) <= {"."}:
        raise NotFoundError(f"{symbol!r} cannot be a symbol of Yahoo's")
    found = client.get(_PRICES + quote(symbol, safe=""), {"range": "1d", "interval": "1d"}, access)
    return _good(found, symbol)


def _not_documented(symbol: str) -> MalformedError:
    return MalformedError(f"yahoo: the description of {symbol} is not what Yahoo documents")


def _good(answer: Answer, symbol: str) -> Answer:
    """The answer, or the error for its status."""
    page = Page(
        Request("", symbol, _EPOCH.date(), _EPOCH.date()), "", answer.status, answer.headers, answer.body
    )
    error = status_error(page, _NAME)
    if error:
        raise error
    return answer
