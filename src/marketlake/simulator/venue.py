"""Where and when a symbol trades: currency, zone, hours, and Yahoo's name of the venue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ..model.calendars import OWN_CALENDARS, Days, load_calendar

Seconds = npt.NDArray[np.int64]
"""One-dimensional, since 1970 in UTC."""

QUOTES: Final = ("USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH")
"""Quote currencies of crypto pairs, longest first where one begins another."""

_EPOCH: Final = date(1900, 1, 1)
_HORIZON: Final = date(2100, 1, 1)
_DAY: Final = 24 * 60


@dataclass(frozen=True)
class Venue:
    """Minutes are counted from local midnight of the session and may exceed a day."""

    calendar: str
    zone: str
    opens: int
    closes: int
    currency: str = "USD"
    kind: str = "EQUITY"
    """Yahoo's instrumentType."""
    exchange: str = "NYQ"
    """Yahoo's exchangeName."""
    monthly: bool = False
    """Figures of a month, published on the 15th of the next."""

    def open_at(self, days: Days) -> Seconds:
        """When each session began; for a statistic, when it was published."""
        if self.monthly:
            next_month = (days.astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[D]")
            published = next_month + np.timedelta64(14, "D")
            return published.astype("datetime64[s]").astype(np.int64) + self.opens * 60
        index = (days - np.datetime64(_EPOCH)).astype(np.int64)
        return _instants(self.zone, self.opens)[index]

    def regular_close(self, day: np.datetime64) -> int:
        """When the session ended, without early closes."""
        return int(_instants(self.zone, self.closes)[int((day - np.datetime64(_EPOCH)).astype(np.int64))])

    def close_at(self, day: np.datetime64) -> int:
        """When the session ended, early closes included."""
        if self.calendar in OWN_CALENDARS or self.kind == "FUTURE":
            return self.regular_close(day)
        calendar = load_calendar(self.calendar, until=day.astype("datetime64[D]").item())
        days = np.array([day], dtype="datetime64[D]")
        if not calendar.is_session(days)[0]:
            return self.regular_close(day)
        return int(calendar.close_at(days).astype("datetime64[s]").astype(np.int64)[0])


CRYPTO: Final = Venue("24/7", "UTC", 0, _DAY, kind="CRYPTOCURRENCY", exchange="CCC")
CURRENCY: Final = Venue("24/7", "Europe/London", 0, _DAY, kind="CURRENCY", exchange="CCY")
FUTURE: Final = Venue("XNYS", "America/New_York", 0, 17 * 60, kind="FUTURE", exchange="CMX")
INDEX: Final = Venue("XNYS", "America/New_York", 570, 960, kind="INDEX", exchange="SNP")
SHARE: Final = Venue("XNYS", "America/New_York", 570, 960)
MONTHLY: Final = Venue("MONTHLY", "UTC", 810, 810, kind="STATISTIC", monthly=True)
NEXT_DAY: Final = Venue("24/7", "UTC", _DAY + 810, _DAY + 810, kind="STATISTIC")

HOURS: Final = {
    "XNYS": ("America/New_York", 570, 960),
    "XNAS": ("America/New_York", 570, 960),
    "XLON": ("Europe/London", 480, 990),
    "XETR": ("Europe/Berlin", 540, 1050),
    "XPAR": ("Europe/Paris", 540, 1050),
    "XSWX": ("Europe/Zurich", 540, 1050),
    "XTKS": ("Asia/Tokyo", 540, 930),
    "XHKG": ("Asia/Hong_Kong", 570, 960),
    "XTSE": ("America/Toronto", 570, 960),
    "24/7": ("UTC", 0, _DAY),
}
"""Zone, opening and closing minute by calendar, for symbols that market.toml describes."""


def venue_of(symbol: str) -> Venue:
    """The venue of a Yahoo symbol, by its spelling."""
    if symbol.startswith("^"):
        return INDEX
    if symbol.endswith("=F"):
        return FUTURE
    if symbol.endswith("=X"):
        return CURRENCY
    quote = symbol.rpartition("-")[2] if "-" in symbol else ""
    return CRYPTO if quote in QUOTES else SHARE


@lru_cache(maxsize=64)
def _instants(zone: str, minutes: int) -> Seconds:
    """`minutes` after local midnight of every day from `_EPOCH` on."""
    place, after = ZoneInfo(zone), timedelta(minutes=minutes)
    days = (_EPOCH + timedelta(days=n) for n in range((_HORIZON - _EPOCH).days))
    base = datetime(1970, 1, 1, tzinfo=UTC)
    seconds = [(datetime(d.year, d.month, d.day, tzinfo=place) + after - base).total_seconds() for d in days]
    return np.array(seconds, dtype=np.int64)
