"""The sessions that two groups of instruments may share, cut into the periods that returns are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
"""Days since 1970-01-01."""
Levels = NDArray[np.float64]
"""A row a session of the grid, a column an instrument; NaN where there is no figure."""
Mask = NDArray[np.bool_]

NONE: Final = -1
_MONDAY: Final = 4
"""1970-01-05, the first Monday."""


@dataclass(frozen=True)
class Grid:
    """Sessions in order and their periods; a session is told by its row, a period by its place."""

    days: Days
    period: Days
    """The period of each row."""
    begins: Days
    """The first row of each period."""
    due: Days
    """The row of each period's last session by the calendars; `NONE` where nothing is stored of it."""
    due_day: Days
    """The day of that session."""
    counted: Mask
    """Whether the period lies within the window."""
    daily: bool


def make_grid(days: Days, sessions: Days, frequency: str, first: date, last: date) -> Grid:
    """The grid of stored `days`; `sessions` are those that both calendars have."""
    label = _labels(days, frequency)
    starts, begins, period = np.unique(label, return_index=True, return_inverse=True)
    if frequency == "daily":
        due, due_day = np.arange(len(days)), days
    else:
        due_day = _last_due(sessions, frequency, starts, days[np.append(begins[1:], len(days)) - 1])
        due = np.searchsorted(days, due_day)
        due = np.where(days[np.minimum(due, len(days) - 1)] == due_day, due, NONE)
    ends = _ends(starts, frequency)
    counted = (starts >= number_of(first)) & (ends <= number_of(last))
    return Grid(days, period, begins, due, due_day, counted, frequency == "daily")


def _last_due(sessions: Days, frequency: str, starts: Days, stored: Days) -> Days:
    """The last session of each period by the calendars; the last stored one where they have none."""
    place = np.searchsorted(sessions, _ends(starts, frequency), side="right") - 1
    due = sessions[np.maximum(place, 0)] if len(sessions) else stored
    return np.where((place >= 0) & (due >= starts), due, stored)


def _labels(days: Days, frequency: str) -> Days:
    """The first day of each day's period."""
    if frequency == "daily":
        return days
    if frequency == "weekly":
        return (days - _MONDAY) // 7 * 7 + _MONDAY
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _ends(starts: Days, frequency: str) -> Days:
    """The last day of each period."""
    if frequency == "daily":
        return starts
    if frequency == "weekly":
        return starts + 6
    months = starts.astype("datetime64[D]").astype("datetime64[M]") + 1
    return months.astype("datetime64[D]").astype(np.int64) - 1


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()
