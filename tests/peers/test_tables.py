"""The tables that another library has too: returns by month and year, falls, rolling figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from marketlake.lake import Lake

from . import empyrical_says, ffn_says, quantstats_says
from .market import BENCHMARK, Market
from .spans import Span, paired, span

pytestmark = pytest.mark.xdist_group("peers")

START, END = date(2019, 1, 1), date(2024, 12, 31)
Says = Callable[[Span, Span, int], dict[str, pd.Series]]


def by_instrument(answer: Any) -> pd.DataFrame:
    return pd.DataFrame(map(asdict, answer.rows)).set_index("instrument_id")


@pytest.mark.parametrize(("period", "frequency", "n"), [("month", "monthly", 72), ("year", "yearly", 6)])
def test_calendar_returns(market: Market, period: str, frequency: str, n: int) -> None:
    names = ("BTC", "SP500", "GOLD", "KO")
    answer = Lake(market.lake).returns(names, period=period, start=START, end=END)
    ours = by_instrument(answer)["simple_return"]
    for name in names:
        window = span(market.closes[name], START, END, "daily", 252)
        peer_returns = [
            empyrical_says.calendar_returns(window.returns, frequency),
            quantstats_says.calendar_returns(window.returns, frequency),
            ffn_says.calendar_returns(window, frequency),
        ]
        assert len(ours[name]) == n
        for peer in peer_returns:
            assert ours[name].tolist() == pytest.approx(peer, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("period", "frequency"), [("week", "weekly"), ("quarter", "quarterly")])
def test_weekly_and_quarterly_returns_agree_with_empyrical(
    market: Market, period: str, frequency: str
) -> None:
    names = ("BTC", "KO")
    ours = by_instrument(Lake(market.lake).returns(names, period=period, start=START, end=END))
    for name in names:
        mine = ours.loc[name]
        # whole periods only, and not the return that leads to the first of them
        first, last = (
            pd.Timestamp(mine[column].iloc[at]) for column, at in (("start_session", 0), ("session", -1))
        )
        daily = span(market.closes[name], START, END, "daily", 252).returns
        inside = daily[(daily.index > first) & (daily.index <= last)]
        assert mine["simple_return"].tolist() == pytest.approx(
            empyrical_says.calendar_returns(inside, frequency), rel=1e-9, abs=1e-12
        )


def test_drawdown_lists_agree(market: Market) -> None:
    answer = market.metrics(START, END, deepest=1000).drawdowns
    for name in ("BTC", "SP500", "GOLD", "KO"):
        levels = span(market.closes[name], START, END, "daily", 252).window
        days = [day.date() for day in levels.index]
        quantstats, ffn = quantstats_says.drawdowns(levels), ffn_says.drawdowns(levels)
        ours = [drawdown for drawdown in answer if drawdown.instrument_id == name]
        assert len(ours) == len(quantstats) == len(ffn)
        for drawdown in ours:
            # both start at the first close under water, we at the high before it
            start = str(days[days.index(drawdown.peak_session) + 1])
            theirs, other = quantstats.loc[start], ffn.loc[start]
            assert drawdown.depth == pytest.approx(theirs["max drawdown"], rel=1e-9)
            assert drawdown.depth == pytest.approx(other["drawdown"], rel=1e-9)
            assert str(drawdown.trough_session) == theirs["valley"]
            # ffn ends at the recovery, quantstats a close before, both at the last close while
            # there is none
            recovered = drawdown.recovery_session
            assert other["End"].date() == (recovered or days[-1])
            assert theirs["end"] == str(days[days.index(recovered) - 1] if recovered else days[-1])


def test_rolling_years(market: Market) -> None:
    """ffn has the share of twelve months that rose."""
    for row in market.metrics(START, END).rolling:
        if row.years == 1:
            window = span(market.closes[row.instrument_id], START, END, "daily", 252)
            stats = ffn_says.performance(window)
            assert row.positive_share == pytest.approx(stats.twelve_month_win_perc, rel=1e-12)
            assert row.latest == pytest.approx(stats.one_year, rel=1e-9)


@pytest.mark.parametrize(
    ("says", "frequency", "periods"),
    [
        (empyrical_says.rolling, "daily", 252),
        (quantstats_says.rolling, "daily", 252),
        (empyrical_says.rolling_capture, "monthly", 12),
    ],
    ids=["empyrical", "quantstats", "empyrical-capture"],
)
def test_rolling_benchmark_figures_agree(market: Market, says: Says, frequency: str, periods: int) -> None:
    names, terms = ("BTC", "KO"), {"frequency": frequency, "periods": periods}
    ours = by_instrument(Lake(market.lake).rolling(names, benchmark=BENCHMARK, start=START, end=END, **terms))
    for name in names:
        per_year = {"daily": 252, "monthly": 12}[frequency]
        one, other = paired(market.closes[name], market.closes[BENCHMARK], START, END, frequency, per_year)
        for figure, theirs in says(one, other, periods).items():
            mine = ours.loc[name, figure].astype(float)
            assert len(mine) == len(theirs) == len(one.returns) - periods + 1
            assert np.allclose(mine, theirs, rtol=1e-9, atol=1e-12, equal_nan=True), (name, figure)
