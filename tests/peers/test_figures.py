"""Every figure that another library has too, to 1e-9, once it is asked for the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import ModuleType

import pytest

from . import empyrical_says, ffn_says, quantstats_says
from .market import BENCHMARK, CALENDAR, Market
from .spans import Span, paired, span

pytestmark = pytest.mark.xdist_group("peers")

PEERS = [empyrical_says, quantstats_says, ffn_says]
START, END = date(2019, 3, 14), date(2023, 11, 22)
FREQUENCIES = {"daily": 252, "weekly": 52, "monthly": 12}
RATE = 0.03


def own(market: Market, name: str, frequency: str, rate: float = RATE, basis: str = "price") -> Span:
    daily = 365 if CALENDAR[name] == "24/7" else FREQUENCIES["daily"]
    per_year = daily if frequency == "daily" else FREQUENCIES[frequency]
    levels = market.closes if basis == "price" else market.total
    return span(levels[name], START, END, frequency, per_year, rate)


def both(market: Market, name: str, frequency: str) -> tuple[Span, Span]:
    closes = market.closes[name], market.closes[BENCHMARK]
    return paired(*closes, START, END, frequency, FREQUENCIES[frequency], RATE)


def peer_figures(peer: ModuleType, market: Market, name: str, frequency: str) -> dict[str, float]:
    """All that the library says of an instrument."""
    figures = dict(peer.alone(own(market, name, frequency)))
    if peer is ffn_says and frequency == "daily":
        figures |= ffn_says.daily(own(market, name, frequency))
    if frequency != "daily":
        # the libraries divide the growth of whole weeks or months by their fall; ours is the whole
        # window's
        figures.pop("calmar", None)
    if name != BENCHMARK:
        figures |= peer.against_benchmark(*both(market, name, frequency))
    return figures


def assert_same(answer: object, name: str, expected: Mapping[str, float]) -> None:
    ours = {metric: answer.figure(name, metric).value for metric in expected}
    assert ours == pytest.approx(expected, rel=1e-9, abs=0)


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("peer", PEERS, ids=["empyrical", "quantstats", "ffn"])
def test_peers_agree(market: Market, peer: ModuleType, frequency: str) -> None:
    answer = market.metrics(START, END, frequency=frequency, risk_free=RATE)
    for name in market.names:
        assert_same(answer, name, peer_figures(peer, market, name, frequency))


@pytest.mark.parametrize("peer", PEERS, ids=["empyrical", "quantstats", "ffn"])
def test_peers_agree_on_total_returns(market: Market, peer: ModuleType) -> None:
    answer = market.metrics(START, END, basis="total")
    for name in ("AAPL", "KO", "NVDA"):
        assert_same(answer, name, peer.alone(own(market, name, "daily", 0.0, "total")))


def test_ffn_monthly_figures_of_daily_closes_agree(market: Market) -> None:
    start, end = date(2019, 1, 1), date(2023, 12, 31)
    answer = market.metrics(start, end, frequency="monthly")
    for name in market.names:
        closes = span(market.closes[name], start, end, "daily", 252)
        assert_same(answer, name, ffn_says.monthly(closes))
