"""Every figure against an independent numpy implementation, on random and on real prices, to 1e-9."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marketlake.lake import Lake
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from .. import shared_data
from ..lakes import BILL, BTC, EUR, NASDAQ, SHARE, bar
from . import oracle
from .walks import lay, rewrite

pytestmark = pytest.mark.slow

START, END = date(2019, 3, 14), date(2023, 11, 22)
PER_YEAR = {"daily": {"BTC": 365, "NASDAQ": 252, "SHARE": 252}, "weekly": 52, "monthly": 12}
Prices = dict[str, dict[date, float]]


def per_year(frequency: str, instrument: str) -> float:
    number = PER_YEAR[frequency]
    return number[instrument] if isinstance(number, Mapping) else number


def days_of(instrument: Instrument, last: date = date(2024, 3, 8)) -> list[date]:
    return [day.item() for day in load_calendar(instrument.calendar, last).sessions(date(2018, 1, 2), last)]


@pytest.fixture(scope="module")
def prices() -> Prices:
    rng = np.random.default_rng(20)
    walks = {}
    for instrument, spread in ((BTC, 0.04), (NASDAQ, 0.012), (SHARE, 0.02), (EUR, 0.004)):
        days = days_of(instrument)
        steps = rng.normal(0.0004, spread, len(days))
        walks[instrument.id] = dict(zip(days, (100 * np.exp(np.cumsum(steps))).tolist(), strict=True))
    days = days_of(BILL)
    walks["BILL"] = dict(zip(days, rng.uniform(-0.1, 5.5, len(days)).tolist(), strict=True))
    # a week that the vendor lost
    for number in range(5):
        walks["SHARE"].pop(date(2021, 5, 3) + timedelta(days=number))
    return walks


@pytest.fixture(scope="module")
def lake(desk: Path, prices: Prices) -> Path:
    stored = (BTC, NASDAQ, SHARE, EUR, BILL)
    return rewrite(desk, [bar(i, day, close) for i in stored for day, close in prices[i.id].items()])


def assert_figures(answer: Any, instrument: str, expected: dict[str, float]) -> None:
    figures = {name: answer.figure(instrument, name).value for name in expected}
    assert figures == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("frequency", "risk_free"), [("daily", 0.0), ("daily", "BILL"), ("weekly", "BILL"), ("monthly", 0.03)]
)
def test_metrics_equal_the_oracle_on_random_walks(
    lake: Path, prices: Prices, frequency: str, risk_free: Any
) -> None:
    bill = oracle.bill(prices["BILL"]) if risk_free == "BILL" else oracle.constant(risk_free)
    answer = Lake(lake).metrics(
        ["BTC", "SHARE"], start=START, end=END, benchmark="NASDAQ", frequency=frequency, risk_free=risk_free
    )
    for name in ("BTC", "SHARE", "NASDAQ"):
        own = oracle.periods(prices[name], START, END, frequency)
        expected = oracle.alone(own, per_year(frequency, name), bill)
        assert_figures(answer, name, expected)
        figure = answer.figure(name, "sharpe")
        assert (figure.n, figure.first_session, figure.last_session) == (
            len(own.returns), own.points[0], own.points[-1],
        )  # fmt: skip
    for name in ("BTC", "SHARE"):
        pair = oracle.paired(prices[name], prices["NASDAQ"], START, END, frequency)
        assert_figures(answer, name, oracle.against_benchmark(*pair, per_year(frequency, "NASDAQ"), bill))


def test_metrics_equal_the_oracle_in_euro_on_shared_sessions(lake: Path, prices: Prices) -> None:
    in_euro = {}
    for name in ("BTC", "SHARE"):
        rate, in_euro[name] = 0.0, {}
        rates = sorted(prices["EUR"].items())
        for day, close in sorted(prices[name].items()):
            while rates and rates[0][0] <= day:
                rate = rates.pop(0)[1]
            in_euro[name][day] = close / rate
    answer = Lake(lake).metrics(["BTC", "SHARE"], start=START, end=END, currency="EUR", sessions="shared")
    for name, closes in zip(in_euro, oracle.shared(*in_euro.values()), strict=True):
        own = oracle.periods(closes, START, END)
        assert_figures(answer, name, oracle.alone(own, 252, oracle.constant(0)))
        assert_figures(answer, name, {"total_return": own.levels[-1] / own.levels[0] - 1})
        assert answer.figure(name, "volatility").periods_per_year == 252


def test_rolling_returns_and_drawdowns(lake: Path, prices: Prices) -> None:
    start, end = date(2019, 1, 1), date(2024, 2, 29)
    answer = Lake(lake).metrics(["BTC"], start=start, end=end, benchmark="NASDAQ", deepest=1000)
    months = oracle.periods(prices["BTC"], start, end, "monthly")
    pair = oracle.paired(prices["BTC"], prices["NASDAQ"], start, end, "monthly")
    for row in (r for r in answer.rolling if r.instrument_id == "BTC"):
        over = oracle.rolling(months, row.years)
        wins = oracle.rolling(pair[0], row.years) > oracle.rolling(pair[1], row.years)
        assert (row.n, row.pairs) == (len(over), len(wins))
        assert (row.lowest, row.median, row.highest, row.latest) == pytest.approx(
            (over.min(), np.median(over), over.max(), over[-1]), rel=1e-9
        )
        assert (row.positive_share, row.win_share) == pytest.approx((np.mean(over > 0), np.mean(wins)))
    assert {row.years for row in answer.rolling} == {1, 3, 5}
    days = oracle.periods(prices["BTC"], start, end)
    drawdowns = [drawdown for drawdown in answer.drawdowns if drawdown.instrument_id == "BTC"]
    assert [drawdown.rank for drawdown in drawdowns] == list(range(1, len(drawdowns) + 1))
    under = days.levels / np.maximum.accumulate(days.levels) - 1
    # every day below the high lies in exactly one drawdown, none deeper than reported
    where = np.array(days.points)
    covered = np.zeros(len(where), dtype=int)
    for drawdown in drawdowns:
        inside = (where > drawdown.peak_session) & (where < (drawdown.recovery_session or date.max))
        covered += inside
        assert under[inside].min() == pytest.approx(drawdown.depth, rel=1e-9)
        assert where[inside][under[inside].argmin()] == drawdown.trough_session
    assert ((covered == 1) == (under < 0)).all()


@pytest.fixture(scope="module")
def real() -> dict[str, list[dict[str, Any]]]:
    """The bars of the window and of the year before it."""
    shared_data.folder()
    return {
        name: [row for row in shared_data.bars_of(*shared_data.FILES[name]) if row["session"].year >= 2018]
        for name in ("BTC", "NASDAQ", "GOLD", "SP500")
    }


@pytest.fixture(scope="module")
def real_lake(tmp_path_factory: pytest.TempPathFactory, real: dict[str, list[dict[str, Any]]]) -> Path:
    stored = [shared_data.FILES[name][0] for name in real]
    return lay(tmp_path_factory.mktemp("real"), stored, [row for rows in real.values() for row in rows])


@pytest.mark.parametrize("frequency", ["daily", "weekly", "monthly"])
def test_real_prices(real_lake: Path, real: dict[str, list[dict[str, Any]]], frequency: str) -> None:
    closes = {name: {row["session"]: row["close"] for row in rows} for name, rows in real.items()}
    start, end = date(2019, 1, 1), date(2024, 12, 31)
    answer = Lake(real_lake).metrics(
        ["BTC", "NASDAQ", "GOLD"], start=start, end=end, benchmark="SP500", frequency=frequency
    )
    nothing = oracle.constant(0)
    for name in closes:
        own = oracle.periods(closes[name], start, end, frequency)
        annual = {"daily": 365 if name == "BTC" else 252, "weekly": 52, "monthly": 12}[frequency]
        assert_figures(answer, name, oracle.alone(own, annual, nothing))
        ends = [closes[name][max(day for day in closes[name] if day <= d)] for d in (date(2018, 12, 31), end)]
        growth = ends[1] / ends[0]
        assert_figures(answer, name, {"total_return": growth - 1, "cagr": growth ** (1 / 6) - 1})
    for name in ("BTC", "NASDAQ", "GOLD"):
        pair = oracle.paired(closes[name], closes["SP500"], start, end, frequency)
        annual = {"daily": 252, "weekly": 52, "monthly": 12}[frequency]
        assert_figures(answer, name, oracle.against_benchmark(*pair, annual, nothing))
