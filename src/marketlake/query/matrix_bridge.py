"""Sums over the periods in which an instrument lacks its calendar's due sessions, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .matrix_grid import NONE, Days, Grid, Mask
from .matrix_side import Side
from .matrix_sums import Moments, no_moments

_BLOCK: Final = 256
"""Periods looked at together; bounds the memory."""


@dataclass(frozen=True)
class _Cases:
    """One instrument's periods, each with one of the others: the same length all."""

    period: Days
    other: Days


def bridged(grid: Grid, a: Side, b: Side, second: bool = False) -> Moments:
    """The sums over the irregular periods of `a`, beside each of `b`.

    A pair of which both are irregular is met from both sides: the first side takes it (`second` says that `b`
    was that one); within one group (`a` is `b`) the one of lower place does.
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
    kept = (end >= begin) & (start != NONE) & _over(grid, a, b, one, cases, end)
    start, end, other = start[kept], end[kept], cases.other[kept]
    x = a.level[end, one] / a.level[start, one] - 1 - a.mean[one]
    y = b.level[end, other] / b.level[start, other] - 1 - b.mean[other]
    count = len(b.first_row)
    for target, value in zip(sums.sums, (np.ones(len(x)), x, y, x * x, y * y, x * y), strict=True):
        target[one] += np.bincount(other, value, count)
    # cases come by period: the last one written of each other is its earliest, or latest
    first, last = np.full(count, sums.first[one]), np.full(count, sums.last[one])
    first[other[::-1]], last[other] = start[::-1], end
    np.minimum(sums.first[one], first, out=sums.first[one])
    np.maximum(sums.last[one], last, out=sums.last[one])


def _over(grid: Grid, a: Side, b: Side, one: int, cases: _Cases, end: Days) -> Mask:
    """The last period of a pair counts once none of its sessions is still to come."""
    if grid.daily:
        return np.ones(len(end), dtype=bool)
    latest = _last_shared(a, b, one, cases.other, np.full(len(end), len(grid.days)))
    return (latest > end) | (grid.days[end] >= grid.due_day[cases.period])


def _last_shared(a: Side, b: Side, one: int, others: Days, before: Days) -> Days:
    """The last row before `before` in which the one and the other have a level; `NONE` without one."""
    rows = np.flatnonzero(a.present[:, one])
    place = np.searchsorted(rows, before) - 1
    found = np.full(len(others), NONE)
    left = np.flatnonzero(place >= 0)
    while len(left):
        row = rows[place[left]]
        hit = b.present[row, others[left]]
        found[left[hit]] = row[hit]
        left = left[~hit]
        place[left] -= 1
        # before the other's first level there is nothing to find
        left = left[(place[left] >= 0) & (rows[place[left]] >= b.first_row[others[left]])]
    return found
