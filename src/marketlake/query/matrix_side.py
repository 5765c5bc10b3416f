"""One group of instruments on a grid: its returns over the periods that all of a kind take the same way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .matrix_grid import NONE, Days, Grid, Levels, Mask


@dataclass(frozen=True)
class Side:
    """Regular periods run from one due session to the next; whoever lacks either is irregular there."""

    level: Levels
    present: Mask
    mean: NDArray[np.float64]
    """Of each one's regular returns: taken off, so that sums of squares lose no digits."""
    regular: Mask
    """A row a period, a column an instrument."""
    returns: Levels
    """Regular returns less the mean; 0 elsewhere."""
    irregular: Mask
    """Something is stored in the period and before it, but not at both due sessions."""
    first_row: Days
    """Where each one's levels begin; the number of rows where there are none."""


def make_side(grid: Grid, level: Levels) -> Side:
    """The group whose levels on the grid's sessions these are."""
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
    # where a due session is not stored the row is another's; `regular` leaves those out
    np.divide(end, start, out=returns[1:], where=regular[1:])
    returns[1:] -= regular[1:]
    return returns
