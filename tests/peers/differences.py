"""The rows of docs/metrics/differences.md that are measured on real prices, each by its name there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import pandas as pd

from . import quantstats_says
from .measure import Measure, Row, percent, plain
from .spans import returns

ODD = date(2019, 3, 14), date(2023, 11, 22)


def years(m: Measure) -> Row:
    import empyrical as e
    import ffn
    from quantstats import stats as q

    r = m.returns("BTC")
    return percent(m.value("BTC", "cagr"), e.cagr(r), q.cagr(r), ffn.calc_cagr(m.levels("BTC")))


def less_than_a_year(m: Measure) -> Row:
    import empyrical as e
    import ffn
    from quantstats import stats as q

    month = date(2024, 11, 1), date(2024, 11, 30)
    assert m.value("BTC", "cagr", *month) is None
    r = m.returns("BTC", *month)
    return percent(e.cagr(r), q.cagr(r), ffn.calc_cagr(m.levels("BTC", *month)))


def periods_a_year(m: Measure) -> Row:
    import empyrical as e
    import ffn
    from quantstats import stats as q

    r, stats = m.returns("BTC"), ffn.PerformanceStats(m.levels("BTC"))
    return percent(m.value("BTC", "volatility"), e.annual_volatility(r), q.volatility(r), stats.daily_vol)


def first_return(m: Measure) -> Row:
    import ffn
    from quantstats import stats as q

    closes = m.levels("BTC").loc["2019"]
    ours = m.value("BTC", "total_return", date(2019, 1, 1), date(2019, 12, 31))
    return percent(ours, q.comp(returns(closes)), ffn.calc_total_return(closes))


def whole_months(m: Measure) -> Row:
    import empyrical as e

    ours = m.ours("NASDAQ", "volatility", *ODD, frequency="monthly")
    months = e.aggregate_returns(m.returns("NASDAQ", *ODD), "monthly")
    volatility = e.annual_volatility(months, period="monthly")
    return (*percent(ours.value), f"{ours.n} months", *percent(volatility), f"{len(months)} months")


def whole_window(m: Measure) -> Row:
    import empyrical as e

    months = e.aggregate_returns(m.returns("NASDAQ", *ODD), "monthly").iloc[1:-1]
    return percent(m.value("NASDAQ", "cagr", *ODD, frequency="monthly"), e.cagr(months, period="monthly"))


def one_month(m: Measure) -> Row:
    from quantstats import stats as q

    ours = m.value("BTC", "best_period", frequency="monthly")
    return percent(ours, q.best(m.returns("BTC"), aggregate="month"))


def sample_size(m: Measure) -> Row:
    import empyrical as e
    from quantstats import stats as q

    months = pd.Series(e.aggregate_returns(m.returns("BTC"), "monthly").to_numpy())
    ours = (m.value("BTC", metric, frequency="monthly") for metric in ("skew", "kurtosis"))
    return plain(*ours, q.skew(months), q.kurtosis(months))


def value_at_risk(m: Measure) -> Row:
    from quantstats import stats as q

    return percent(m.value("BTC", "value_at_risk"), q.value_at_risk(m.returns("BTC")))


def expected_shortfall(m: Measure) -> Row:
    from quantstats import stats as q

    return percent(m.value("BTC", "expected_shortfall"), q.cvar(m.returns("BTC")))


def unchanged_days(m: Measure) -> Row:
    from quantstats import stats as q

    return percent(m.value("GOLD", "positive_share"), q.win_rate(m.returns("GOLD")))


def risk_free_return(m: Measure) -> Row:
    import empyrical as e
    import ffn
    from quantstats import stats as q

    r = m.returns("SP500")
    cut = q.sharpe(r, rf=0.03), ffn.calc_sharpe(r, rf=0.03, nperiods=252)
    return plain(m.value("SP500", "sharpe", risk_free=0.03), *cut, e.sharpe_ratio(r, risk_free=0.03))


def excess_beta(m: Measure) -> Row:
    import empyrical as e

    one, other = m.shared("BTC")
    return plain(m.value("BTC", "beta", risk_free=0.03), e.beta(one, other, risk_free=0.03))


def alpha(m: Measure) -> Row:
    import empyrical as e
    from quantstats import stats as q

    one, other = m.shared("BTC")
    return percent(m.value("BTC", "alpha"), e.alpha(one, other), q.greeks(one, other)["alpha"])


def capture(m: Measure) -> Row:
    import empyrical as e

    one, other = m.shared("BTC")
    ours = m.value("BTC", "up_capture"), m.value("BTC", "down_capture")
    return plain(*ours, e.up_capture(one, other), e.down_capture(one, other))


def information_ratio(m: Measure) -> Row:
    import empyrical as e
    import ffn
    from quantstats import stats as q

    one, other = m.shared("BTC")
    theirs = (
        e.excess_sharpe(one, other),
        q.information_ratio(one, other),
        ffn.calc_information_ratio(one, other),
    )
    return plain(m.value("BTC", "information_ratio"), *theirs)


def two_calendars(m: Measure) -> Row:
    import empyrical as e
    from quantstats import stats as q

    # each on its own days, as they come
    r, s = m.returns("BTC"), m.returns("SP500")
    return plain(m.value("BTC", "beta"), e.beta(r, s), q.greeks(r, s)["beta"])


def dates_of_a_drawdown(m: Measure) -> Row:
    ours = m.ours("BTC", "max_drawdown")
    drawdowns = quantstats_says.drawdowns(m.levels("BTC"))
    start = drawdowns["max drawdown"].idxmin()
    return str(ours.start_session), str(ours.recovery_session), start, drawdowns.loc[start, "end"]


def dividends(m: Measure) -> Row:
    total, adjusted = (m.value("KO", "total_return", basis=basis) for basis in ("total", "vendor_adjusted"))
    return percent(total, adjusted)


DIFFERENCES: Final[Mapping[str, Callable[[Measure], Row]]] = {
    "Years": years,
    "Less than a year": less_than_a_year,
    "Periods a year": periods_a_year,
    "The first return": first_return,
    "Whole months": whole_months,
    "The whole window": whole_window,
    "One month": one_month,
    "Size of the sample": sample_size,
    "Value at risk": value_at_risk,
    "Expected shortfall": expected_shortfall,
    "Days without a change": unchanged_days,
    "Risk-free return": risk_free_return,
    "Beta of excess returns": excess_beta,
    "Alpha": alpha,
    "Capture": capture,
    "Information ratio": information_ratio,
    "Two calendars": two_calendars,
    "Dates of a drawdown": dates_of_a_drawdown,
    "Dividends": dividends,
}
