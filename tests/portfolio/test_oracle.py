"""The engine against a slow loop in plain Python, to 1e-9."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from marketlake.portfolio.figures import COSTS
from marketlake.portfolio.history import outcomes, windows_of
from marketlake.portfolio.measure import measure, span
from marketlake.portfolio.plan import Plan
from marketlake.portfolio.schedule import rebalancing, year_fraction
from marketlake.portfolio.walk import growth, record, track

from .markets import day, market, plan
from .oracle import work

RICH: dict[str, Any] = {"contribute": 500.0, "pay_growth": 0.03, "plan_fee": 0.002, "trading_cost": 0.0005}
WAYS: list[dict[str, Any]] = [
    {"rebalance": "never"},
    {"rebalance": "monthly"},
    {"rebalance": "quarterly"},
    {"rebalance": "yearly"},
    {"rebalance": "band", "band": 0.02},
]
PAYING: list[dict[str, Any]] = [
    {},
    {"contribute": 500.0},
    {"contribute": 250.0, "per": "biweekly", "pay_growth": 0.04},
    RICH,
    {**RICH, "per": "semimonthly", "expenses": (0.001, 0.0, 0.0075)},
    {"contribute": 50.0, "per": "week"},
]
close = pytest.approx


def sleeved(**terms: Any) -> Plan:
    return plan(sleeve="COIN", **terms)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way["rebalance"])
@pytest.mark.parametrize("paying", range(len(PAYING)))
def test_every_figure_equals_the_oracle(way: dict[str, Any], paying: int) -> None:
    held, where = sleeved(**way, **PAYING[paying]), market()
    first, last = 20, len(where.days) - 30
    window = span(where, first, last)
    weights = np.stack([held.weights(s) for s in (0.0, 0.10)], axis=1)
    path = record(track(where.days, where.levels, held, (first,), (last,)), weights, held)
    for k, sleeve in enumerate((0.0, 0.10)):
        book = work(
            [day(d) for d in where.days[first : last + 1]],
            where.levels[first : last + 1].tolist(),
            held,
            weights[:, k].tolist(),
        )
        figures = measure(path, held, window, sleeve, k)
        assert path.value[:, k] == close(book.value, rel=1e-9)
        assert path.index[:, k] == close(book.index, rel=1e-9)
        assert figures.volatility == close(book.volatility(window.periods_per_year), rel=1e-9)
        sharpe = book.sharpe(window.risk_free.tolist(), window.periods_per_year)
        assert figures.sharpe == close(sharpe, rel=1e-9)
        assert figures.max_drawdown.depth == close(book.deepest, rel=1e-9)
        assert figures.trading_costs == close(book.costs, rel=1e-9, abs=1e-9)
        assert figures.fees == close(book.fees, rel=1e-9, abs=1e-7)
        assert figures.paid_in == close(sum(money for _, money in book.paid), rel=1e-12)
        assert [part.gain for part in figures.holdings[:-1]] == close(book.gain, rel=1e-9, abs=1e-7)
        turned = book.rebalanced / 2 / (sum(book.value) / len(book.value)) / window.years
        assert figures.turnover == close(turned, rel=1e-9, abs=1e-12)
        balance = sum(
            money
            * (1 + (figures.money_weighted_return or 0)) ** (window.years * (1 - share(book.paid, d, window)))
            for d, money in book.paid
        )
        assert balance == close(figures.end_value, rel=1e-9)


def share(paid: Any, when: Any, window: Any) -> float:
    return (when - paid[0][0]).days / (window.end - window.start).days


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way["rebalance"])
def test_batched_start_months_equal_single_runs(way: dict[str, Any]) -> None:
    held, where = sleeved(**way, **RICH), market()
    windows = windows_of(where, 2)
    sleeves = (0.0, 0.03, 0.10)
    results = outcomes(where, held, windows, sleeves)
    assert len(windows[0]) == 7
    for s, (first, last) in enumerate(zip(*windows, strict=True)):
        days = [day(d) for d in where.days[first : last + 1]]
        years, _ = year_fraction(where.days, where.ends(12), first, last)
        for k, sleeve in enumerate(sleeves):
            book = work(days, where.levels[first : last + 1].tolist(), held, held.weights(sleeve).tolist())
            risk = book.volatility((last - first) / years)
            assert results.end_value[s, k] == close(book.value[-1], rel=1e-9)
            assert results.max_drawdown[s, k] == close(book.deepest, rel=1e-9)
            per_risk = (book.index[-1] ** (1 / years) - 1) / risk
            assert results.return_per_volatility[s, k] == close(per_risk, rel=1e-9)
            risk_free = where.risk_free.returns[first + 1 : last + 1].tolist()
            assert results.sharpe[s, k] == close(book.sharpe(risk_free, (last - first) / years), rel=1e-9)


@pytest.mark.parametrize("way", WAYS[:-1], ids=lambda way: way["rebalance"])
def test_vectorised_growth_equals_the_walk_without_costs(way: dict[str, Any]) -> None:
    held, where, first, last = sleeved(**way), market(), 20, 600
    weights = np.stack([held.weights(s) for s in (0.0, 0.03, 0.10)], axis=1)
    path = record(track(where.days, where.levels, held, (first,), (last,)), weights, held)
    window = slice(first, last + 1)
    due = rebalancing(where.days, held.rebalance)[window]
    assert growth(where.levels[window], due, weights) == close(path.index, rel=1e-12)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way["rebalance"])
def test_holdings_add_up_to_the_plan(way: dict[str, Any]) -> None:
    held, where = sleeved(**way, **RICH), market()
    window = span(where, 0, len(where.days) - 1)
    weights = held.weights()[:, None]
    path = record(track(where.days, where.levels, held, (window.first,), (window.last,)), weights, held)
    figures = measure(path, held, window, 0.03, 0)
    parts = figures.holdings
    assert [part.id for part in parts] == ["SHARES", "BONDS", "COIN", COSTS]
    assert sum(p.gain for p in parts) == close(figures.gain, rel=1e-9)
    assert sum(p.return_contribution for p in parts) == close(figures.total_return, rel=1e-9)
    assert sum(p.risk_contribution or 0 for p in parts) == close(figures.volatility, rel=1e-9)
    assert figures.end_value == close(figures.paid_in + figures.gain, rel=1e-12)
