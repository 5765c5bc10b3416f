"""Correlation of all against all: a pair's returns run from one session that both have to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .matrix_grid import NONE, Days, Grid, Levels, make_grid
from .matrix_moments import pair_moments
from .matrix_side import Side, make_side
from .matrix_sums import Moments

_ROUNDING: Final = 1e-12
"""A standard deviation up to this is rounding, as in sql/metric/correlation.sql."""
_DOUBTFUL: Final = 0.01
"""Where less of the mean square than this is variance, the difference of the two has lost digits."""
_NO_DAY: Final = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Window:
    """Which returns are taken."""

    frequency: str
    first: date
    last: date


@dataclass(frozen=True, eq=False)
class Correlations:
    """Square, an instrument a row and a column; NaN and NaT where a pair has none."""

    value: NDArray[np.float64]
    n: NDArray[np.int64]
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]


def correlations(
    days: Days,
    level: Levels,
    calendars: Sequence[str],
    sessions: Mapping[str, Days],
    window: Window,
) -> Correlations:
    """Pearson correlation of simple returns; `level` has a row a day of `days`, a column an instrument.

    Instruments of one calendar are taken together, so that the work is a few matrix products a pair of
    calendars; only the periods in which an instrument lacks its calendar's session are looked at one by one.
    """
    count = level.shape[1]
    answer = Correlations(
        np.full((count, count), np.nan),
        np.zeros((count, count), np.int64),
        np.full((count, count), _NO_DAY),
        np.full((count, count), _NO_DAY),
    )
    names = np.array(calendars)
    groups = {str(name): np.flatnonzero(names == name) for name in np.unique(names)}
    stored = {name: ~np.isnan(level[:, places]).all(axis=1) for name, places in groups.items()}
    for one, other in combinations_with_replacement(groups, 2):
        rows = np.flatnonzero(stored[one] & stored[other])
        if len(rows) < 2:
            continue
        shared = np.intersect1d(sessions[one], sessions[other])
        grid = make_grid(days[rows], shared, window.frequency, window.first, window.last)
        a = make_side(grid, level[np.ix_(rows, groups[one])])
        b = a if one == other else make_side(grid, level[np.ix_(rows, groups[other])])
        _place(answer, grid, (a, b), groups[one], groups[other])
    return answer


def _place(answer: Correlations, grid: Grid, sides: tuple[Side, Side], rows: Days, columns: Days) -> None:
    moments = pair_moments(grid, *sides)
    value = _pearson(grid, sides, moments)
    some = moments.last != NONE
    day = grid.days.astype("datetime64[D]")
    first = np.where(some, day[np.where(some, moments.first, 0)], _NO_DAY)
    last = np.where(some, day[moments.last], _NO_DAY)
    for target, found in (
        (answer.value, value),
        (answer.n, moments.n.astype(np.int64)),
        (answer.first, first),
        (answer.last, last),
    ):
        target[np.ix_(rows, columns)] = found
        target[np.ix_(columns, rows)] = found.T


def _pearson(grid: Grid, sides: tuple[Side, Side], m: Moments) -> NDArray[np.float64]:
    n = np.maximum(m.n, 1)
    of_x, of_y = m.xx / n - (m.x / n) ** 2, m.yy / n - (m.y / n) ** 2
    both = m.xy / n - m.x / n * (m.y / n)
    doubtful = (of_x < _DOUBTFUL * m.xx / n) | (of_y < _DOUBTFUL * m.yy / n)
    clear = (m.n > 1) & ~doubtful & (np.minimum(of_x, of_y) * n > _ROUNDING**2 * (n - 1))
    value = np.full(n.shape, np.nan)
    value[clear] = np.clip(both[clear] / np.sqrt(of_x[clear] * of_y[clear]), -1, 1)
    for i, j in zip(*np.nonzero((m.n > 1) & doubtful), strict=True):
        value[i, j] = _one_pair(grid, sides, int(i), int(j))
    if sides[0] is sides[1]:
        own = np.diagonal(value)
        np.fill_diagonal(value, np.where(np.isnan(own), np.nan, 1.0))
    return value


def _one_pair(grid: Grid, sides: tuple[Side, Side], i: int, j: int) -> float:
    """The same from the deviations themselves, which loses no digits."""
    a, b = sides
    rows = np.flatnonzero(a.present[:, i] & b.present[:, j])
    period = grid.period[rows]
    closing = np.flatnonzero(np.append(period[1:] != period[:-1], True))
    rows, period = rows[closing], period[closing]
    taken = grid.counted[period[1:]]
    taken[-1] &= grid.daily or grid.days[rows[-1]] >= grid.due_day[period[-1]]
    x, y = (side.level[rows[1:], k] / side.level[rows[:-1], k] - 1 for side, k in ((a, i), (b, j)))
    x, y = x[taken] - x[taken].mean(), y[taken] - y[taken].mean()
    if min(x.std(ddof=1), y.std(ddof=1)) <= _ROUNDING:
        return float("nan")
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1, 1))
