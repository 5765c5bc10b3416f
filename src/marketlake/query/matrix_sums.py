"""Sums over the returns of pairs, from which a correlation follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .matrix_grid import NONE, Days

NEVER: Final = np.iinfo(np.int64).max
Sums = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """A row an instrument of one group, a column one of another; x and y are returns less their means."""

    n: Sums
    x: Sums
    y: Sums
    xx: Sums
    yy: Sums
    xy: Sums
    first: Days
    """The grid's row from which the first return runs; `NEVER` where there is none."""
    last: Days
    """The row to which the last return runs; `NONE` where there is none."""

    @property
    def sums(self) -> tuple[Sums, ...]:
        return self.n, self.x, self.y, self.xx, self.yy, self.xy

    @property
    def turned(self) -> Moments:
        """The same, seen from the other group."""
        m = self
        return Moments(m.n.T, m.y.T, m.x.T, m.yy.T, m.xx.T, m.xy.T, m.first.T, m.last.T)

    def add(self, other: Moments) -> None:
        """Add what comes of further returns, in place."""
        for mine, theirs in zip(self.sums, other.sums, strict=True):
            mine += theirs
        np.minimum(self.first, other.first, out=self.first)
        np.maximum(self.last, other.last, out=self.last)

    def mirrored(self) -> Moments:
        """A turned copy without what each one has with itself."""
        turned = self.turned
        n, x, y, xx, yy, xy = (array.copy() for array in turned.sums)
        for array in (n, x, y, xx, yy, xy):
            np.fill_diagonal(array, 0)
        first, last = turned.first.copy(), turned.last.copy()
        np.fill_diagonal(first, NEVER)
        np.fill_diagonal(last, NONE)
        return Moments(n, x, y, xx, yy, xy, first, last)


def no_moments(rows: int, columns: int) -> Moments:
    """Of no returns at all."""
    shape = rows, columns
    n, x, y, xx, yy, xy = (np.zeros(shape) for _ in range(6))
    return Moments(n, x, y, xx, yy, xy, np.full(shape, NEVER), np.full(shape, NONE))
