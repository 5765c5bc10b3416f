"""What must hold of any figures: calendars, no look-ahead, windows, quality, and what cannot be asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import marketlake as ml
from marketlake import query
from marketlake.errors import EmptyLakeError, UsageError
from marketlake.query.metric_answer import Metrics
from marketlake.query.metric_texts import METRICS
from marketlake.query.metrics import metrics

from ..query.lakes import BILL, BTC, CPI, EUR, FUND, NASDAQ, SHARE, bar, make
from .macro import macro_call

TWIN = replace(BTC, id="TWIN", calendar="XNYS", asset_class="index")
FIRST, LAST = date(2020, 12, 31), date(2022, 3, 31)
WEEKDAYS = [d for n in range((LAST - FIRST).days + 1) if (d := FIRST + timedelta(days=n)).weekday() < 5]
WINDOW: dict[str, Any] = {"start": date(2021, 1, 1), "end": date(2021, 12, 31)}


def walk(instrument: Any, days: list[date], seed: int = 1, scale: float = 1.0) -> list[dict[str, Any]]:
    steps = np.random.default_rng(seed).normal(0, 0.02, len(days))
    return [bar(instrument, d, c * scale) for d, c in zip(days, 100 * np.exp(np.cumsum(steps)), strict=True)]


def every_day(last: date = LAST) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range((last - FIRST).days + 1)]


def value(found: Metrics, instrument: str, metric: str) -> float:
    figure = found.figure(instrument, metric)
    assert figure.value is not None, figure
    return figure.value


def assert_same(one: Metrics, other: Metrics) -> None:
    for figure, twin in zip(one.figures, other.figures, strict=True):
        assert twin.value == (figure.value and pytest.approx(figure.value, rel=1e-9))
        assert replace(twin, value=None) == replace(figure, value=None)


def test_identical_series_correlate_to_one_on_the_sessions_they_share(tmp_path: Path) -> None:
    rows = walk(BTC, every_day())
    twin = [row | {"instrument_id": "TWIN"} for row in rows if row["session"] in set(WEEKDAYS)]
    lake = make(tmp_path, [BTC, TWIN], rows + twin)
    for frequency in ("daily", "weekly", "monthly"):
        found = metrics(lake, ["BTC"], benchmark="TWIN", frequency=frequency, **WINDOW)
        for metric in ("correlation", "beta", "up_capture", "down_capture"):
            assert value(found, "BTC", metric) == pytest.approx(1, abs=1e-12)
        assert value(found, "BTC", "tracking_error") == pytest.approx(0, abs=1e-12)
        assert value(found, "BTC", "alpha") == pytest.approx(0, abs=1e-12)
        ratio = found.figure("BTC", "information_ratio")
        assert (ratio.value, ratio.reason) == (None, "too few returns, or they do not vary")
    assert metrics(lake, ["BTC"], benchmark="TWIN", **WINDOW).figure("BTC", "correlation").n < 262


def test_rebasing_changes_nothing(tmp_path: Path) -> None:
    plain, scaled = (
        metrics(make(tmp_path / str(scale), [BTC], walk(BTC, every_day(), scale=scale)), ["BTC"], **WINDOW)
        for scale in (1.0, 1e-5)
    )
    assert_same(plain, scaled)


def test_what_doubles_each_calendar_year_has_a_cagr_of_exactly_100_percent(tmp_path: Path) -> None:
    closes = {2018 + n: 2.0**n for n in range(7)}
    lake = make(tmp_path, [BTC], [bar(BTC, date(year, 12, 31), close) for year, close in closes.items()])
    for last in (2019, 2020, 2024):
        found = metrics(lake, ["BTC"], start=date(2019, 1, 1), end=date(last, 12, 31))
        assert value(found, "BTC", "cagr") == pytest.approx(1, abs=1e-14)
    found = metrics(lake, ["BTC"], start=date(2019, 1, 2), end=date(2020, 12, 31))
    assert found.figure("BTC", "cagr").quality == "partial,gap"
    # from 31 December 2018, but not whole calendar years: by days
    assert value(found, "BTC", "cagr") == pytest.approx(4 ** (365.25 / 731) - 1, rel=1e-12)


def test_nothing_after_the_window_is_used(tmp_path: Path) -> None:
    def stored(last: date) -> list[dict[str, Any]]:
        days = every_day(last)
        months = [d for d in days if d.day == 1]
        series = (walk(BTC, days, 1), walk(EUR, days, 2), walk(BILL, days, 3), walk(CPI, months, 4))
        return [row | {"close": row["close"] / 50} for rows in series for row in rows]

    end = date(2021, 11, 24)
    asked: dict[str, Any] = {"start": date(2021, 3, 1), "end": end}
    options: list[dict[str, Any]] = [
        {"currency": "EUR"},
        {"risk_free": "BILL", "frequency": "weekly"},
        {"real": True},
    ]
    known, later = (
        make(tmp_path / name, [BTC, EUR, BILL, CPI], stored(last)) for name, last in (("a", end), ("b", LAST))
    )
    for option in options:
        first, second = (metrics(lake, ["BTC"], **asked, **option) for lake in (known, later))
        assert_same(first, second)
        assert value(first, "BTC", "volatility") > 0


def test_what_does_not_vary_has_no_ratio_and_says_why(tmp_path: Path) -> None:
    flat = [bar(TWIN, day, 100.0) for day in WEEKDAYS]
    steady = [bar(BTC, day, 100 * 1.001**n) for n, day in enumerate(every_day())]
    found = metrics(make(tmp_path, [BTC, TWIN], flat + steady), ["BTC"], benchmark="TWIN", **WINDOW)
    for instrument, metric in (
        ("BTC", "sharpe"), ("BTC", "sortino"), ("BTC", "correlation"), ("BTC", "beta"), ("BTC", "alpha"),
        ("TWIN", "sharpe"), ("TWIN", "skew"), ("TWIN", "kurtosis"),
    ):  # fmt: skip
        figure = found.figure(instrument, metric)
        assert (figure.value, figure.reason) == (None, "too few returns, or they do not vary")
    assert found.figure("BTC", "calmar").reason == "never below a high"
    assert found.figure("BTC", "up_capture").reason == "no return in the window"


def test_below_a_year_nothing_is_annualised_to_a_growth_rate(pair: Path) -> None:
    found = metrics(pair, ["BTC"], start=date(2021, 1, 1), end=date(2021, 6, 30))
    for metric in ("cagr", "calmar"):
        figure = found.figure("BTC", metric)
        assert (figure.value, figure.reason) == (None, "shorter than a year: not annualised")
    assert value(found, "BTC", "cumulative_return") != 0


def test_the_window_that_all_share_is_the_default(pair: Path) -> None:
    found = metrics(pair, ["BTC", "SHARE"])
    assert (found.start, found.end) == (WEEKDAYS[40] + timedelta(days=1), WEEKDAYS[199])
    assert {f.first_session for f in found.figures if f.metric == "cagr"} == {WEEKDAYS[40]}


def test_an_instrument_that_begins_within_the_window_says_partial(pair: Path) -> None:
    found = metrics(pair, ["BTC", "SHARE"], **WINDOW)
    figure = found.figure("SHARE", "volatility")
    assert figure.first_session == WEEKDAYS[40]
    assert "partial" in figure.quality
    assert found.figure("BTC", "volatility").quality == ""
    assert any("SHARE" in note and "window" in note for note in found.notes)


def test_gaps_rates_proxies_indices_and_simulated_days_are_said(tmp_path: Path) -> None:
    days = [d for d in every_day() if d != date(2021, 5, 5)]
    index = replace(NASDAQ, id="INDEX", calendar="24/7")
    proxy = replace(BTC, id="PROXY", proxy_for="something", synthetic="daily")
    rates = [row for row in walk(EUR, every_day()) if row["session"] < date(2021, 9, 1)]
    stored = [BTC, index, proxy, EUR]
    rows = [row for i in stored[:3] for row in walk(i, days if i is BTC else every_day())]
    lake = make(tmp_path, stored, rows + rates)
    found = metrics(lake, ["BTC", "INDEX", "PROXY"], basis="total", benchmark="PROXY", **WINDOW)
    assert found.figure("BTC", "volatility").quality == "gap"
    assert found.figure("BTC", "volatility").n == 364
    assert found.figure("INDEX", "volatility").quality == "price_index"
    assert found.figure("INDEX", "volatility").basis == "price"
    # published year ends: the whole year is a fact, the days between are not
    assert found.figure("PROXY", "cagr").quality == "proxy"
    assert found.figure("PROXY", "sharpe").quality == "proxy,simulated"
    assert found.figure("BTC", "beta").quality == "gap,proxy,simulated"
    assert any(note.startswith("a mixture") for note in found.notes)
    euro = metrics(lake, ["BTC"], currency="EUR", **WINDOW)
    assert euro.figure("BTC", "volatility").quality == "gap,no_rate"
    assert euro.figure("BTC", "volatility").last_session == date(2021, 9, 7)
    whole = euro.figure("BTC", "cumulative_return")
    assert (whole.value, whole.reason) == (None, "no reference rate at an end of the window")


def test_real_returns_of_whole_years_go_by_december(tmp_path: Path) -> None:
    prices = [bar(CPI, date(2020 + n // 12, n % 12 + 1, 1), 100.0 + n) for n in range(30)]
    rows = [bar(BTC, "2020-12-31", 100.0), bar(BTC, "2021-06-30", 120.0), bar(BTC, "2021-12-31", 150.0)]
    lake = make(tmp_path, [BTC, CPI], rows + prices)
    found = metrics(lake, ["BTC"], real=True, **WINDOW)
    assert value(found, "BTC", "cumulative_return") == pytest.approx(1.5 * 111 / 123 - 1, rel=1e-12)
    # within the year by what was published last: November, May and November
    assert value(found, "BTC", "best_period") == pytest.approx(150 / 120 * (116 / 122) - 1, rel=1e-12)
    assert value(found, "BTC", "worst_period") == pytest.approx(120 / 100 * (110 / 116) - 1, rel=1e-12)


def test_a_total_return_fund_beside_a_price(tmp_path: Path) -> None:
    lake = make(tmp_path, [FUND, SHARE], walk(FUND, WEEKDAYS) + walk(SHARE, WEEKDAYS, 2))
    found = metrics(lake, ["FUND", "SHARE"], **WINDOW)
    assert [found.figure(i, "cagr").basis for i in ("FUND", "SHARE")] == ["total", "price"]
    assert "a mixture: FUND is total return, SHARE is price return" in found.notes


def test_the_macros_give_what_python_gives(tmp_path: Path) -> None:
    lake = make(tmp_path, [BTC, SHARE, EUR, BILL], [
        *walk(BTC, every_day()), *walk(SHARE, WEEKDAYS, 2), *walk(EUR, WEEKDAYS, 3),
        *[row | {"close": row["close"] / 50} for row in walk(BILL, WEEKDAYS, 4)],
    ])  # fmt: skip
    options: dict[str, Any] = {"benchmark": "SHARE", "frequency": "weekly", "sessions": "shared"}
    for number, (more, renamed) in enumerate(
        (({"currency": "EUR"},) * 2, ({"risk_free": "BILL"}, {"bill": "BILL"}))
    ):
        found = metrics(lake, ["BTC"], **WINDOW, **options, **more)
        for metric in METRICS[number::2]:
            answer = query.sql(lake, macro_call(metric.name, ["BTC"], **WINDOW, **options, **renamed))
            rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
            [row] = [row for row in rows if row["instrument_id"] == "BTC"]
            figure = found.figure("BTC", metric.name)
            assert row["value"] == pytest.approx(figure.value, rel=1e-12)
            assert (row["n"], row["quality"], row["currency"]) == (figure.n, figure.quality, figure.currency)


def test_annualised_as_asked_and_as_json(pair: Path) -> None:
    found = ml.open(lake=pair).metrics("BTC", start="2021-01-01", end="2021-12-31", annualise=252, deepest=2)
    auto = metrics(pair, ["BTC"], **WINDOW)
    ratio = value(auto, "BTC", "volatility") / value(found, "BTC", "volatility")
    assert ratio == pytest.approx((365 / 252) ** 0.5, rel=1e-12)
    answer = json.loads(json.dumps(found.to_dict()))
    assert (answer["start"], len(answer["drawdowns"]), answer["figures"][0]["metric"]) == (
        "2021-01-01", 2, "cumulative_return",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ids": []}, "at least one"),
        ({"ids": ["BTX"]}, "did you mean BTC"),
        ({"ids": ["BILL"]}, "is a yield"),
        ({"frequency": "hourly"}, "daily, weekly, monthly"),
        ({"basis": "gross"}, "price, total"),
        ({"start": date(2022, 1, 1), "end": date(2021, 1, 1)}, "swap them"),
        ({"risk_free": "BTC"}, "not a yield"),
        ({"risk_free": "BILL", "currency": "EUR"}, "is in USD, not EUR"),
        ({"risk_free": float("nan")}, "not a fraction"),
        ({"annualise": 0.0}, "above 0"),
        ({"deepest": -1}, "0 to 1000"),
        ({"real": True, "currency": "EUR"}, "no consumer price index for EUR"),
        ({"start": date(2023, 1, 1)}, "no session to measure"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(small: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        metrics(small, **({"ids": ["BTC"]} | asked))


def test_nothing_stored_of_it(small: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no bars of NASDAQ"):
        metrics(small, ["BTC", "NASDAQ"])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("small"), [BTC, NASDAQ, EUR, BILL], walk(BTC, every_day()))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coin over all days and a share that is listed for 160 weekdays."""
    rows = walk(BTC, every_day()) + walk(SHARE, WEEKDAYS[40:200])
    return make(tmp_path_factory.mktemp("pair"), [BTC, SHARE], rows)
