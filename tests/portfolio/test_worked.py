"""Cases small enough to work by hand, and what must hold of every plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketlake.model.calendars import Days
from marketlake.portfolio.figures import Figures
from marketlake.portfolio.market import Market
from marketlake.portfolio.measure import measure, span
from marketlake.portfolio.plan import Plan
from marketlake.portfolio.walk import record, track

from .markets import market, plan

close = pytest.approx


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


def test_two_years_rebalanced_by_hand() -> None:
    where = year_ends([(100.0, 100.0), (200.0, 100.0), (100.0, 110.0)])
    found = run(where, plan((0.5, 0.5), start=1000.0, trading_cost=0.01))
    # 990 bought; 990 + 495 = 1485, half is 742.50: 247.50 sold and bought costs 4.95; 740.025 each
    after = (1485 - 4.95) / 2
    assert found.end_value == close(after * 0.5 + after * 1.1)
    assert found.trading_costs == close(10 + 4.95)
    assert found.total_return == close(found.end_value / 1000 - 1)
    assert found.cagr == close((found.end_value / 1000) ** 0.5 - 1)
    assert [part.gain for part in found.holdings] == close([495 - after * 0.5, after * 0.1, -14.95])
    # 495 moved in one direction... half of what was bought and sold, over the mean value, over two
    # years
    mean = (990 + (1485 - 4.95) + found.end_value) / 3
    assert found.turnover == close(495 / 2 / mean / 2)
    # from 1.485 less costs down to the end
    assert found.max_drawdown.depth == close(found.end_value / (1485 - 4.95) - 1)
    assert f"{found.max_drawdown.peak} {found.max_drawdown.trough}" == "2015-12-31 2016-12-30"
    assert found.max_drawdown.recovery is None


def test_contributions_come_on_the_first_session_of_a_month_and_grow_at_the_anniversary() -> None:
    where = market("2014-12-31", "2017-01-01")
    flat = replace(where, levels=np.ones_like(where.levels))
    found = run(flat, plan(start=100.0, contribute=10.0, pay_growth=0.1))
    assert found.paid_in == close(100 + 12 * 10 + 12 * 11)
    assert found.end_value == close(found.paid_in)
    assert found.money_weighted_return == close(0, abs=1e-12)


def test_pay_every_second_week() -> None:
    where = market("2015-01-01", "2015-04-01")
    found = run(replace(where, levels=np.ones_like(where.levels)), plan(contribute=10.0, per="biweekly"))
    # 15 and 29 January, 12 and 26 February, 12 and 26 March
    assert found.paid_in == close(10_000 + 6 * 10)


def test_fees_accrue_by_calendar_day() -> None:
    where = year_ends([(1.0, 1.0), (1.0, 1.0)])
    found = run(where, plan((0.5, 0.5), plan_fee=0.02, expenses=(0.0, 0.01)))
    years = 365 / 365.25
    assert found.end_value == close(10_000 * 0.98**years * (0.5 + 0.5 * 0.99**years))
    assert found.fees == close(10_000 - found.end_value)


def test_a_band_is_absolute_points() -> None:
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
def test_left_alone_the_end_is_the_sum_of_weights_times_growth(weights: tuple[float, ...], seed: int) -> None:
    where = market(seed=seed)
    found = run(where, plan(weights, rebalance="never"))
    growth = where.levels[-1] / where.levels[0]
    assert found.end_value == close(10_000 * float(np.dot(weights, growth)), rel=1e-11)


@settings(max_examples=8, deadline=None)
@given(weights=weights, way=ways, seed=st.integers(1, 99))
def test_without_flows_money_weighted_is_time_weighted(
    weights: tuple[float, ...], way: str, seed: int
) -> None:
    found = run(market(seed=seed), plan(weights, rebalance=way, trading_cost=0.001))
    assert found.money_weighted_return == close(found.cagr, rel=1e-9, abs=1e-12)


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
def test_all_in_one_holding_is_its_total_return(way: str) -> None:
    where = market()
    found = run(where, plan((1.0, 0.0, 0.0), rebalance=way, contribute=100.0))
    growth = where.levels[-1, 0] / where.levels[0, 0]
    assert found.total_return == close(growth - 1, rel=1e-11)
    assert found.turnover == close(0, abs=1e-12)


@pytest.mark.parametrize("funded_by", ["pro-rata", "SHARES"])
def test_a_sleeve_of_nothing_is_the_plan_without_it(funded_by: str) -> None:
    where = market()
    held = plan(sleeve="COIN", funded_by=funded_by, contribute=100.0, rebalance="quarterly")
    others = (0.57 / 0.97, 0.40 / 0.97) if funded_by == "pro-rata" else (0.60, 0.40)
    only = replace(where, levels=where.levels[:, :2])
    without = run(only, plan(others, contribute=100.0, rebalance="quarterly"))
    assert run(where, held, 0.0).end_value == close(without.end_value, rel=1e-12)
    assert run(where, held, 0.03).end_value == close(
        run(where, plan(contribute=100.0, rebalance="quarterly")).end_value
    )


def test_below_a_year_nothing_is_annualised() -> None:
    where = market("2015-01-05", "2015-07-01")
    found = run(where, plan(contribute=100.0))
    assert found.cagr is None
    assert found.return_per_volatility is None
    assert run(where, plan()).money_weighted_return == close(run(where, plan()).total_return)
