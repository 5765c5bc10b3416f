"""Return and risk: the only definition of each figure that plans, their history and claims report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .plan import Floats

ROUNDING: Final = 1e-12
"""A deviation or difference up to this is rounding: nothing varied."""


@dataclass(frozen=True)
class Moments:
    """Count, mean and squared distances of series: (S, 1) and (S, K), or (K,) for K series."""

    count: Floats
    mean: Floats
    squares: Floats

    def add(self, at: slice, values: Floats) -> None:
        """Add one value (S', K) to each of the series `at`, in place (Welford's recurrence)."""
        self.count[at] += 1
        off = values - self.mean[at]
        self.mean[at] += off / self.count[at]
        self.squares[at] += off * (values - self.mean[at])

    @property
    def deviation(self) -> Floats:
        """The sample standard deviation; 0 where nothing varied, not a number below two values."""
        spread = np.sqrt(self.squares / np.where(self.count > 1, self.count - 1, np.nan))
        return np.where(spread <= ROUNDING, 0.0, spread)


def no_moments(series: int, sizes: int) -> Moments:
    """The moments of S x K empty series."""
    return Moments(np.zeros((series, 1)), np.zeros((series, sizes)), np.zeros((series, sizes)))


def moments_of(values: Floats) -> Moments:
    """The moments of one series (N,) or of K series (N, K); rows that are not known are left out."""
    known = values[~np.isnan(values).any(axis=tuple(range(1, values.ndim)))]
    if not len(known):
        return Moments(np.array(0.0), np.array(np.nan), np.array(np.nan))
    mean = known.mean(axis=0)
    return Moments(np.array(float(len(known))), mean, np.square(known - mean).sum(axis=0))


def cagr(growth: Floats | float, years: Floats | float) -> Floats:
    """The yearly rate of a growth over so many years."""
    return np.asarray(growth ** (1 / years) - 1)


def volatility(returns: Moments, periods_per_year: Floats | float) -> Floats:
    """The sample standard deviation (n - 1) of simple returns, annualised."""
    return np.asarray(returns.deviation * np.sqrt(periods_per_year))


def sharpe(excess: Moments, periods_per_year: Floats | float) -> Floats:
    """Mean over deviation of the returns over the risk-free ones, annualised."""
    return per_risk(excess.mean, excess.deviation) * np.sqrt(periods_per_year)


def per_risk(gain: Floats, risk: Floats) -> Floats:
    """A gain per unit of risk; not a number where there is no risk."""
    return np.asarray(gain / np.where(risk > ROUNDING, risk, np.nan))


def drawdown(index: Floats, high: Floats) -> Floats:
    """How far an index is below its highest value so far; 0 or below."""
    return np.asarray(index / high - 1)


def drawdowns(index: Floats) -> Floats:
    """The drawdown at each close of indices (N + 1, ...) that begin with their start."""
    return drawdown(index, np.maximum.accumulate(index))


def number(value: Floats | float) -> float | None:
    """A plain number; None where there is none."""
    return None if np.isnan(value) else float(value)
