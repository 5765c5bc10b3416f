"""Mean and spread, of one series or of many that grow a value at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .plan import Floats

ROUNDING: Final = 1e-12
"""A deviation up to this is rounding: nothing varied."""


@dataclass(frozen=True)
class Moments:
    """Of S x K series, whose arrays are updated in place (Welford's recurrence)."""

    count: Floats
    """(S, 1)."""
    mean: Floats
    squares: Floats
    """Squared distances from the mean, summed, (S, K)."""

    def add(self, at: slice, values: Floats) -> None:
        """One more value (S', K) of each of the series `at`."""
        self.count[at] += 1
        off = values - self.mean[at]
        self.mean[at] += off / self.count[at]
        self.squares[at] += off * (values - self.mean[at])

    def deviation(self) -> Floats:
        """Sample standard deviation (S, K); not a number below two values or where nothing varied."""
        variance = self.squares / np.where(self.count > 1, self.count - 1, np.nan)
        spread = np.sqrt(variance)
        return np.where(spread > ROUNDING, spread, np.nan)


def no_moments(series: int, sizes: int) -> Moments:
    """Of nothing yet."""
    return Moments(np.zeros((series, 1)), np.zeros((series, sizes)), np.zeros((series, sizes)))


def deviation(values: Floats) -> float | None:
    """Sample standard deviation of one series; 0 where nothing varied, None below two values."""
    if len(values) < 2:
        return None
    spread = float(np.std(values, ddof=1))
    return spread if spread > ROUNDING else 0.0
