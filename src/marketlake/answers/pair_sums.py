"""Sums over the returns of all pairs of instruments, for their correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
"""Days since 1970-01-01."""
Levels = NDArray[np.float64]
"""One row per session of the grid, one column per instrument; NaN where there is no figure."""
Mask = NDArray[np.bool_]

NONE: Final = -1
_MONDAY: Final = 4
"""1970-01-05, the first Monday."""


@dataclass(frozen=True)
class Grid:
    """Sessions in order and their periods; rows and periods are identified by index."""

    days: Days
    period: Days
    """The period of each row."""
    begins: Days
    """The first row of each period."""
    due: Days
    """The row of each period's last calendar session; `NONE` if that session is not stored."""
    due_day: Days
    """The day of that session."""
    counted: Mask
    """True if the period lies within the window."""
    daily: bool


def make_grid(days: Days, sessions: Days, frequency: str, first: date, last: date) -> Grid:
    """The grid of stored `days`; `sessions` are those that both calendars have."""
    label = _labels(days, frequency)
    starts, begins, period = np.unique(label, return_index=True, return_inverse=True)
    due_day = _last_due(sessions, frequency, starts, days[np.append(begins[1:], len(days)) - 1])
    due = np.searchsorted(days, due_day)
    due = np.where(days[np.minimum(due, len(days) - 1)] == due_day, due, NONE)
    ends = _ends(starts, frequency)
    counted = (starts >= number_of(first)) & (ends <= number_of(last))
    return Grid(days, period, begins, due, due_day, counted, frequency == "daily")


@dataclass(frozen=True)
class MonthCloses:
    """Each instrument's last close of each month; one row per month."""

    days: Days
    """The last day of each month."""
    level: Levels
    session: Days
    """The day of the close; any where there is none."""


def month_closes(days: Days, level: Levels, sessions: Sequence[Days]) -> MonthCloses:
    """From levels by day. `sessions` are each instrument's own: while one of its latest month is
    still due, that month has no close."""
    starts, begins = np.unique(_labels(days, "monthly"), return_index=True)
    rows = np.arange(len(days))[:, None]
    closing = np.maximum.reduceat(np.where(np.isnan(level), NONE, rows), begins, axis=0)
    for place, own in enumerate(sessions):
        latest = np.flatnonzero(closing[:, place] != NONE)[-1:]
        stored = days[closing[latest, place]]
        closing[latest[_last_due(own, "monthly", starts[latest], stored) > stored], place] = NONE
    closed = np.where(closing == NONE, np.nan, level[closing, np.arange(level.shape[1])])
    return MonthCloses(_ends(starts, "monthly"), closed, days[closing])


def _last_due(sessions: Days, frequency: str, starts: Days, stored: Days) -> Days:
    """The last calendar session of each period; the last stored one if the calendars have none."""
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
    months = starts.astype("datetime64[D]").astype("datetime64[M]") + np.timedelta64(1, "M")
    return months.astype("datetime64[D]").astype(np.int64) - 1


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Side:
    """One group of instruments.

    A regular period runs from one due session to the next. A period in which an instrument lacks
    either session is irregular.
    """

    level: Levels
    present: Mask
    mean: NDArray[np.float64]
    """Mean of each instrument's regular returns; subtracted so that sums of squares lose no
    digits."""
    regular: Mask
    """One row per period, one column per instrument."""
    returns: Levels
    """Regular returns minus the mean; 0 elsewhere."""
    irregular: Mask
    """Something is stored in the period and before it, but not at both due sessions."""
    first_row: Days
    """The first row with a level; the number of rows if there is none."""


def make_side(grid: Grid, level: Levels) -> Side:
    """The group with these levels on the grid's sessions."""
    present = ~np.isnan(level)
    rows = np.arange(len(level))[:, None]
    closing = np.maximum.reduceat(np.where(present, rows, NONE), grid.begins, axis=0)
    at_due = (closing == grid.due[:, None]) & (grid.due[:, None] != NONE)
    regular = at_due.copy()
    regular[1:] &= at_due[:-1]
    regular[0] = False
    regular &= grid.counted[:, None]
    first_row = np.where(present.any(axis=0), present.argmax(axis=0), len(level))
    first_period = np.append(grid.period, len(grid.begins))[first_row]
    begun = np.arange(len(grid.begins))[:, None] > first_period
    returns = _returns(grid, level, regular)
    mean = returns.sum(axis=0) / np.maximum(regular.sum(axis=0), 1)
    return Side(
        level=level,
        present=present,
        mean=mean,
        regular=regular,
        returns=np.where(regular, returns - mean, 0.0),
        irregular=(closing != NONE) & ~regular & grid.counted[:, None] & begun,
        first_row=first_row,
    )


def _returns(grid: Grid, level: Levels, regular: Mask) -> Levels:
    returns = np.zeros(regular.shape)
    end = level[grid.due[1:]]
    start = level[grid.due[:-1]]
    # if a due session is not stored, the index is NONE; `regular` excludes it
    np.divide(end, start, out=returns[1:], where=regular[1:])
    returns[1:] -= regular[1:]
    return returns


NEVER: Final = np.iinfo(np.int64).max
Sums = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """One row per instrument of one group, one column per instrument of the other.

    x and y are returns minus their means.
    """

    n: Sums
    x: Sums
    y: Sums
    xx: Sums
    yy: Sums
    xy: Sums
    first: Days
    """The row where the first return starts; `NEVER` if there is none."""
    last: Days
    """The row where the last return ends; `NONE` if there is none."""

    @property
    def sums(self) -> tuple[Sums, ...]:
        return self.n, self.x, self.y, self.xx, self.yy, self.xy

    @property
    def turned(self) -> Moments:
        """The same with the groups swapped."""
        m = self
        return Moments(m.n.T, m.y.T, m.x.T, m.yy.T, m.xx.T, m.xy.T, m.first.T, m.last.T)

    def add(self, other: Moments) -> None:
        """Add the sums of further returns, in place."""
        for mine, theirs in zip(self.sums, other.sums, strict=True):
            mine += theirs
        np.minimum(self.first, other.first, out=self.first)
        np.maximum(self.last, other.last, out=self.last)

    def mirrored(self) -> Moments:
        """A swapped copy without the diagonal."""
        turned = self.turned
        n, x, y, xx, yy, xy = (array.copy() for array in turned.sums)
        for array in (n, x, y, xx, yy, xy):
            np.fill_diagonal(array, 0)
        first, last = turned.first.copy(), turned.last.copy()
        np.fill_diagonal(first, NEVER)
        np.fill_diagonal(last, NONE)
        return Moments(n, x, y, xx, yy, xy, first, last)


def no_moments(rows: int, columns: int) -> Moments:
    """The sums over no returns."""
    shape = rows, columns
    n, x, y, xx, yy, xy = (np.zeros(shape) for _ in range(6))
    return Moments(n, x, y, xx, yy, xy, np.full(shape, NEVER), np.full(shape, NONE))


_BLOCK: Final = 256
"""Periods per batch; limits the memory."""


@dataclass(frozen=True)
class _Cases:
    """The periods of one instrument, each with one of the others; both arrays have the same
    length."""

    period: Days
    other: Days


def bridged(grid: Grid, a: Side, b: Side, second: bool = False) -> Moments:
    """The sums over the irregular periods of `a`, paired with each of `b`.

    A pair in which both are irregular appears from both sides and must count once. The first side
    counts it (`second`: `b` was the first side). Within one group (`a` is `b`) the lower index
    counts it.
    """
    sums = no_moments(a.level.shape[1], b.level.shape[1])
    for one in np.flatnonzero(a.irregular.any(axis=0)).tolist():
        periods = np.flatnonzero(a.irregular[:, one])
        taken = b.level.shape[1] if second else one if a is b else 0
        for begin in range(0, len(periods), _BLOCK):
            cases = _cases(grid, b, periods[begin : begin + _BLOCK], taken)
            _add(sums, grid, a, b, one, cases)
    return sums


def _cases(grid: Grid, b: Side, periods: Days, taken: int) -> _Cases:
    begun = b.first_row < grid.begins[periods][:, None]
    elsewhere = b.irregular[periods] & (np.arange(len(b.first_row)) < taken)
    place, other = np.nonzero(begun & ~elsewhere)
    return _Cases(periods[place], other)


def _add(sums: Moments, grid: Grid, a: Side, b: Side, one: int, cases: _Cases) -> None:
    """From the last session that both have before the period to the last that both have in it."""
    begin = grid.begins[cases.period]
    end = _last_shared(a, b, one, cases.other, np.append(grid.begins, len(grid.days))[cases.period + 1])
    start = _last_shared(a, b, one, cases.other, begin)
    valid = (end >= begin) & (start != NONE) & _over(grid, a, b, one, cases, end)
    start, end, other = start[valid], end[valid], cases.other[valid]
    x = a.level[end, one] / a.level[start, one] - 1 - a.mean[one]
    y = b.level[end, other] / b.level[start, other] - 1 - b.mean[other]
    count = len(b.first_row)
    for target, value in zip(sums.sums, (np.ones(len(x)), x, y, x * x, y * y, x * y), strict=True):
        target[one] += np.bincount(other, value, count)
    # cases are sorted by period, so the last write per column is its earliest or latest row
    first, last = np.full(count, sums.first[one]), np.full(count, sums.last[one])
    first[other[::-1]], last[other] = start[::-1], end
    np.minimum(sums.first[one], first, out=sums.first[one])
    np.maximum(sums.last[one], last, out=sums.last[one])


def _over(grid: Grid, a: Side, b: Side, one: int, cases: _Cases, end: Days) -> Mask:
    """The last period of a pair counts once all its sessions are over."""
    if grid.daily:
        return np.ones(len(end), dtype=bool)
    latest = _last_shared(a, b, one, cases.other, np.full(len(end), len(grid.days)))
    return (latest > end) | (grid.days[end] >= grid.due_day[cases.period])


def _last_shared(a: Side, b: Side, one: int, others: Days, before: Days) -> Days:
    """The last row before `before` in which both have a level; `NONE` if there is none."""
    rows = np.flatnonzero(a.present[:, one])
    place = np.searchsorted(rows, before) - 1
    result = np.full(len(others), NONE)
    left = np.flatnonzero(place >= 0)
    while len(left):
        row = rows[place[left]]
        hit = b.present[row, others[left]]
        result[left[hit]] = row[hit]
        left = left[~hit]
        place[left] -= 1
        # the other has no levels before its first row
        left = left[(place[left] >= 0) & (rows[place[left]] >= b.first_row[others[left]])]
    return result


def pair_moments(grid: Grid, a: Side, b: Side) -> Moments:
    """The sums of all pairs of one of `a` and one of `b`; for one group, `a` is `b`."""
    sums = _regular(grid, a, b)
    more = bridged(grid, a, b)
    # added to each other first, so that the sums of (a, b) and (b, a) are equal to the last digit
    more.add(more.mirrored() if a is b else bridged(grid, b, a, second=True).turned)
    sums.add(more)
    return sums


def _regular(grid: Grid, a: Side, b: Side) -> Moments:
    in_a = a.regular.astype(np.float64)
    in_b = in_a if a is b else b.regular.astype(np.float64)
    x, xx = a.returns.T @ in_b, (a.returns**2).T @ in_b
    first, last = _outer_periods(a, b)
    some = last != NONE
    return Moments(
        n=in_a.T @ in_b,
        x=x,
        y=x.T.copy() if a is b else in_a.T @ b.returns,
        xx=xx,
        yy=xx.T.copy() if a is b else in_a.T @ b.returns**2,
        xy=a.returns.T @ b.returns,
        first=np.where(some, grid.due[first - 1], NEVER),
        last=np.where(some, grid.due[last], NONE),
    )


def _outer_periods(a: Side, b: Side) -> tuple[Days, Days]:
    """The first and last period in which both of a pair are regular; `NONE` if there is none."""
    count = len(a.regular)
    first = np.maximum.outer(_first(a.regular), _first(b.regular))
    last = count - 1 - np.maximum.outer(_first(a.regular[::-1]), _first(b.regular[::-1]))
    _walk(a, b, first, first <= last, 1)
    exists = first <= last
    _walk(a, b, last, exists, -1)
    first[~exists] = last[~exists] = NONE
    return first, last


def _first(mask: Mask) -> Days:
    return np.where(mask.any(axis=0), mask.argmax(axis=0), len(mask))


def _walk(a: Side, b: Side, place: Days, pairs: Mask, step: int) -> None:
    """Move each pair's `place` to the next period where both are regular; past the end if there
    is none."""
    i, j = np.nonzero(pairs)
    while len(i):
        at = place[i, j]
        off = ~(a.regular[at, i] & b.regular[at, j])
        i, j = i[off], j[off]
        place[i, j] += step
        inside = place[i, j] < len(a.regular)
        i, j = i[inside], j[inside]
