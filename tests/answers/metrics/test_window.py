"""The measured window, annualisation and invalid arguments."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import marketlake as ml
from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError

from ..lakes import BTC, bar
from .walks import TWIN, WEEKDAYS, WINDOW, every_day, rewrite, value

pytestmark = pytest.mark.slow


def test_doubling_each_calendar_year_has_a_cagr_of_100_percent(desk: Path) -> None:
    closes = {2018 + n: 2.0**n for n in range(7)}
    lake = rewrite(desk, [bar(BTC, date(year, 12, 31), close) for year, close in closes.items()])
    for last in (2019, 2020, 2024):
        answer = Lake(lake).metrics(["BTC"], start=date(2019, 1, 1), end=date(last, 12, 31))
        assert value(answer, "BTC", "cagr") == pytest.approx(1, abs=1e-14)
    answer = Lake(lake).metrics(["BTC"], start=date(2019, 1, 2), end=date(2020, 12, 31))
    assert answer.figure("BTC", "cagr").quality == "partial,gap"
    # from 31 December 2018, but not whole calendar years: by days
    assert value(answer, "BTC", "cagr") == pytest.approx(4 ** (365.25 / 731) - 1, rel=1e-12)


def test_constant_returns_have_no_ratio_and_a_reason(desk: Path) -> None:
    flat = [bar(TWIN, day, 100.0) for day in WEEKDAYS]
    steady = [bar(BTC, day, 100 * 1.001**n) for n, day in enumerate(every_day())]
    answer = Lake(rewrite(desk, flat + steady)).metrics(["BTC"], benchmark="TWIN", **WINDOW)
    for instrument, metric in (
        ("BTC", "sharpe"), ("BTC", "sortino"), ("BTC", "correlation"), ("BTC", "beta"), ("BTC", "alpha"),
        ("TWIN", "sharpe"), ("TWIN", "skew"), ("TWIN", "kurtosis"),
    ):  # fmt: skip
        figure = answer.figure(instrument, metric)
        assert (figure.value, figure.reason) == (None, "too few returns, or they do not vary")
    assert answer.figure("BTC", "calmar").reason == "never below a high"
    assert answer.figure("BTC", "up_capture").reason == "no return in the window"


def test_no_cagr_below_a_year_unless_annualise_short(pair: Path) -> None:
    half: dict[str, Any] = {"start": date(2021, 1, 1), "end": date(2021, 6, 30)}
    answer = Lake(pair).metrics(["BTC"], **half)
    for metric in ("cagr", "calmar"):
        figure = answer.figure("BTC", metric)
        assert (figure.value, figure.reason) == (None, "shorter than a year: not annualised")
    growth = 1 + value(answer, "BTC", "total_return")
    assert growth != 1
    annualised = Lake(pair).metrics(["BTC"], annualise_short=True, **half)
    yearly = growth ** (365.25 / 181) - 1
    assert value(annualised, "BTC", "cagr") == pytest.approx(yearly, rel=1e-12)
    assert value(annualised, "BTC", "calmar") == pytest.approx(
        yearly / -value(annualised, "BTC", "max_drawdown"), rel=1e-12
    )
    # no effect on a whole year
    plain, short = (Lake(pair).metrics(["BTC"], annualise_short=on, **WINDOW) for on in (False, True))
    assert plain.figures == short.figures


def test_default_window_is_shared_by_all_instruments(pair: Path) -> None:
    answer = Lake(pair).metrics(["BTC", "SHARE"])
    assert (answer.start, answer.end) == (WEEKDAYS[40] + timedelta(days=1), WEEKDAYS[199])
    assert {f.first_session for f in answer.figures if f.metric == "cagr"} == {WEEKDAYS[40]}


def test_custom_annualisation_and_json(pair: Path) -> None:
    metrics = ml.open(lake=pair).metrics(
        "BTC", start="2021-01-01", end="2021-12-31", annualise=252, deepest=2
    )
    auto = Lake(pair).metrics(["BTC"], **WINDOW)
    ratio = value(auto, "BTC", "volatility") / value(metrics, "BTC", "volatility")
    assert ratio == pytest.approx((365 / 252) ** 0.5, rel=1e-12)
    answer = json.loads(json.dumps(metrics.to_dict()))
    assert (answer["start"], len(answer["drawdowns"]), answer["figures"][0]["metric"]) == (
        "2021-01-01", 2, "total_return",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "message"),
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
        ({"strict": True}, "give as_of too"),
    ],
    ids=str,
)
def test_invalid_arguments_are_refused(four: Path, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(four).metrics(**{"ids": ["BTC"]} | terms)


def test_instrument_without_bars_is_named(four: Path) -> None:
    with pytest.raises(EmptyLakeError, match="no bars of NASDAQ"):
        Lake(four).metrics(["BTC", "NASDAQ"])
