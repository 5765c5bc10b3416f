"""Returns by period and rolling figures against numpy, with the quality flags of each row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import marketlake as ml
from marketlake.answers.returns import YEAR_OF_PERIODS
from marketlake.lake import Lake
from marketlake.model.errors import UsageError
from marketlake.model.terms import PERIODS

from ..compare.oracle import correlation, month_returns
from ..lakes import BTC, CPI, EUR, NASDAQ, bar
from . import oracle
from .walks import PROXY, TWIN, WEEKDAYS, WINDOW, bars, closes, every_day, lay, rewrite, walk

pytestmark = pytest.mark.slow

LOST = date(2021, 5, 5)
"""A Wednesday that the coin does not have."""
COIN = {day: close for day, close in closes(every_day(), 1).items() if day != LOST}
INDEX = closes(WEEKDAYS, 2)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rates = [row for row in walk(EUR, every_day(), 3) if row["session"].isoformat()[:7] != "2021-06"]
    index = replace(NASDAQ, calendar="24/7", proxy_for="an index", synthetic="daily")
    rows = bars(BTC, COIN) + bars(NASDAQ, INDEX) + rates
    return lay(tmp_path_factory.mktemp("series"), [BTC, index, EUR], rows)


@pytest.mark.parametrize("frequency", ["daily", "weekly", "monthly"])
def test_rolling_windows_equal_numpy(lake: Path, frequency: str) -> None:
    length = {"daily": 60, "weekly": 26, "monthly": 5}[frequency]
    answer = Lake(lake).rolling(
        ["BTC"],
        benchmark="NASDAQ",
        periods=length,
        frequency=frequency,
        risk_free=0.02,
        annualise=100.0,
        **WINDOW,
    )
    pair = oracle.paired(COIN, INDEX, WINDOW["start"], WINDOW["end"], frequency)
    assert len(answer.rows) == len(pair[0].returns) - length + 1
    for number, row in enumerate(answer.rows):
        cut = [
            oracle.Periods(
                p.points[number : number + length + 1],
                p.returns[number : number + length],
                p.levels[number : number + length + 1],
            )
            for p in pair
        ]
        expected = oracle.against_benchmark(cut[0], cut[1], 100.0, oracle.constant(0.02))
        assert {name: getattr(row, name) for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert (row.first_session, row.session, row.n) == (cut[0].points[0], cut[0].points[-1], length)
        # weekends are days of both calendars that the index does not have
        assert row.quality == "gap,proxy,simulated"
    assert (answer.periods, answer.benchmark, answer.instruments) == (length, "NASDAQ", ("BTC", "NASDAQ"))


def test_rolling_window_defaults_to_a_year(lake: Path) -> None:
    answer = ml.open(lake=lake).rolling("BTC", benchmark="NASDAQ", start=WINDOW["start"], end="2022-03-31")
    assert {row.n for row in answer.rows} == {252} == {YEAR_OF_PERIODS["daily"]}
    again = Lake(lake).rolling(["BTC"], benchmark="NASDAQ", frequency="monthly")
    assert {row.n for row in again.rows} == {12}
    assert json.loads(json.dumps(answer.to_dict()))["rows"][0]["n"] == 252


@pytest.mark.parametrize("period", PERIODS)
def test_returns_by_period_equal_the_closes_at_its_ends(lake: Path, period: str) -> None:
    answer = Lake(lake).returns(["NASDAQ", "BTC"], period=period, **WINDOW)
    assert list(dict.fromkeys(row.instrument_id for row in answer.rows)) == ["NASDAQ", "BTC"]
    rows = [row for row in answer.rows if row.instrument_id == "BTC"]
    assert len(rows) == {"day": 364, "week": 51, "month": 12, "quarter": 4, "year": 1}[period]
    for row in rows:
        growth = COIN[row.session] / COIN[row.start_session]
        assert (row.simple_return, row.log_return) == pytest.approx((growth - 1, np.log(growth)), rel=1e-12)
        assert row.n == sum(row.start_session < day <= row.session for day in COIN)
        assert row.start_session < row.period <= row.session
        # the daily return after the lost day starts a day too early: partial, and over a gap
        spans = row.start_session < LOST <= row.session
        assert row.quality == ("partial,gap" if spans and period == "day" else "gap" if spans else "")
    total = sum(row.log_return or 0 for row in rows)
    if period != "week":
        assert total == pytest.approx(np.log(COIN[date(2021, 12, 31)] / COIN[date(2020, 12, 31)]), rel=1e-9)


def test_row_has_the_quality_flags_of_its_own_days(lake: Path) -> None:
    rows = Lake(lake).returns(["BTC"], currency="EUR", **WINDOW).rows
    # June has no rates; that of 31 May serves for seven days, so what is missing lies in July's return
    assert {row.period.month: row.quality for row in rows} == {
        **dict.fromkeys(range(1, 13), ""), 5: "gap", 6: "partial", 7: "partial,no_rate",
    }  # fmt: skip
    assert (rows[5].session, rows[5].n) == (date(2021, 6, 7), 7)
    year, month = (
        Lake(lake).returns(["NASDAQ"], period=period, **WINDOW).rows[0] for period in ("year", "month")
    )
    # published year ends are facts, the days between are not
    assert (year.quality, month.quality) == ("gap,proxy", "partial,gap,proxy,simulated")


def test_real_yearly_return_uses_december_prices(desk: Path) -> None:
    prices = [bar(CPI, date(2020 + n // 12, n % 12 + 1, 1), 100.0 + n) for n in range(24)]
    made = rewrite(desk, bars(BTC, {d: 100 + n for n, d in enumerate(every_day())}) + prices)
    [year] = Lake(made).returns(["BTC"], period="year", real=True, **WINDOW).rows
    assert year.simple_return == pytest.approx(4.65 * 111 / 123 - 1, rel=1e-12)
    quarter = Lake(made).returns(["BTC"], period="quarter", real=True, **WINDOW).rows[1]
    # published by the end of March and of June: February and May
    assert quarter.simple_return == pytest.approx(281 / 190 * 113 / 116 - 1, rel=1e-12)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"periods": 1}, "2 to 100,000"),
        ({"ids": ["NASDAQ"]}, "its own benchmark"),
        ({"frequency": "yearly"}, "daily"),
    ],
    ids=str,
)
def test_invalid_rolling_arguments_are_refused(lake: Path, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).rolling(**{"ids": ["BTC"], "benchmark": "NASDAQ"} | terms)
    with pytest.raises(UsageError, match="day, week, month, quarter, year"):
        Lake(lake).returns(["BTC"], period="decade")


@pytest.mark.parametrize("pair", [("BTC", "NASDAQ"), ("NASDAQ", "BTC")], ids="-".join)
def test_month_of_a_pair_has_the_later_of_both_sessions(lake: Path, pair: tuple[str, str]) -> None:
    rows = Lake(lake).rolling([pair[0]], benchmark=pair[1], frequency="monthly", periods=2, **WINDOW).rows
    # the index closes on Friday 29 January, the coin on Sunday
    assert [row.session.isoformat() for row in rows[:2]] == ["2021-02-28", "2021-03-31"]
    assert rows[1].first_session == date(2021, 1, 31)


@pytest.mark.parametrize("pair", [("PROXY", "TWIN"), ("TWIN", "PROXY")], ids="-".join)
def test_month_that_one_of_a_pair_lacks_is_spanned_and_marked(desk: Path, pair: tuple[str, str]) -> None:
    # no April, and August without its last day: neither has a published end
    days = [day for day in every_day() if day.month != 4 and day != date(2021, 8, 31)]
    prices = {"PROXY": closes(days, 1), "TWIN": closes(WEEKDAYS, 2)}
    rewrite(desk, bars(PROXY, prices["PROXY"]) + bars(TWIN, prices["TWIN"]))
    terms: dict[str, Any] = {"benchmark": pair[1], "frequency": "monthly", **WINDOW}
    expected = month_returns(*(prices[name] for name in pair), ((), ()), WINDOW["start"], WINDOW["end"])
    figure = Lake(desk).metrics([pair[0]], **terms).figure(pair[0], "correlation")
    assert (figure.value, figure.n) == (pytest.approx(correlation(expected), abs=1e-12), 11)
    assert figure.quality == "gap,proxy,simulated"
    rows = Lake(desk).rolling([pair[0]], periods=2, **terms).rows
    across, ends = ["gap,proxy,simulated"] * 2, ["proxy,simulated"]
    marks = ["proxy", "proxy", *across, "proxy", *ends, *across, "proxy", "proxy"]
    assert [row.quality for row in rows] == marks


def test_no_row_uses_a_price_after_its_own_date(lake: Path) -> None:
    whole = Lake(lake).rolling(["BTC"], benchmark="NASDAQ", periods=40, end=LOST + timedelta(days=300)).rows
    cut = Lake(lake).rolling(["BTC"], benchmark="NASDAQ", periods=40, end=LOST + timedelta(days=100)).rows
    assert whole[: len(cut)] == cut != ()
