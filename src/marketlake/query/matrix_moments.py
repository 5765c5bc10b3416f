"""Sums over the returns of every pair of two groups, each pair on the sessions that its two share.

Where both are regular, a matrix product adds up all pairs at once; what is left is bridged and added: exact.
"""

from __future__ import annotations

import numpy as np

from .matrix_bridge import bridged
from .matrix_grid import NONE, Days, Grid, Mask
from .matrix_side import Side
from .matrix_sums import NEVER, Moments


def pair_moments(grid: Grid, a: Side, b: Side) -> Moments:
    """The sums of all pairs of one of `a` and one of `b`; where both are one group, `a` is `b`."""
    sums = _regular(grid, a, b)
    more = bridged(grid, a, b)
    # added to each other first, so that a pair's sums are the same from either side to the last digit
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
    """The first and the last period in which both of a pair are regular; `NONE` where there is none."""
    count = len(a.regular)
    first = np.maximum.outer(_first(a.regular), _first(b.regular))
    last = count - 1 - np.maximum.outer(_first(a.regular[::-1]), _first(b.regular[::-1]))
    _walk(a, b, first, first <= last, 1)
    met = first <= last
    _walk(a, b, last, met, -1)
    first[~met] = last[~met] = NONE
    return first, last


def _first(mask: Mask) -> Days:
    return np.where(mask.any(axis=0), mask.argmax(axis=0), len(mask))


def _walk(a: Side, b: Side, place: Days, pairs: Mask, step: int) -> None:
    """Move each pair's `place` on until both are regular there; past the last period where they never are."""
    i, j = np.nonzero(pairs)
    while len(i):
        at = place[i, j]
        off = ~(a.regular[at, i] & b.regular[at, j])
        i, j = i[off], j[off]
        place[i, j] += step
        inside = place[i, j] < len(a.regular)
        i, j = i[inside], j[inside]
