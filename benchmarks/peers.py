"""The standard metrics by the libraries that analysts use, one instrument at a time.

Each is handed the daily closes of the window in memory and gives those of the metrics that it has a function
for; what it lacks is not asked of it. Definitions are aligned with ours as docs/metrics/differences.md says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

PERIODS: Final = 252


@dataclass(frozen=True)
class Peer:
    """A library, how many instruments it is asked for a round, and how many times faster we mean to be."""

    package: str
    says: Callable[[pd.Series], Mapping[str, float]]
    sample: int
    whole_years: float
    any_dates: float


def empyrical(closes: pd.Series) -> Mapping[str, float]:
    import empyrical as e

    r = closes.pct_change(fill_method=None).iloc[1:]
    # it counts years as returns / periods per year; ours have elapsed days
    elapsed = len(r) / _years(closes)
    return {
        "total_return": e.cum_returns_final(r),
        "cagr": e.cagr(r, annualization=elapsed),
        "volatility": e.annual_volatility(r),
        "downside_deviation": e.downside_risk(r),
        "sharpe": e.sharpe_ratio(r),
        "sortino": e.sortino_ratio(r),
        "max_drawdown": e.max_drawdown(r),
        "calmar": e.calmar_ratio(r, annualization=elapsed),
    }


def quantstats(closes: pd.Series) -> Mapping[str, float]:
    from quantstats import stats as q

    r = closes.pct_change(fill_method=None).iloc[1:]
    elapsed = len(r) / _years(closes)
    return {
        "total_return": q.comp(r),
        "cagr": q.cagr(r, periods=elapsed),
        "volatility": q.volatility(r),
        "sharpe": q.sharpe(r),
        "sortino": q.sortino(r),
        "max_drawdown": q.max_drawdown(r),
        "calmar": q.calmar(r, periods=elapsed),
        "best_period": q.best(r),
        "worst_period": q.worst(r),
        # it leaves periods without a change out of the count
        "positive_share": q.win_rate(r) * float((r != 0).mean()),
        **_uncorrected(q.skew(r), q.kurtosis(r), len(r)),
    }


def ffn(closes: pd.Series) -> Mapping[str, float]:
    """Its statistics come all together."""
    import ffn as f

    p = f.PerformanceStats(closes, annualization_factor=PERIODS)
    return {
        "total_return": p.total_return,
        "cagr": p.cagr,
        "volatility": p.daily_vol,
        "sharpe": p.daily_sharpe,
        "sortino": p.daily_sortino,
        "max_drawdown": p.max_drawdown,
        "calmar": p.calmar,
        "best_period": p.best_day,
        "worst_period": p.worst_day,
        **_uncorrected(p.daily_skew, p.daily_kurt, len(closes) - 1),
    }


PEERS: Final = (
    Peer("empyrical-reloaded", empyrical, 200, whole_years=40, any_dates=3),
    Peer("quantstats", quantstats, 50, whole_years=400, any_dates=25),
    Peer("ffn", ffn, 20, whole_years=2000, any_dates=120),
)


def _years(closes: pd.Series) -> float:
    first, last = pd.DatetimeIndex(closes.index)[[0, -1]]
    return float((last - first).days / 365.25)


def _uncorrected(skew: float, kurtosis: float, n: int) -> Mapping[str, float]:
    """They correct both for the size of the sample; ours are the moments of the sample as it is."""
    return {
        "skew": skew * (n - 2) / (n * (n - 1)) ** 0.5,
        "kurtosis": (kurtosis * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1),
    }
