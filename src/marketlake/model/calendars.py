"""Trading calendars: which sessions exist, when each ended, which are finished.

Names are exchange MICs (`XNYS`, `XLON`, `CMES`, from exchange_calendars) and three of our own:

- `24/7`     crypto: every UTC day, ending at the next midnight
- `TARGET`   euro reference rates: working days of the TARGET system, fixed at 16:00 in Frankfurt
- `MONTHLY`  monthly statistics, labelled with the month's first day, published within 15 days of its
             end

exchange_calendars records the holidays of some venues for a few years only. After `recorded_to` a
calendar goes on with the venue's weekdays, which are marked (`assumed`): a holiday among them is not
missing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from .errors import ConfigError, printable

Days = npt.NDArray[np.datetime64]
"""One-dimensional datetime64[D]."""
Instants = npt.NDArray[np.datetime64]
"""One-dimensional datetime64[us], UTC."""

OWN_CALENDARS: Final = ("24/7", "TARGET", "MONTHLY")
EARLIEST: Final = date(1970, 1, 1)
WARNING: Final = timedelta(days=60)
"""How long before the end of its recorded holidays a calendar warns."""
WEEKDAYS: Final = "24/5"
"""A calendar of exchange_calendars that every venue from Monday to Friday can use."""
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
    recorded_to: date = date.max
    """The last day with recorded holidays; later sessions are assumed."""

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

    def assumed(self, sessions: Days) -> npt.NDArray[np.bool_]:
        """Which of these dates are later than the recorded holidays."""
        return np.asarray(sessions > np.datetime64(self.recorded_to))

    def warning(self, day: date) -> str:
        """What to do about recorded holidays that end within `WARNING` or ended; else empty."""
        if day + WARNING <= self.recorded_to:
            return ""
        return (
            f"calendar {self.name} records holidays to {self.recorded_to} and counts every weekday after it; "
            "install a newer exchange-calendars"
        )

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
    """The calendar, at least to the end of the year of `until`.

    `ConfigError` for one that is unknown or cannot be computed.
    """
    found = _load(name, until.year)
    if isinstance(found, str):
        raise ConfigError(found)
    return found


def lag_of(name: str) -> timedelta:
    """How long after a close the final figures of a calendar's venue are served."""
    return _LAGS.get(name, _EXCHANGE_LAG)


def is_known(name: str, until: date) -> bool:
    """Whether there is such a calendar in the year of `until`."""
    return isinstance(_load(name, until.year), Calendar)


@lru_cache(maxsize=64)
def _load(name: str, year: int) -> Calendar | str:
    """The calendar, or why there is none: a failure costs a second and is remembered."""
    until = date(year, 12, 31)
    if name not in OWN_CALENDARS:
        return _exchange(name, until)
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
    return Calendar(name, _ZONES[name], lag_of(name), days, closes)


def _exchange(name: str, until: date) -> Calendar | str:
    # imported here: two seconds that a query never needs
    from .exchange_days import exchange_days

    try:
        found = exchange_days(name, EARLIEST, until)
    except Exception as error:
        # another package's calendar may fail in any way, and fails its own instruments only
        reason = printable(f"{type(error).__name__}: {error}".splitlines()[0])[:120]
        return (
            f"calendar {name} cannot be computed for {until.year} ({reason}). Install a newer "
            f'exchange-calendars, or use calendar = "{WEEKDAYS}"'
        )
    if found is None:
        own = ", ".join(OWN_CALENDARS)
        return f"unknown calendar {name!r}: use an exchange's MIC such as XNYS, or one of {own}"
    return Calendar(name, found.zone, lag_of(name), found.days, found.closes, found.recorded_to)


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
