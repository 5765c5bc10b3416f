"""Oracle: the metrics in numpy and plain Python, from dictionaries of closes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

Closes = Mapping[date, float]
RiskFree = Callable[[date, date], float]


@dataclass(frozen=True)
class Periods:
    """Returns between the `points` (one more than returns)."""

    points: list[date]
    returns: np.ndarray
    levels: np.ndarray


def key(day: date, frequency: str) -> date:
    if frequency == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if frequency == "monthly" else day


def last_of(period: date, frequency: str) -> date:
    if frequency == "weekly":
        return period + timedelta(days=6)
    if frequency == "monthly":
        return (period.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return period


def periods(closes: Closes, start: date, end: date, frequency: str = "daily") -> Periods:
    """Closes of whole periods within the window, and the close of the period before."""
    ends = {key(day, frequency): day for day in sorted(closes) if day <= end}
    inside = [p for p in ends if p >= start and last_of(p, frequency) <= end]
    before = [p for p in ends if inside and p < inside[0]][-1:]
    points = [ends[p] for p in before + inside]
    levels = np.array([closes[day] for day in points])
    return Periods(points, levels[1:] / levels[:-1] - 1, levels)


def excess(p: Periods, risk_free: RiskFree) -> np.ndarray:
    spans = zip(p.points[:-1], p.points[1:], strict=True)
    return p.returns - np.array([risk_free(a, b) for a, b in spans])


def constant(rate: float) -> RiskFree:
    return lambda a, b: (1 + rate) ** ((b - a).days / 365.25) - 1


def bill(yields: Closes) -> RiskFree:
    """The 13-week bill's return over the days, by the last yield known when they began."""

    days = sorted(yields)

    def over(a: date, b: date) -> float:
        known = days[bisect_right(days, a) - 1]
        return float((1 - yields[known] / 100 * 91 / 360) ** (-(b - a).days / 91) - 1)

    return over


def alone(p: Periods, a: float, risk_free: RiskFree) -> dict[str, float]:
    """Figures of one instrument; `a` periods a year."""
    r, e = p.returns, excess(p, risk_free)
    centred = r - r.mean()
    high = np.maximum.accumulate(p.levels)
    at_risk = float(np.quantile(r, 0.05))
    return {
        "volatility": r.std(ddof=1) * a**0.5,
        "downside_deviation": np.sqrt(np.mean(np.minimum(r, 0) ** 2)) * a**0.5,
        "sharpe": e.mean() / e.std(ddof=1) * a**0.5,
        "sortino": e.mean() / np.sqrt(np.mean(np.minimum(e, 0) ** 2)) * a**0.5,
        "max_drawdown": (p.levels / high - 1).min(),
        "best_period": r.max(),
        "worst_period": r.min(),
        "positive_share": np.mean(r > 0),
        "skew": np.mean(centred**3) / np.mean(centred**2) ** 1.5,
        "kurtosis": np.mean(centred**4) / np.mean(centred**2) ** 2 - 3,
        "value_at_risk": at_risk,
        "expected_shortfall": r[r <= at_risk].mean(),
    }


def against_benchmark(p: Periods, b: Periods, a: float, risk_free: RiskFree) -> dict[str, float]:
    """Figures against a benchmark over the same periods; the risk-free return is over p's days."""
    r, s = p.returns, b.returns
    e = excess(p, risk_free)
    f = s - (r - e)
    beta = np.cov(e, f)[0, 1] / f.var(ddof=1)
    captures = {}
    for name, mask in (("up_capture", s > 0), ("down_capture", s < 0)):
        own, other = (np.prod(1 + x[mask]) ** (1 / mask.sum()) - 1 for x in (r, s))
        captures[name] = own / other
    return captures | {
        "correlation": np.corrcoef(r, s)[0, 1],
        "beta": beta,
        "alpha": (e.mean() - beta * f.mean()) * a,
        "tracking_error": (r - s).std(ddof=1) * a**0.5,
        "information_ratio": (r - s).mean() / (r - s).std(ddof=1) * a**0.5,
    }


def shared(*series: Closes) -> list[dict[date, float]]:
    days: Iterable[date] = set(series[0]).intersection(*series[1:])
    kept = sorted(days)
    return [{day: closes[day] for day in kept} for closes in series]


def paired(own: Closes, other: Closes, start: date, end: date, frequency: str = "daily") -> list[Periods]:
    """Both on the sessions that they share; by month each on its own, if neither lacks a month."""
    both = (own, other) if frequency == "monthly" else shared(own, other)
    return [periods(closes, start, end, frequency) for closes in both]


def rolling(p: Periods, years: int) -> np.ndarray:
    """Returns over `years` from month's end to month's end, from monthly periods without gaps."""
    step = 12 * years
    return p.levels[step:] / p.levels[:-step] - 1
