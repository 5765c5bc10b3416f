"""Trading calendars: which sessions exist, when each ended, which are finished.

Names are exchange MICs (`XNYS`, `XLON`, `CMES`, from exchange_calendars) and three of our own:

- `24/7`     crypto: every UTC day, ending at the next midnight
- `TARGET`   euro reference rates: working days of the TARGET system, fixed at 16:00 in Frankfurt
- `MONTHLY`  monthly statistics, labelled with the month's first day, published within 15 days of its
             end
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from .errors import ConfigError

Days = npt.NDArray[np.datetime64]
"""One-dimensional datetime64[D]."""
Instants = npt.NDArray[np.datetime64]
"""One-dimensional datetime64[us], UTC."""

OWN_CALENDARS: Final = ("24/7", "TARGET", "MONTHLY")
EARLIEST: Final = date(1970, 1, 1)
_DAY: Final = np.timedelta64(1, "D")
_LAGS: Final = {"24/7": timedelta(minutes=10), "MONTHLY": timedelta(days=15)}
_EXCHANGE_LAG: Final = timedelta(minutes=60)
_ZONES: Final = {"24/7": "UTC", "TARGET": "Europe/Berlin", "MONTHLY": "UTC"}


@dataclass(frozen=True)
class Calendar:
    """The sessions of one venue from `EARLIEST` (or its own beginning) on, with the end of each."""

    name: str
    zone: str
    """IANA time zone of the venue."""
    lag: timedelta
    """How long after a close the venue's final figures are served."""
    days: Days
    closes: Instants

    def sessions(self, start: date, end: date) -> Days:
        """The sessions from `start` to `end`, both included."""
        return self.days[bisect_left(self._dates, start) : bisect_right(self._dates, end)]

    def close_at(self, sessions: Days) -> Instants:
        """When each session ended; the end of its UTC day for a date that is not a session."""
        index = np.searchsorted(self.days, sessions)
        index = np.minimum(index, len(self.days) - 1)
        day_ends = (sessions + _DAY).astype("datetime64[us]")
        return np.where(self.days[index] == sessions, self.closes[index], day_ends)

    def is_session(self, sessions: Days) -> npt.NDArray[np.bool_]:
        """Which of these dates are sessions."""
        index = np.minimum(np.searchsorted(self.days, sessions), len(self.days) - 1)
        return np.asarray(self.days[index] == sessions)

    def last_finished(self, now: datetime) -> date:
        """The last session with a passed close and lag; `EARLIEST` when there is none."""
        count = bisect_right(self._ends, (now - self.lag).astimezone(UTC).replace(tzinfo=None))
        return self._dates[count - 1] if count else EARLIEST

    def back(self, session: date, count: int) -> date:
        """The session `count` sessions before `session` (or the first there is)."""
        return self._dates[max(bisect_left(self._dates, session) - count, 0)]

    # a search for one date is ten times quicker in a list than in an array
    @cached_property
    def _dates(self) -> list[date]:
        dates: list[date] = self.days.tolist()
        return dates

    @cached_property
    def _ends(self) -> list[datetime]:
        ends: list[datetime] = self.closes.tolist()
        return ends


def load_calendar(name: str, until: date) -> Calendar:
    """The calendar, known at least to the end of the year of `until`.

    `ConfigError` for an unknown name.
    """
    return _load(name, until.year)


def is_known(name: str, until: date) -> bool:
    """Whether there is such a calendar and it reaches the end of the year of `until`."""
    try:
        load_calendar(name, until)
    except ConfigError:
        return False
    return True


@lru_cache(maxsize=64)
def _load(name: str, year: int) -> Calendar:
    until = date(year, 12, 31)
    lag = _LAGS.get(name, _EXCHANGE_LAG)
    if name not in OWN_CALENDARS:
        zone, days, closes = _exchange(name, until)
        return Calendar(name, zone, lag, days, closes)
    first, end = np.datetime64(EARLIEST), np.datetime64(until + timedelta(days=1))
    days = np.arange(first, end, dtype="datetime64[D]")
    if name == "TARGET":
        days = np.array([day for day in days if _is_target_day(_to_date(day))], dtype="datetime64[D]")
        closes = np.array([_fixing(_to_date(day)) for day in days], dtype="datetime64[us]")
    elif name == "MONTHLY":
        months = np.arange(first, end, dtype="datetime64[M]")
        ends = months + np.timedelta64(1, "M")
        days, closes = months.astype("datetime64[D]"), ends.astype("datetime64[us]")
    else:
        closes = (days + _DAY).astype("datetime64[us]")
    return Calendar(name, _ZONES[name], lag, days, closes)


def _exchange(name: str, until: date) -> tuple[str, Days, Instants]:
    # imported here: two seconds that a query never needs
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    try:
        first = _bound(exchange_calendars, name)
        calendar = exchange_calendars.get_calendar(name, start=first, end=until)
    except InvalidCalendarName:
        own = ", ".join(OWN_CALENDARS)
        raise ConfigError(
            f"unknown calendar {name!r}: use an exchange's MIC such as XNYS, or one of {own}"
        ) from None
    except ValueError as error:
        # some calendars have their holidays for a few years only
        raise ConfigError(
            f"calendar {name} is not known to {until}: {error} A newer exchange-calendars may know more"
        ) from error
    closes = calendar.closes
    days = closes.index.to_numpy().astype("datetime64[D]")
    return str(calendar.tz), days, closes.dt.tz_convert(None).to_numpy().astype("datetime64[us]")


def _bound(exchange_calendars: Any, name: str) -> date:
    kind = exchange_calendars.calendar_utils.global_calendar_dispatcher._calendar_factories.get(name)
    earliest = kind.bound_min() if kind else None
    return max(EARLIEST, earliest.date()) if earliest is not None else EARLIEST


def _to_date(day: np.datetime64) -> date:
    result = day.astype("datetime64[D]").item()
    assert isinstance(result, date)
    return result


def _fixing(day: date) -> datetime:
    local = datetime(day.year, day.month, day.day, 16, tzinfo=ZoneInfo("Europe/Berlin"))
    return local.astimezone(UTC).replace(tzinfo=None)


def _is_target_day(day: date) -> bool:
    """Source: the ECB's TARGET closing days (1999 and 2001 had extra ones at year-end)."""
    if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (12, 25)}:
        return False
    if (day.year, day.month, day.day) in {(1999, 12, 31), (2001, 12, 31)}:
        return False
    if day.year < 2000:
        return True
    easter = _easter(day.year)
    return day not in {easter - timedelta(days=2), easter + timedelta(days=1)} and (
        (day.month, day.day) not in {(5, 1), (12, 26)}
    )


def _easter(year: int) -> date:
    # dateutil comes with pandas
    from dateutil.easter import easter

    sunday: date = easter(year)
    return sunday
