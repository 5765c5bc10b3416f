"""When things happen: ends of months and years, rebalancing, pay days, and how long a window is."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..model.calendars import Days
from .plan import Floats, Plan

Flags = npt.NDArray[np.bool_]
YEAR_DAYS: Final = 365.25
_UNITS: Final = {"monthly": 1, "quarterly": 3, "yearly": 12}
_PAY_DAYS: Final = {"week": 7, "biweekly": 14}
_MID_MONTH: Final = np.timedelta64(14, "D")


def is_last(days: Days, months: int) -> Flags:
    """Which days are the last listed in their stretch of `months` calendar months (1, 3 or 12)."""
    stretch = days.astype("datetime64[M]").astype(np.int64) // months
    return np.append(stretch[1:] != stretch[:-1], True)[: len(days)]


def rebalancing(days: Days, rebalance: str) -> Flags:
    """Sessions at whose close the calendar rebalances: the last of each month, quarter or year."""
    if rebalance not in _UNITS:
        return np.zeros(len(days), dtype=np.bool_)
    return is_last(days, _UNITS[rebalance])


def contributions(days: Days, plan: Plan) -> Floats:
    """Money paid in at each session's close (T,) by a plan over all these days.

    Due on the first of each month after the start (semimonthly: and on the 15th), or every 7 or 14
    days from it; paid at the first session on or after that, but not at the last session. Grows at
    each anniversary of the start, by the due date.
    """
    paid = np.zeros(len(days))
    due = _due(days[0], days[-1], plan.per)
    place = np.searchsorted(days, due)
    due, place = due[place < len(days) - 1], place[place < len(days) - 1]
    np.add.at(paid, place, plan.contribute * (1 + plan.pay_growth) ** full_years(days[0], due))
    return paid


def full_years(start: np.datetime64, days: Days) -> npt.NDArray[np.int64]:
    """Anniversaries of `start` that have come by each day."""
    begun = np.array([start], dtype="datetime64[D]")
    years = _year(days) - _year(begun)
    return np.asarray(years - (_day_of_year(days) < _day_of_year(begun)), dtype=np.int64)


def year_fraction(days: Days, year_end: Flags, first: int, last: int) -> tuple[float, bool]:
    """Years between two sessions (else days / 365.25), and whether they are whole calendar years."""
    if year_end[first] and year_end[last]:
        ends = _year(days[[first, last]])
        return float(ends[1] - ends[0]), True
    return float((days[last] - days[first]).astype(np.int64)) / YEAR_DAYS, False


def _due(start: np.datetime64, end: np.datetime64, per: str) -> Days:
    if per in _PAY_DAYS:
        step = np.timedelta64(_PAY_DAYS[per], "D")
        return np.arange(start + step, end + np.timedelta64(1, "D"), step)
    months = np.arange(start.astype("datetime64[M]"), end.astype("datetime64[M]") + np.timedelta64(1, "M"))
    due = months.astype("datetime64[D]")
    if per == "semimonthly":
        due = np.sort(np.concatenate([due, due + _MID_MONTH]))
    return due[(due > start) & (due <= end)]


def _year(days: Days) -> npt.NDArray[np.int64]:
    return days.astype("datetime64[Y]").astype(np.int64)


def _day_of_year(days: Days) -> npt.NDArray[np.int64]:
    """Month and day as one number, so that leap years compare."""
    month = days.astype("datetime64[M]")
    day = (days - month.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(month.astype(np.int64) % 12 * 100 + day, dtype=np.int64)
