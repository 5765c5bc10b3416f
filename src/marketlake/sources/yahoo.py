"""Yahoo's daily charts: the request, and a parser that checks every field."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import orjson

from ..model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    UnavailableError,
)
from .contract import Access, Page, Parsed, Request, Source, excerpt, plain, status_error
from .rows import EPOCH, Rows, parse_each

if TYPE_CHECKING:
    from .yahoo_client import YahooClient

_PRICES: Final = ("open", "high", "low", "close", "volume")
_NUMBERS: Final = frozenset({float, int, type(None)})
_STAMPS: Final = frozenset({int})
_NOT_A_CHART: Final = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, OSError)
"""Errors for a document of another shape, or a date beyond the calendar."""
_NO_DATA: Final = "Data doesn't exist for startDate"
_CONSENT: Final = re.compile(rb"guce\.yahoo\.com|consent-form|collectConsent")
_TOO_MANY: Final = (b"Too Many Requests", b"Edge: Too Many Requests")
_URL: Final = "https://query2.finance.yahoo.com/v8/finance/chart/"
_THE_PRESENT: Final = "9999999999"


def read_chart(page: Page) -> Rows:
    """The rows of one answer; raises the `SourceError` that it contains."""
    try:
        document = orjson.loads(page.body)
    except orjson.JSONDecodeError:
        raise _not_json(page) from None
    error = _error(document)
    if _NO_DATA in error:
        return Rows()
    if page.status != 200 or error:
        raise _refusal(page, error)
    try:
        return _rows(document["chart"]["result"][0], page)
    except _NOT_A_CHART as wrong:
        raise _malformed(page, f"{type(wrong).__name__} {plain(str(wrong)[:100])}") from wrong


def _not_json(page: Page) -> SourceError:
    """The error for a text or a page: consent, a limit, or anything else."""
    location = next((text for name, text in page.headers.items() if name.lower() == "location"), "")
    if _CONSENT.search(location.encode() + page.body):
        return BlockedError("yahoo answers with its consent page; another source may serve it")
    if page.status == 200 and page.body.strip() in _TOO_MANY:
        return RateLimitedError(f"yahoo on {page.request.symbol}: {excerpt(page.body)}")
    return status_error(page, "yahoo") or _malformed(page, f"not JSON: {excerpt(page.body)!r}")


def _error(document: Any) -> str:
    """Yahoo's error text under `chart` or `finance`; empty without an error."""
    for root in ("chart", "finance"):
        part = document.get(root) if isinstance(document, dict) else None
        error = part.get("error") if isinstance(part, dict) else None
        if error:
            return plain(f"{root}: {orjson.dumps(error).decode()[:300]}")
    return ""


def _refusal(page: Page, error: str) -> SourceError:
    if "Invalid Crumb" in error:
        return UnavailableError(f"yahoo refused its own crumb for {page.request.symbol}; try again")
    if page.status == 200 and "Not Found" in error:
        return NotFoundError(f"yahoo does not know {page.request.symbol}; check it in instruments.toml")
    if page.status == 200 and error.startswith("finance"):
        return UnavailableError(f"yahoo has a fault ({error})")
    return status_error(page, "yahoo") or _malformed(page, error)


def _malformed(page: Page, what: str) -> MalformedError:
    return MalformedError(f"yahoo's answer for {page.request.symbol} is not a daily chart: {what}")


def _rows(chart: dict[str, Any], page: Page) -> Rows:
    meta = chart["meta"]
    stamps = chart.get("timestamp") or []
    if not stamps and meta.get("instrumentType") == "ECNQUOTE" and meta.get("currency") is None:
        raise NotFoundError(f"yahoo has no prices under {page.request.symbol}; check it in instruments.toml")
    _check_meta(meta, page, has_bars=bool(stamps))
    zone = _zone(meta.get("exchangeTimezoneName"), meta.get("gmtoffset"))
    columns = _columns(chart["indicators"]["quote"][0], len(stamps))
    if not _STAMPS.issuperset(map(type, stamps)):
        raise TypeError("a time stamp is no whole number")
    sessions = [_local_day(stamp, zone) for stamp in stamps]
    events = chart.get("events") or {}
    dividends = _dividends(events.get("dividends") or {}, zone)
    splits = _splits(events.get("splits") or {}, zone)
    # a gain is part of its dividend: it is noted and never added
    gains = _dividends(events.get("capitalGains") or {}, zone)
    rows = _combine(sessions, columns, dividends, splits, gains)
    rows.currency = meta.get("currency")
    rows.zone = getattr(zone, "key", "")
    rows.split_adjusted = True
    return rows


def _check_meta(meta: dict[str, Any], page: Page, *, has_bars: bool) -> None:
    """Refuse another interval or another instrument."""
    if has_bars and meta.get("dataGranularity", "1d") != "1d":
        raise ValueError(f"bars of {meta.get('dataGranularity')!r}, not of a day")
    requested = page.request.symbol
    if unquote(str(meta.get("symbol", requested))).upper() != requested.upper():
        raise ValueError(f"it is about {meta['symbol']!r}")
    if not isinstance(meta.get("currency"), str | None):
        raise TypeError("currency is no text")


@lru_cache(maxsize=256)
def _zone(name: object, offset: object) -> tzinfo:
    """The exchange's zone; its current offset from UTC if the name is unknown."""
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, LookupError):
        return timezone(timedelta(seconds=offset)) if isinstance(offset, int) else UTC


def _day(stamp: int, zone: tzinfo) -> int:
    if type(stamp) is not int:
        raise TypeError("a time stamp is no whole number")
    return _local_day(stamp, zone)


@lru_cache(maxsize=2**16)
def _local_day(stamp: int, zone: tzinfo) -> int:
    """The local date, in days since 1970; an exchange's instruments share their stamps."""
    return datetime.fromtimestamp(stamp, zone).toordinal() - EPOCH


def _columns(quote: dict[str, Any], count: int) -> list[list[float | None]]:
    """Open, high, low, close and volume; a missing column is all null."""
    columns: list[list[float | None]] = []
    for name in _PRICES:
        values: Any = quote.get(name)
        if values is None and name != "close":
            values = [None] * count
        elif values is None and count == 0:
            values = []
        if len(values) != count:
            raise ValueError(f"{name} has {len(values)} values for {count} time stamps")
        kinds = set(map(type, values))
        if not kinds <= _NUMBERS:
            raise TypeError(f"{name} holds more than numbers")
        whole = int in kinds
        columns.append([None if value is None else value + 0.0 for value in values] if whole else values)
    return columns


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError("an event's figure is no number")
    return float(value)


def _dividends(events: dict[str, Any], zone: tzinfo) -> dict[int, float]:
    """Cash per share by day; an ordinary and a special dividend on the same day add up."""
    result: dict[int, float] = {}
    for event in events.values():
        day = _day(event["date"], zone)
        result[day] = result.get(day, 0.0) + _number(event["amount"])
    return result


def _splits(events: dict[str, Any], zone: tzinfo) -> dict[int, float]:
    result: dict[int, float] = {}
    for event in events.values():
        day = _day(event["date"], zone)
        ratio = _number(event["numerator"]) / _number(event["denominator"])
        if ratio <= 0:
            raise ValueError("a split ratio is not positive")
        result[day] = result.get(day, 1.0) * ratio
    return result


def _combine(
    sessions: list[int],
    columns: list[list[float | None]],
    dividends: dict[int, float],
    splits: dict[int, float],
    gains: dict[int, float],
) -> Rows:
    """Bars with their events; a bar without a close is dropped, but an event keeps its date."""
    if None in columns[3]:
        positions = [position for position, close in enumerate(columns[3]) if close is not None]
        sessions = [sessions[position] for position in positions]
        columns = [[column[position] for position in positions] for column in columns]
    bare = sorted((dividends.keys() | splits.keys() | gains.keys()) - set(sessions))
    sessions = sessions + bare
    missing: list[float | None] = [None] * len(bare)
    open_, high, low, close, volume = [column + missing for column in columns]
    return Rows(
        session=sessions,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        dividend=_by_day(dividends, sessions, 0.0),
        split=_by_day(splits, sessions, 1.0),
        capital_gain=[gains.get(day) for day in sessions] if gains else [],
    )


def _by_day(events: dict[int, float], sessions: list[int], none: float) -> list[float]:
    return [events.get(day, none) for day in sessions] if events else [none] * len(sessions)


class Yahoo(Source):
    """One page per fetch; not thread-safe."""

    def __init__(self) -> None:
        super().__init__("yahoo")
        self._clients: dict[str | None, YahooClient] = {}

    def fetch(self, request: Request, access: Access) -> list[Page]:
        if set(request.symbol) <= {"."}:
            raise NotFoundError(f"{request.symbol!r} cannot be a symbol; check it in instruments.toml")
        # escaped, so that the symbol is one path segment
        url = _URL + quote(request.symbol, safe="")
        answer = self._client(access).get(url, _params(request), access)
        return [answer.page(request)]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, lambda own: read_chart(own[-1]))

    def _client(self, access: Access) -> YahooClient:
        # imported here because yfinance takes four seconds and replay does not need it
        from .yahoo_client import YahooClient

        if access.base_url not in self._clients:
            self._clients[access.base_url] = YahooClient(self.name, access)
        return self._clients[access.base_url]


def _params(request: Request) -> dict[str, str]:
    """Starts a day early: a session east of Greenwich opens before its date starts in UTC."""
    first = datetime.combine(request.start, time(), UTC) - timedelta(days=1)
    return {
        "period1": str(int(first.timestamp())),
        "period2": _THE_PRESENT,
        "interval": "1d",
        "events": "div,splits,capitalGains",
        "includeAdjustedClose": "true",
    }
