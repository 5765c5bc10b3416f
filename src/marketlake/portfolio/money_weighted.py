"""The money-weighted return: the one rate at which every payment would have grown to the end value.

Solved by bracketing: the balance is reckoned on a grid of growth factors, each change of its sign is halved
down to one root. No root, or more than one, is said and not papered over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .plan import Floats

_LIMIT: Final = 16.0
_GRID: Final = 1601
_HALVINGS: Final = 80


@dataclass(frozen=True)
class Rate:
    """A rate as a fraction; None with the reason when there is no single one."""

    value: float | None
    reason: str = ""


def money_weighted_return(amounts: Floats, years: Floats, end_value: float, end: float) -> Rate:
    """The rate a year r with sum(amounts x (1 + r)^(end - years)) = end_value.

    Amounts paid in are positive, taken out negative, at `years` from the start; `end` is the whole length in
    years. Searched: growth from e^-16 to e^16 a year. For a rate a window instead, count in windows.
    """
    left = end - years
    # money that only goes in has one rate at most
    grid = np.linspace(-_LIMIT, _LIMIT, 2 if (amounts >= 0).all() else _GRID)
    low_side = np.sign([_balance(amounts, left, end_value, float(point)) for point in grid])
    places = np.flatnonzero(low_side[1:] * low_side[:-1] < 0)
    exact = np.flatnonzero(low_side == 0)
    roots = [float(grid[place]) for place in exact]
    roots += [_halve(amounts, left, end_value, float(grid[p]), float(grid[p + 1])) for p in places]
    if not roots:
        return Rate(None, "no rate explains these payments and this end value")
    if len(roots) > 1:
        rates = ", ".join(f"{np.expm1(root) * 100:.2f} %" for root in sorted(roots))
        return Rate(None, f"{len(roots)} rates explain the payments equally: {rates}")
    return Rate(float(np.expm1(roots[0])))


def _balance(amounts: Floats, left: Floats, end_value: float, log_growth: float) -> float:
    """What the payments come to less the end value, scaled so that nothing overflows."""
    exponent = left * log_growth
    scale = max(0.0, float(exponent.max()))
    return float(np.dot(amounts, np.exp(exponent - scale)) - end_value * np.exp(-scale))


def _halve(amounts: Floats, left: Floats, end_value: float, low: float, high: float) -> float:
    sign = np.sign(_balance(amounts, left, end_value, low))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.sign(_balance(amounts, left, end_value, middle)) == sign:
            low = middle
        else:
            high = middle
    return (low + high) / 2
