"""The contract of a source.

A source is one file with two functions:

- `fetch(request)` is I/O. It requests daily rows from `request.start` to `request.end` and returns
  every answer as served, one `Page` each, whatever its status. It stops paging at the first bad
  answer. It raises if there is no answer to persist: `UnavailableError` if no host answered,
  `MalformedError` for an answer too long or cut off, `NotFoundError` or `BlockedError` for a
  symbol that cannot be requested. It waits for the limiter before each request, limits an answer
  by `access.max_bytes` and `access.timeout`, and never retries: the pipeline does.
- `parse(pages)` is pure. It converts the pages of any number of instruments to one `SERVED` table,
  and returns the errors by instrument. It gives the same result years later, when `replay` reads
  the pages from `raw/`. It needs no network, no clock and no `access`.

`parse` reports rows as the vendor serves them: duplicates, unfinished bars and rows outside the
requested window stay in. A vendor's quirks are handled in its own file: time stamps become session
dates in the venue's zone, missing values become nulls, rows without any value are dropped. A
dividend or split on a date without prices is a row whose prices are null. If the vendor adjusts
history for later splits, `split_adjusted` is true and `normalise` reverses it, so the answer must
extend to the vendor's latest session.

An answer with no rows in the window is no failure: it parses to no rows.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from ..model.clock import Clock
from ..model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    UnavailableError,
    without_secrets,
)
from .limiter import Limiter

_SECONDS: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_LONGEST_RETRY_S: Final = 86_400.0
_YEARS: Final = range(1971, 2100)
"""Years in which no time zone shifts a moment out of the calendar."""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""Less than any venue's lag."""
_SECRET_HEADERS: Final = frozenset({"set-cookie", "cookie", "authorization", "proxy-authorization"})


@dataclass(frozen=True)
class Request:
    """Daily rows of one instrument, both ends included."""

    instrument_id: str
    symbol: str
    start: date
    end: date


@dataclass(frozen=True)
class Page:
    """One answer as served by the vendor."""

    request: Request
    url: str
    """Without secrets (no crumb, no key)."""
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Parsed:
    """The result of parsing pages."""

    bars: pa.Table
    """Schema `SERVED`."""
    failed: Mapping[str, SourceError] = field(default_factory=dict)
    """By instrument id; such an instrument has no rows in `bars`."""
    zones: Mapping[str, str] = field(default_factory=dict)
    """By instrument id, the time zone that the vendor names, where it does."""


@dataclass(frozen=True)
class Access:
    """What a source may use: clock, limiter, files and network."""

    clock: Clock
    limiter: Limiter
    files: Path
    """The folder that the source `files` may read."""
    base_url: str | None = None
    """Replaces every vendor's address; the source's name is the first path segment."""
    timeout: float = 30.0
    """Seconds until an answer must be complete."""
    max_bytes: int = 64 * 1024 * 1024
    """Maximum size of an answer."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By source: the key that its vendor asks for."""


class Source(ABC):
    """One vendor. `name` is its name in `instruments.toml`."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def fetch(self, request: Request, access: Access) -> list[Page]:
        """Request the rows; at least one page, or the `SourceError` that left none."""

    @abstractmethod
    def parse(self, pages: Sequence[Page]) -> Parsed:
        """Read the pages of any number of instruments; never raises for what a vendor sent."""


def status_error(page: Page, source: str) -> SourceError | None:
    """The error for an HTTP status; None for 200.

    Vendor-specific meanings are in the vendor's file.
    """
    what = f"{source} answered {page.status} for {page.request.symbol}"
    if page.status == 200:
        return None
    if page.status in {418, 429}:
        return RateLimitedError(f"{what}: too many requests", retry_after(page.headers))
    # 999 is what some gateways answer instead of 403
    if page.status in {401, 403, 451, 999}:
        return BlockedError(f"{what}: access refused; another source may serve it")
    if page.status == 404:
        return NotFoundError(f"{what}: unknown symbol; check it in instruments.toml")
    if page.status >= 500:
        return UnavailableError(f"{what}: the vendor has a fault")
    return MalformedError(f"{what}: {excerpt(page.body)}")


def answered_at(clock: Clock, moment: datetime, pages: Sequence[Page]) -> datetime:
    """The time of an answer: `moment`, by our clock, or the vendor's time if our clock is ahead.

    So a clock that jumped forward does not finish an unfinished bar. A pinned clock is trusted.
    """
    if clock.is_pinned:
        return moment
    times = [time for page in pages if (time := vendor_time(page.headers)) is not None]
    return max(times) if times and moment > max(times) + _CLOCKS_DIFFER else moment


def vendor_time(headers: Mapping[str, str]) -> datetime | None:
    """The Date header, plus Age if a cache answered.

    None if it cannot be read.
    """
    values = {name.lower(): text for name, text in headers.items()}
    try:
        served = parsedate_to_datetime(values.get("date", "")) + timedelta(
            seconds=int(values.get("age", "0"))
        )
    except (ValueError, OverflowError):
        return None
    in_utc = served if served.tzinfo else served.replace(tzinfo=UTC)
    return in_utc.astimezone(UTC) if served.year in _YEARS else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; a date counts from the answer's own date.

    None if it is neither. A past moment is 0; the maximum is one day.
    """
    values = {name.lower(): text.strip() for name, text in headers.items()}
    value = values.get("retry-after", "")
    seconds = float(value) if _SECONDS.fullmatch(value) else _from_to(values.get("date", ""), value)
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_RETRY_S)


def _from_to(sent: str, until: str) -> float | None:
    """Seconds between two HTTP dates, which are always GMT; None if either cannot be read."""
    try:
        first, last = (parsedate_to_datetime(text).replace(tzinfo=UTC) for text in (sent, until))
    except (ValueError, TypeError, OverflowError):
        return None
    return (last - first).total_seconds()


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may be stored: no cookies, no credentials."""
    return {n.lower(): without_secrets(v) for n, v in headers.items() if n.lower() not in _SECRET_HEADERS}


def unexpected(request: Request, error: Exception) -> MalformedError:
    """The error for an unforeseen exception, a defect of ours; it fails this instrument only."""
    what = plain(f"{type(error).__name__}: {error}"[:200])
    return MalformedError(
        f"the answer for {request.symbol} could not be processed ({what}); please report it"
    )


def excerpt(body: bytes) -> str:
    """The start of an answer, safe for a message."""
    return plain(body[:120].decode("utf-8", errors="replace"))


def plain(text: str) -> str:
    """External text, safe for a message."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
