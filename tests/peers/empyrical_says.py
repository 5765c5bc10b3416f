"""The figures of empyrical-reloaded, with what it takes to ask it for ours."""

from __future__ import annotations

import pandas as pd

from .spans import Span, returns


def alone(s: Span) -> dict[str, float]:
    import empyrical as e

    r, whole = s.returns, returns(s.window)
    # it counts years as returns / periods per year; ours have elapsed days: so many returns a year
    # there were
    elapsed = len(whole) / s.years
    return {
        "total_return": e.cum_returns_final(whole),
        "cagr": e.cagr(whole, annualization=elapsed),
        "volatility": e.annual_volatility(r, annualization=s.per_year),
        "downside_deviation": e.downside_risk(r, annualization=s.per_year),
        # its own risk-free rate is one number for every period; ours follows the days of each
        # return
        "sharpe": e.sharpe_ratio(r, risk_free=s.risk_free, annualization=s.per_year),
        "sortino": e.sortino_ratio(r, required_return=s.risk_free, annualization=s.per_year),
        "max_drawdown": e.max_drawdown(r),
        "calmar": e.calmar_ratio(r, annualization=elapsed),
        "value_at_risk": e.value_at_risk(r),
        "expected_shortfall": e.conditional_value_at_risk(r),
    }


def beside(s: Span, b: Span) -> dict[str, float]:
    import empyrical as e

    r, other = s.returns, b.returns
    # it takes the covariance of returns; ours is of returns over the risk-free one of their days
    alpha, beta = e.alpha_beta(s.excess, b.excess, annualization=s.per_year)
    return {
        "beta": beta,
        # it compounds the alpha of a period over a year; ours is multiplied
        "alpha": ((1 + alpha) ** (1 / s.per_year) - 1) * s.per_year,
        # it annualises both sides before dividing; yearly periods leave the mean of a period
        "up_capture": e.up_capture(r, other, period="yearly"),
        "down_capture": e.down_capture(r, other, period="yearly"),
        # it has no name for it, and does not annualise the ratio
        "tracking_error": e.annual_volatility(r - other, annualization=s.per_year),
        "information_ratio": e.excess_sharpe(r, other) * s.per_year**0.5,
    }


def calendar_returns(returns: pd.Series, frequency: str) -> list[float]:
    import empyrical as e

    # it makes a period of what there is, ours are whole: hand it whole periods
    return list(e.aggregate_returns(returns, frequency))


def rolling(s: Span, b: Span, window: int) -> dict[str, pd.Series]:
    """The figures of `beside` over the latest returns, with the same alignments; risk-free return
    0."""
    import empyrical as e

    r, other = s.returns, b.returns
    alpha = e.roll_alpha_aligned(r, other, window=window, annualization=s.per_year)
    return {
        "beta": e.roll_beta_aligned(r, other, window=window),
        "alpha": ((1 + alpha) ** (1 / s.per_year) - 1) * s.per_year,
        "tracking_error": e.roll_annual_volatility(r - other, window=window, annualization=s.per_year),
        "information_ratio": e.stats.roll_excess_sharpe(r, other, window=window) * s.per_year**0.5,
    }


def rolling_capture(s: Span, b: Span, window: int) -> dict[str, pd.Series]:
    import empyrical as e

    return {
        "up_capture": e.roll_up_capture(s.returns, b.returns, window=window, period="yearly"),
        "down_capture": e.roll_down_capture(s.returns, b.returns, window=window, period="yearly"),
    }
