"""The sessions of exchanges, from the package exchange_calendars.

Two things differ from what the package returns. Beyond the end of its recorded holidays the venue's
weekdays go on. And where an exchange changed its week or has sessions on weekends (Tel Aviv, Seoul,
Moscow, Mumbai), and for the Orthodox Easter, the package extends pandas by hooks that pandas 3.1
does not call: the days are computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from exchange_calendars import ExchangeCalendar, calendar_utils
from exchange_calendars.pandas_extensions import offsets

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class ExchangeDays:
    """Sessions (datetime64[D]), when each ended (datetime64[us], UTC) and the last recorded day."""

    zone: str
    days: Days
    closes: Days
    recorded_to: date


def exchange_days(name: str, earliest: date, until: date) -> ExchangeDays | None:
    """The sessions from `earliest`, or from the calendar's own beginning, to `until`.

    None for an unknown name. What goes wrong within the package is raised as it is.
    """
    calendars: Any = calendar_utils.global_calendar_dispatcher
    kind = calendars._calendar_factories.get(calendars.resolve_alias(name))
    if kind is None:
        return None
    lowest, highest = kind.bound_min(), kind.bound_max()
    first = max(earliest, lowest.date()) if lowest is not None else earliest
    last = min(until, highest.date()) if highest is not None else until
    calendar = _computed(kind, first, last)
    closes = calendar.closes
    days = closes.index.to_numpy().astype("datetime64[D]")
    instants = closes.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
    if last < until:
        later = _weekdays(calendar, last + timedelta(days=1), until)
        days = np.concatenate([days, later])
        instants = np.concatenate([instants, _closes(calendar, later)])
    recorded_to = highest.date() if highest is not None else date.max
    return ExchangeDays(str(calendar.tz), days, instants, recorded_to)


def _computed(kind: type[ExchangeCalendar], first: date, last: date) -> ExchangeCalendar:
    orthodox: Any = offsets.OrthodoxEaster
    if "_add_datetime" not in vars(orthodox) and hasattr(orthodox, "_apply"):
        # the hook's name since pandas 3.1
        orthodox._add_datetime = orthodox._apply
    listed = hasattr(kind, "special_weekmasks")
    return (_by_weekmask(kind, first, last) if listed else kind)(first, last)


def _by_weekmask(kind: type[ExchangeCalendar], first: date, last: date) -> type[ExchangeCalendar]:
    """The calendar with the days of each of its weeks listed."""

    class Listed(kind):  # type: ignore[misc]
        @cached_property
        def day(self) -> pd.offsets.CustomBusinessDay:
            every = _every_day(first, last)
            works = np.is_busday(every, weekmask=self.weekmask)
            for start, end, weekmask in self.special_weekmasks:
                low = every[0] if start is None else np.datetime64(start.date())
                high = every[-1] if end is None else np.datetime64(end.date())
                within = (every >= low) & (every <= high)
                works = np.where(within, np.is_busday(every, weekmask=weekmask), works)
            regular = self.regular_holidays
            holidays = [*self.adhoc_holidays, *(regular.holidays(first, last) if regular else ())]
            rests = np.array([pd.Timestamp(holiday).date() for holiday in holidays], "datetime64[D]")
            closed = every[~works | np.isin(every, rests)]
            return pd.offsets.CustomBusinessDay(weekmask="1111111", holidays=closed.tolist())

    return Listed


def _every_day(first: date, last: date) -> Days:
    return np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "D"))


def _weekdays(calendar: ExchangeCalendar, first: date, last: date) -> Days:
    every = _every_day(first, last)
    return np.asarray(every[np.is_busday(every, weekmask=calendar.weekmask)])


def _closes(calendar: ExchangeCalendar, days: Days) -> Days:
    """The ends of ordinary sessions."""
    close, offset = calendar.close_times[-1][1], timedelta(days=calendar.close_offset)
    ends = [datetime.combine(day + offset, close, tzinfo=calendar.tz) for day in days.tolist()]
    return np.array([end.astimezone(UTC).replace(tzinfo=None) for end in ends], "datetime64[us]")
