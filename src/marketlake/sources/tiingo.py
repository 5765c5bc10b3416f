"""Tiingo's end-of-day prices of shares and funds, with a key from the environment.

Symbols: Tiingo's tickers (`AAPL`, `BRK-B`). Documentation: www.tiingo.com/documentation/end-of-day.
Time: the session's date; the midnight that follows it has no meaning. Adjustment: none is used;
prices and volume are as traded, `divCash` is on the ex-date, `splitFactor` on the split's date.
Currency: not given. A quota is a text with status 429 or 200, as JSON or plain.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote

import orjson

from ..model.errors import (
    BlockedError,
    MalformedError,
    MisconfiguredError,
    NotFoundError,
    RateLimitedError,
    SourceError,
)
from ..model.settings import KEY_VARIABLES
from .contract import Access, Page, Parsed, Request, Source, excerpt, plain, retry_after, status_error
from .http import get
from .rows import EPOCH, Rows, parse_each

_NAME: Final = "tiingo"
_URL: Final = "https://api.tiingo.com/tiingo/daily/"
_TICKER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
_DATE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(T00:00:00(\.0+)?(Z|\+00:00))?", re.ASCII)
_QUOTA: Final = re.compile(r"run over|allocation|too many requests")
_QUOTA_S: Final = 3600.0
"""The shortest quota is per hour, and the answer does not say when it ends."""
_FIELDS: Final = ("open", "high", "low", "close", "volume")
_WEEK_OF_SESSIONS: Final = 5
_FEW: Final = 3
"""So many rows, all of them that far apart, are not daily."""
_NOT_PRICES: Final = (LookupError, TypeError, ValueError, AttributeError, csv.Error)


class Tiingo(Source):
    """One page per fetch."""

    def __init__(self) -> None:
        super().__init__(_NAME)

    def fetch(self, request: Request, access: Access) -> list[Page]:
        if not _TICKER.fullmatch(request.symbol):
            raise NotFoundError(
                f"tiingo: {request.symbol[:40]!r} is no ticker; it looks like BRK-B. "
                "Correct it in instruments.toml"
            )
        key = access.keys.get(_NAME)
        if not key:
            raise MisconfiguredError(f"tiingo needs a key; set {KEY_VARIABLES[_NAME]}")
        span = {"startDate": request.start.isoformat(), "endDate": request.end.isoformat()}
        params = {**span, "format": "json", "resampleFreq": "daily"}
        # in a header, because addresses are logged and stored
        headers = {"Authorization": f"Token {key}"}
        url = f"{_URL}{quote(request.symbol, safe='')}/prices"
        return [_without_key(get(url, _NAME, access, params, headers).page(request), key)]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, lambda own: _rows(own[-1]))


def _without_key(page: Page, key: str) -> Page:
    """The page; a text that repeats the key is stored without it."""
    is_prices = page.status == 200 and page.body.startswith(b"[")
    return page if is_prices else replace(page, body=page.body.replace(key.encode(), b"***"))


def _rows(page: Page) -> Rows:
    listed = _listed(page.body)
    if page.status != 200 or listed is None:
        raise _refusal(page)
    try:
        return _bars(listed)
    except _NOT_PRICES as wrong:
        raise _malformed(page, f"{type(wrong).__name__} {plain(str(wrong)[:100])}") from wrong


def _listed(body: bytes) -> list[dict[str, Any]] | None:
    """The rows of a JSON list, or of a CSV with its header; None for any other text."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _listed_csv(body) if body.startswith(b"date,close,") else None
    return document if isinstance(document, list) else None


def _listed_csv(body: bytes) -> list[dict[str, Any]] | None:
    if not body.endswith(b"\n"):
        return None
    rows = csv.DictReader(body.decode(errors="replace").splitlines())
    return [{name: text if name == "date" else float(text) for name, text in row.items()} for row in rows]


def _refusal(page: Page) -> SourceError:
    """The error of an answer that is not prices; its text decides before its status."""
    text = page.body[:1000].decode(errors="replace").lower()
    what = f"tiingo on {page.request.symbol}: {excerpt(page.body)}"
    if page.status == 429 or _QUOTA.search(text):
        return RateLimitedError(what, retry_after(page.headers) or _QUOTA_S)
    if page.status in {200, 401, 403} and "token" in text:
        return BlockedError(f"{what}; correct {KEY_VARIABLES[_NAME]}")
    error = status_error(page, _NAME)
    if error is None and "not found" in text:
        return NotFoundError(f"{what}; check it in instruments.toml")
    return error or _malformed(page, f"it begins {excerpt(page.body)!r}")


def _malformed(page: Page, what: str) -> MalformedError:
    return MalformedError(f"tiingo's answer for {page.request.symbol} is not daily prices: {what}")


def _bars(listed: list[dict[str, Any]]) -> Rows:
    rows = Rows()
    for one in listed:
        values = {name: _number(one[name]) for name in _FIELDS}
        paid, split = _number(one["divCash"]) or 0.0, _number(one["splitFactor"], none=1.0)
        if split is None or split <= 0:
            raise ValueError("a split factor is not positive")
        if values["close"] is None and not paid and split == 1.0:
            continue
        rows.session.append(_session(one["date"]))
        for name in _FIELDS:
            getattr(rows, name).append(values[name])
        rows.dividend.append(paid)
        rows.split.append(split)
    priced = zip(rows.session, rows.close, strict=True)
    _check_daily([session for session, close in priced if close is not None])
    return rows


def _session(text: str) -> int:
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueError(f"{text[:40]!r} is not the date of a session")
    return date.fromisoformat(match[1]).toordinal() - EPOCH


def _number(value: object, none: float | None = None) -> float | None:
    if value is None:
        return none
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError("a figure is no number")
    return float(value)


def _check_daily(sessions: list[int]) -> None:
    """Refuse weekly and monthly rows."""
    steps = [later - day for day, later in pairwise(sorted(sessions))]
    if len(sessions) >= _FEW and min(steps) >= _WEEK_OF_SESSIONS:
        raise ValueError(f"rows are {min(steps)} days apart, not one")
