"""The figures of ffn, with what it takes to ask it for ours."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .spans import Span


def alone(s: Span) -> dict[str, float]:
    import ffn

    r = s.returns
    return {
        "total_return": ffn.calc_total_return(s.window),
        "log_return": ffn.to_log_returns(s.window).sum(),
        "cagr": ffn.calc_cagr(s.window),
        # its risk-free rate is cut into equal periods unless it is a series
        "sharpe": ffn.calc_sharpe(r, rf=s.risk_free, nperiods=s.per_year),
        "sortino": ffn.calc_sortino_ratio(r, rf=s.risk_free, nperiods=s.per_year),
        "max_drawdown": ffn.calc_max_drawdown(s.levels),
    }


def against_benchmark(s: Span, b: Span) -> dict[str, float]:
    import ffn

    # it does not annualise
    return {"information_ratio": ffn.calc_information_ratio(s.returns, b.returns) * s.per_year**0.5}


def performance(s: Span) -> Any:
    """Its statistics of daily closes, which hold monthly and yearly ones too."""
    import ffn

    return ffn.PerformanceStats(s.levels, annualization_factor=s.per_year)


def daily(s: Span) -> dict[str, float]:
    p, n = performance(s), len(s.returns)
    return {
        "cagr": p.cagr,
        "calmar": p.calmar,
        "volatility": p.daily_vol,
        "best_period": p.best_day,
        "worst_period": p.worst_day,
        "max_drawdown": p.max_drawdown,
        **uncorrected(p.daily_skew, p.daily_kurt, n),
    }


def monthly(s: Span) -> dict[str, float]:
    """Of daily closes of whole months."""
    p = performance(s)
    return {
        "volatility": p.monthly_vol,
        "sharpe": p.monthly_sharpe,
        "sortino": p.monthly_sortino,
        "best_period": p.best_month,
        "worst_period": p.worst_month,
        "positive_share": p.pos_month_perc,
        **uncorrected(p.monthly_skew, p.monthly_kurt, len(p.monthly_returns) - 1),
    }


def uncorrected(skew: float, kurtosis: float, n: int) -> dict[str, float]:
    """It corrects both for the size of the sample; ours are the moments of the sample as it is."""
    return {
        "skew": skew * (n - 2) / (n * (n - 1)) ** 0.5,
        "kurtosis": (kurtosis * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1),
    }


def calendar_returns(s: Span, frequency: str) -> list[float]:
    p = performance(s)
    if frequency == "yearly":
        return p.yearly_returns.dropna().tolist()
    return p.monthly_returns.dropna().tolist()


def drawdowns(levels: pd.Series) -> pd.DataFrame:
    """Its list: from the first close under water to the recovery, or to the last close."""
    import ffn

    details = ffn.core.drawdown_details(ffn.to_drawdown_series(levels))
    return details.assign(Start=details["Start"].astype(str).str[:10]).set_index("Start")
