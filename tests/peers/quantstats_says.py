"""The figures of quantstats, with what it takes to ask it for ours."""

from __future__ import annotations

import pandas as pd

from .spans import Span, returns


def alone(s: Span) -> dict[str, float]:
    from quantstats import stats as q

    r, whole, n = s.returns, returns(s.window), len(s.returns)
    # it counts years as returns / periods per year; ours have elapsed days: so many returns a year
    # there were
    elapsed = len(whole) / s.years
    return {
        "total_return": q.comp(whole),
        "cagr": q.cagr(whole, periods=elapsed),
        "volatility": q.volatility(r, periods=s.per_year),
        # its risk-free rate is a yearly one cut into equal periods; ours follows the days of each
        # return
        "sharpe": q.sharpe(s.excess, periods=s.per_year),
        "sortino": q.sortino(s.excess, periods=s.per_year),
        "max_drawdown": q.max_drawdown(r),
        "calmar": q.calmar(r, periods=elapsed),
        "best_period": q.best(r),
        "worst_period": q.worst(r),
        # it leaves periods without a change out of the count
        "positive_share": q.win_rate(r) * (r != 0).mean(),
        # it corrects both for the size of the sample; ours are the moments of the sample as it is
        "skew": q.skew(r) * (n - 2) / (n * (n - 1)) ** 0.5,
        "kurtosis": (q.kurtosis(r) * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1),
        # it assumes a normal distribution unless told; its value at risk does always and has no
        # match
        "expected_shortfall": q.cvar(r, method="historical"),
    }


def beside(s: Span, b: Span) -> dict[str, float]:
    from quantstats import stats as q

    # it has no risk-free return here: hand it excess returns
    greeks = q.greeks(s.excess, b.excess, periods=s.per_year)
    return {
        "beta": greeks["beta"],
        "alpha": greeks["alpha"],
        # it gives the square, without the sign
        "correlation": abs(q.r_squared(s.returns, b.returns)) ** 0.5 * (1 if greeks["beta"] > 0 else -1),
        # it does not annualise
        "information_ratio": q.information_ratio(s.returns, b.returns) * s.per_year**0.5,
    }


def calendar_returns(returns: pd.Series, frequency: str) -> list[float]:
    from quantstats import stats as q

    table = q.monthly_returns(returns)
    return list(table["EOY"]) if frequency == "yearly" else table.drop(columns="EOY").stack().tolist()


def drawdowns(levels: pd.Series) -> pd.DataFrame:
    """Its list: from the first close under water to the last; depth as a fraction."""
    from quantstats import stats as q

    found = q.drawdown_details(q.to_drawdown_series(levels))
    found["max drawdown"] /= 100
    return found.set_index("start")


def rolling(s: Span, b: Span, window: int) -> dict[str, pd.Series]:
    """Risk-free return 0; its rolling alpha is of one period."""
    from quantstats import stats as q

    greeks = q.rolling_greeks(s.returns, b.returns, periods=window).dropna()
    return {"beta": greeks["beta"], "alpha": greeks["alpha"] * s.per_year}
