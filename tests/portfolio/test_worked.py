"""Cases small enough to work by hand, and what must hold of every plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketlake.model.calendars import Days
from marketlake.model.errors import UsageError
from marketlake.portfolio.figures import Drawdown, Figures
from marketlake.portfolio.market import Market
from marketlake.portfolio.measure import measure, span, window_of
from marketlake.portfolio.plan import Plan
from marketlake.portfolio.rates import Deflator, RiskFree
from marketlake.portfolio.walk import record, track

from .markets import market, plan

close = pytest.approx
PUBLISHED = ("2015-01-15", "2015-12-15", "2017-01-15")
PRICES = np.array([200.0, 250.0, 250.0])


def days(*texts: str) -> Days:
    return np.array(texts, "datetime64[D]")


def run(where: Market, held: Plan, sleeve: float | None = None) -> Figures:
    window = span(where, 0, len(where.days) - 1)
    along = track(where.days, where.levels, held, (0,), (window.last,))
    path = record(along, held.weights(sleeve)[:, None], held)
    return measure(path, held, window, sleeve, 0)


def year_ends(levels: list[tuple[float, ...]]) -> Market:
    """A market with a session at each end of a year from 2014 on."""
    ends = np.array(["2014-12-31", "2015-12-31", "2016-12-30", "2017-12-29"][: len(levels)], "datetime64[D]")
    return with_days(ends, np.array(levels, dtype=float))


def with_days(days: Days, levels: Any) -> Market:
    return replace(market(), days=days, levels=levels)


FOUR = [(100.0, 100.0)] * 4
"""The ends of 2014 to 2017: 12-31, 12-31, 12-30 and 12-29."""


@pytest.mark.parametrize(
    ("start", "end", "first", "last", "shortened"),
    [
        (None, None, 0, 3, False),
        ("2014-12-31", "2015-12-31", 0, 1, False),
        ("2016-06-01", None, 1, 3, False),
        ("2016-12-30", "2018-01-05", 2, 3, False),
        ("2014-12-30", None, 0, 3, True),
        (None, "2016-12-29", 0, 1, False),
    ],
)
def test_window_has_the_last_session_on_or_before_each_date(
    start: str | None, end: str | None, first: int, last: int, shortened: bool
) -> None:
    window = window_of(year_ends(FOUR), *(text and date.fromisoformat(text) for text in (start, end)))
    assert (window.first, window.last, window.shortened) == (first, last, shortened)


@pytest.mark.parametrize(("end", "shortened"), [(28, False), (29, True)])
def test_window_is_shortened_where_a_session_is_missing_before_its_end(end: int, shortened: bool) -> None:
    where = with_days(days("2016-12-30", "2017-12-28"), np.ones((2, 2)))
    assert window_of(where, None, date(2017, 12, end)).shortened is shortened


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (
            date(2016, 1, 1),
            date(2016, 1, 1),
            "starts on 2016-01-01 and ends on 2016-01-01; it must end later",
        ),
        (
            date(2017, 12, 29),
            None,
            "no two sessions of all holdings lie in the window; they share 2014-12-31",
        ),
        (None, date(2014, 12, 31), "2014-12-31 to 2017-12-29: SHARES from 2014-12-31, SHARES to 2017-06-30$"),
        (date(2014, 1, 1), date(2014, 12, 30), "no two sessions"),
    ],
)
def test_window_without_two_sessions_is_refused(start: date | None, end: date | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        window_of(year_ends(FOUR), start, end)


def test_window_holds_what_its_figures_are_computed_from() -> None:
    where = replace(year_ends(FOUR), risk_free=RiskFree("BILL", "no", np.array([0.0, 0.01, 0.02, 0.03])))
    window = span(where, 1, 3)
    assert (window.start, window.end) == (date(2015, 12, 31), date(2017, 12, 29))
    assert (window.years, window.whole_years, window.periods_per_year) == (2.0, True, 1.0)
    assert (window.risk_free.tolist(), window.inflation, window.shortened) == ([0.02, 0.03], None, False)
    assert np.isnan(window.prices).tolist() == [True] * 3
    # 364 days from one Friday to another
    part = span(with_days(days("2015-01-02", "2015-07-03", "2016-01-01"), np.ones((3, 2))), 0, 2)
    assert (part.years, part.whole_years, part.periods_per_year) == (364 / 365.25, False, 2 * 365.25 / 364)


def test_two_years_with_rebalancing_equal_manual_calculation() -> None:
    where = year_ends([(100.0, 100.0), (200.0, 100.0), (100.0, 110.0)])
    figures = run(where, plan((0.5, 0.5), start=1000.0, trading_cost=0.01))
    # 990 bought; 990 + 495 = 1485, half is 742.50: 247.50 sold and bought costs 4.95; 740.025 each
    after = (1485 - 4.95) / 2
    assert figures.end_value == close(after * 0.5 + after * 1.1)
    assert figures.trading_costs == close(10 + 4.95)
    assert figures.total_return == close(figures.end_value / 1000 - 1)
    assert figures.cagr == close((figures.end_value / 1000) ** 0.5 - 1)
    gains = [part.gain for part in figures.holdings]
    assert gains == close([495 - after * 0.5, after * 0.1, -14.95])
    assert [part.return_contribution for part in figures.holdings] == close([one / 1000 for one in gains])
    # 495 moved in one direction... half of what was bought and sold, over the mean value, over two
    # years
    mean = (990 + (1485 - 4.95) + figures.end_value) / 3
    assert figures.turnover == close(495 / 2 / mean / 2)
    # from 1.485 less costs down to the end
    assert figures.max_drawdown.depth == close(figures.end_value / (1485 - 4.95) - 1)
    assert f"{figures.max_drawdown.peak} {figures.max_drawdown.trough}" == "2015-12-31 2016-12-30"
    assert figures.max_drawdown.recovery is None


def test_real_figures_equal_manual_calculation() -> None:
    """Prices rise by a quarter in the first year of 1000 invested, and by none in the second."""
    where = replace(
        year_ends([(100.0, 100.0), (150.0, 150.0), (200.0, 200.0)]),
        deflator=Deflator(
            "CPI", "no", days("2014-12-01", "2015-11-01", "2016-12-01"), days(*PUBLISHED), PRICES
        ),
    )
    figures = run(where, plan((0.7, 0.3), start=1000.0))
    assert figures.weights == {"SHARES": 0.7, "BONDS": 0.3}
    assert (figures.end_value, figures.real_end_value) == close((2000.0, 1600.0))
    assert figures.cagr == close(2**0.5 - 1)
    assert [figures.real_cagr, figures.real_money_weighted_return] == close([1.6**0.5 - 1] * 2)
    assert figures.money_weighted_note == ""
    # returns of 50 and 33.3 % have a standard deviation of a sixth over the root of 2, one a year
    assert figures.volatility == close(1 / 6 / 2**0.5)
    assert figures.return_per_volatility == close((2**0.5 - 1) * 6 * 2**0.5)


def test_real_money_weighted_return_equals_manual_calculation() -> None:
    """1000 and, after a year, 1250 are paid in; prices rise by a quarter in it, then by a fifth."""
    flat = year_ends([(1.0,), (1.0,), (1.0,)])
    months, published = days("2014-12-01", "2015-11-01", "2016-12-01"), days(*PUBLISHED)
    paying = plan((1.0,), start=1000.0, contribute=1250 / 12)
    rising = Deflator("CPI", "no", months, published, np.array([200.0, 250.0, 300.0]))
    figures = run(replace(flat, deflator=rising), paying)
    # in prices of the start 1000 and 1000 come to 1500: growth g with 1000 g^2 + 1000 g = 1500
    assert figures.real_money_weighted_return == close((7**0.5 - 1) / 2 - 1)
    # prices of the session between are needed where something is paid in there, and only then
    unknown = replace(flat, deflator=Deflator("CPI", "no", months[::2], published[::2], PRICES[:2]))
    figures = run(unknown, plan((1.0,), start=1000.0))
    assert [figures.real_money_weighted_return, figures.real_cagr] == close([0.8**0.5 - 1] * 2)
    figures = run(unknown, paying)
    assert (figures.real_money_weighted_return, figures.real_cagr) == (None, close(0.8**0.5 - 1))


def test_real_figures_of_part_of_a_year_are_of_prices_published_by_then() -> None:
    where = replace(
        with_days(days("2015-01-02", "2015-06-01", "2015-07-01"), np.array([(1.0,), (1.1,), (1.2,)])),
        deflator=Deflator(
            "CPI", "no", days("2014-12-01", "2015-05-01"), days("2015-01-01", "2015-06-15"), PRICES[:2]
        ),
    )
    figures = run(where, plan((1.0,), start=1000.0))
    assert figures.real_end_value == close(1200 / 1.25)
    assert (figures.cagr, figures.real_cagr, figures.return_per_volatility) == (None, None, None)


def test_sleeve_changes_the_weights() -> None:
    where = year_ends([(100.0, 100.0), (200.0, 100.0)])
    figures = run(where, plan((0.9, 0.1), sleeve="BONDS"), sleeve=0.25)
    assert (figures.sleeve, figures.weights) == (0.25, close({"SHARES": 0.75, "BONDS": 0.25}))
    assert [part.weight for part in figures.holdings] == [close(0.75), close(0.25), None]
    assert figures.cagr == close(0.75)


def test_drawdown_recovers_on_the_first_session_back_at_its_peak() -> None:
    level = [(1.0,), (2.0,), (1.0,), (1.5,), (2.0,), (3.0,)]
    where = with_days(days(*(f"2015-01-0{n}" for n in range(1, 7))), np.array(level))
    fall = run(where, plan((1.0,))).max_drawdown
    assert fall.depth == close(-0.5)
    assert [str(day) for day in (fall.peak, fall.trough, fall.recovery)] == [
        *("2015-01-02", "2015-01-03", "2015-01-05"),
    ]
    above = run(
        with_days(where.days[:4], np.array([(1.0,), (2.0,), (1.0,), (3.0,)])), plan((1.0,))
    ).max_drawdown
    assert [str(day) for day in (above.peak, above.recovery)] == ["2015-01-02", "2015-01-04"]
    rising = with_days(where.days[:2], np.array(level[:2]))
    assert run(rising, plan((1.0,))).max_drawdown == Drawdown(0.0, None, None, None)


@pytest.mark.parametrize("unit", [1.0, 0.001])
def test_contributions_come_on_the_first_session_of_a_month_and_grow_at_the_anniversary(unit: float) -> None:
    where = market("2014-12-31", "2017-01-01")
    flat = replace(where, levels=np.ones_like(where.levels))
    figures = run(flat, plan(start=100.0 * unit, contribute=10.0 * unit, pay_growth=0.1))
    assert figures.paid_in == close((100 + 12 * 10 + 12 * 11) * unit)
    assert figures.end_value == close(figures.paid_in)
    assert figures.money_weighted_return == close(0, abs=1e-12)


def test_biweekly_contributions() -> None:
    where = market("2015-01-01", "2015-04-01")
    figures = run(replace(where, levels=np.ones_like(where.levels)), plan(contribute=10.0, per="biweekly"))
    # 15 and 29 January, 12 and 26 February, 12 and 26 March
    assert figures.paid_in == close(10_000 + 6 * 10)


def test_fees_accrue_per_calendar_day() -> None:
    where = year_ends([(1.0, 1.0), (1.0, 1.0)])
    figures = run(where, plan((0.5, 0.5), plan_fee=0.02, expenses=(0.0, 0.01)))
    years = 365 / 365.25
    assert figures.end_value == close(10_000 * 0.98**years * (0.5 + 0.5 * 0.99**years))
    assert figures.fees == close(10_000 - figures.end_value)


def test_rebalancing_band_is_in_percentage_points() -> None:
    where = year_ends([(100.0, 100.0), (121.0, 100.0), (121.0, 50.0)])
    # 121 : 100 is 54.75 %
    inside = run(where, plan((0.5, 0.5), rebalance="band", band=0.05))
    outside = run(where, plan((0.5, 0.5), rebalance="band", band=0.04))
    assert inside.end_value == close(5000 * 1.21 + 5000 * 0.5)
    assert outside.end_value == close(11_050 / 2 * 1.5)


weights = st.lists(st.integers(1, 50), min_size=3, max_size=3).map(lambda w: tuple(x / sum(w) for x in w))
ways = st.sampled_from(["never", "monthly", "quarterly", "yearly"])


@settings(max_examples=8, deadline=None)
@given(weights=weights, seed=st.integers(1, 99))
def test_end_value_without_rebalancing_is_the_weighted_growth(weights: tuple[float, ...], seed: int) -> None:
    where = market(seed=seed)
    figures = run(where, plan(weights, rebalance="never"))
    growth = where.levels[-1] / where.levels[0]
    assert figures.end_value == close(10_000 * float(np.dot(weights, growth)), rel=1e-11)


@settings(max_examples=8, deadline=None)
@given(weights=weights, way=ways, seed=st.integers(1, 99))
def test_money_weighted_equals_time_weighted_without_flows(
    weights: tuple[float, ...], way: str, seed: int
) -> None:
    figures = run(market(seed=seed), plan(weights, rebalance=way, trading_cost=0.001))
    assert figures.money_weighted_return == close(figures.cagr, rel=1e-9, abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(weights=weights, way=ways, factor=st.floats(1e-3, 1e3))
def test_rebased_prices_change_nothing(weights: tuple[float, ...], way: str, factor: float) -> None:
    where = market()
    rebased = replace(where, levels=where.levels * np.array([factor, 1.0, 1 / factor]))
    held = plan(weights, rebalance=way, contribute=100.0, trading_cost=0.001)
    one, other = run(where, held), run(rebased, held)
    assert other.end_value == close(one.end_value, rel=1e-11)
    assert other.volatility == close(one.volatility, rel=1e-9)


@pytest.mark.parametrize("way", ["never", "monthly", "yearly"])
def test_single_holding_has_its_total_return(way: str) -> None:
    where = market()
    figures = run(where, plan((1.0, 0.0, 0.0), rebalance=way, contribute=100.0))
    growth = where.levels[-1, 0] / where.levels[0, 0]
    assert figures.total_return == close(growth - 1, rel=1e-11)
    assert figures.turnover == close(0, abs=1e-12)


@pytest.mark.parametrize("funded_by", ["pro-rata", "SHARES"])
def test_sleeve_of_zero_equals_the_plan_without_it(funded_by: str) -> None:
    where = market()
    held = plan(sleeve="COIN", funded_by=funded_by, contribute=100.0, rebalance="quarterly")
    others = (0.57 / 0.97, 0.40 / 0.97) if funded_by == "pro-rata" else (0.60, 0.40)
    only = replace(where, levels=where.levels[:, :2])
    without = run(only, plan(others, contribute=100.0, rebalance="quarterly"))
    assert run(where, held, 0.0).end_value == close(without.end_value, rel=1e-12)
    assert run(where, held, 0.03).end_value == close(
        run(where, plan(contribute=100.0, rebalance="quarterly")).end_value
    )


def test_nothing_is_annualised_below_a_year() -> None:
    where = market("2015-01-05", "2015-07-01")
    figures = run(where, plan(contribute=100.0))
    assert figures.cagr is None
    assert figures.return_per_volatility is None
    assert run(where, plan()).money_weighted_return == close(run(where, plan()).total_return)
