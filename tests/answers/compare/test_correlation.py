"""Correlations of all against all: by definition, against `metrics`, and what must hold of any matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from marketlake.lake import Lake

from .. import shared_data
from ..lakes import BTC, EUR, NASDAQ, SHARE, bar, make
from . import oracle
from .walks import ALL, EURO, make_lake, random_prices, sessions

pytestmark = pytest.mark.slow

Prices = dict[str, dict[date, float]]
WINDOWS = [(None, None), (date(2020, 2, 5), date(2021, 7, 14))]
LATER = date(2022, 6, 30)
"""Sessions that are still to come count too."""
FREQUENCIES = ["daily", "weekly", "monthly"]


@pytest.fixture(scope="module")
def prices() -> Prices:
    return random_prices()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, prices: Prices) -> Path:
    return make_lake(tmp_path_factory.mktemp("walks"), prices)


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize(("start", "end"), WINDOWS)
def test_every_correlation_equals_the_oracle(
    lake: Path, prices: Prices, frequency: str, start: date | None, end: date | None
) -> None:
    answer = Lake(lake).matrix(start=start, end=end, frequency=frequency)
    assert answer.instruments == tuple(i.id for i in ALL)
    for a, b in combinations(ALL, 2):
        due = set(sessions(a.calendar, LATER)), set(sessions(b.calendar, LATER))
        pair, limits = (prices[a.id], prices[b.id]), (start or date.min, end or date.max)
        if frequency == "monthly":
            expected = oracle.month_returns(*pair, due, *limits)
        else:
            expected = oracle.shared_returns(*pair, due[0] & due[1], frequency, *limits)
        pair = answer.pair(a.id, b.id)
        assert pair.n == len(expected) > 10
        assert (pair.first_session, pair.last_session) == (expected[0][0], expected[-1][1])
        assert pair.correlation == pytest.approx(oracle.correlation(expected), abs=1e-12)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_correlation_equals_metrics_against_a_benchmark(lake: Path, frequency: str) -> None:
    start, end = date(2020, 3, 1), date(2021, 10, 31)
    answer = Lake(lake).matrix(start=start, end=end, frequency=frequency)
    for a, b in combinations(answer.instruments, 2):
        figure = (
            Lake(lake)
            .metrics([a], start=start, end=end, benchmark=b, frequency=frequency)
            .figure(a, "correlation")
        )
        pair = answer.pair(a, b)
        span = figure.n, figure.first_session, figure.last_session
        assert (pair.n, pair.first_session, pair.last_session) == span
        assert pair.correlation == pytest.approx(figure.value, abs=1e-12)


@pytest.mark.parametrize("frequency", ["daily", "monthly"])
def test_correlation_matrix_is_symmetric_with_unit_diagonal(lake: Path, frequency: str) -> None:
    answer = Lake(lake).matrix(frequency=frequency).correlation
    assert np.array_equal(answer.value, answer.value.T)
    assert np.array_equal(answer.n, answer.n.T)
    assert np.array_equal(answer.first, answer.first.T)
    assert np.array_equal(np.diagonal(answer.value), np.ones(len(ALL)))
    assert (np.abs(answer.value) <= 1).all()


def test_instruments_keep_the_requested_order(lake: Path) -> None:
    answer = Lake(lake).matrix(["SHARE", "BTC", "NASDAQ"])
    again = Lake(lake).matrix(["NASDAQ", "SHARE", "BTC"])
    assert answer.instruments == ("SHARE", "BTC", "NASDAQ")
    assert answer.pair("SHARE", "BTC") == again.pair("SHARE", "BTC")
    assert not answer.correlation.value.flags.writeable


@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_same_series_on_two_calendars_correlates_to_one(tmp_path: Path, frequency: str) -> None:
    days = sessions("24/7")
    walk = 50 * np.exp(np.cumsum(np.random.default_rng(8).normal(0, 0.03, len(days))))
    weekdays = replace(NASDAQ, id="WEEKDAYS")
    traded = set(sessions("XNYS"))
    bars = [bar(BTC, day, price) for day, price in zip(days, walk, strict=True)]
    bars += [bar(weekdays, day, price) for day, price in zip(days, walk, strict=True) if day in traded]
    pair = Lake(make(tmp_path, [BTC, weekdays], bars)).matrix(frequency=frequency).pair("BTC", "WEEKDAYS")
    assert pair.correlation == pytest.approx(1, abs=1e-12)
    assert pair.n > 30


def test_no_correlation_for_constant_or_disjoint_series(tmp_path: Path) -> None:
    days = sessions("XNYS")[:60]
    flat, late = replace(SHARE, id="FLAT"), replace(SHARE, id="LATE")
    bars = [bar(flat, day, 7.0) for day in days]
    bars += [bar(SHARE, day, 5 + place % 7) for place, day in enumerate(days)]
    bars += [bar(late, day, 5 + place % 7) for place, day in enumerate(sessions("XNYS")[80:120])]
    answer = Lake(make(tmp_path, [SHARE, flat, late], bars)).matrix()
    assert (answer.pair("SHARE", "FLAT").correlation, answer.pair("SHARE", "FLAT").n) == (None, 59)
    apart = answer.pair("SHARE", "LATE")
    assert (apart.correlation, apart.n, apart.first_session, apart.last_session) == (None, 0, None, None)
    assert np.isnan(answer.correlation.value[1, 1])


def test_correlation_keeps_precision_in_a_calm_period(tmp_path: Path) -> None:
    days = sessions("XNYS")[:80]
    rng = np.random.default_rng(1)
    wild = np.concatenate([np.full(40, 0.5), 1e-9 * rng.normal(size=39)])
    calm = 1e-9 * rng.normal(size=40)
    first = dict(zip(days, (100 * np.cumprod(1 + np.insert(wild, 0, 0))).tolist(), strict=True))
    second = dict(zip(days[40:], (100 * np.cumprod(1 + calm)).tolist(), strict=True))
    other = replace(SHARE, id="CALM")
    bars = [bar(SHARE, *item) for item in first.items()] + [bar(other, *item) for item in second.items()]
    expected = oracle.correlation(oracle.shared_returns(first, second, set(), "daily", date.min, date.max))
    pair = Lake(make(tmp_path, [SHARE, other], bars)).matrix().pair("SHARE", "CALM")
    assert pair.correlation == pytest.approx(expected, abs=1e-9)


def test_foreign_currency_is_converted_per_session(tmp_path: Path, prices: Prices) -> None:
    lake = make_lake(tmp_path, prices, (NASDAQ, EURO, EUR))
    rates = prices["EUR"]

    def dollars(day: date) -> float:
        return prices["EURO"][day] * rates[max(known for known in rates if known <= day)]

    converted = {day: dollars(day) for day in prices["EURO"] if day >= min(rates)}
    expected = oracle.shared_returns(prices["NASDAQ"], converted, set(), "daily", date.min, date.max)
    answer = Lake(lake).matrix(["NASDAQ", "EURO"])
    assert answer.currency == "USD"
    assert any("converted to USD" in note for note in answer.notes)
    assert answer.pair("NASDAQ", "EURO").correlation == pytest.approx(oracle.correlation(expected), abs=1e-12)


def test_real_prices(tmp_path: Path) -> None:
    stored = {name: instrument for name, (instrument, _) in shared_data.FILES.items()}
    bars = [row for name, (i, symbol) in shared_data.FILES.items() for row in shared_data.bars_of(i, symbol)]
    lake = make(tmp_path, list(stored.values()), bars)
    answer = Lake(lake).matrix(start=date(2015, 1, 1), end=date(2024, 12, 31))
    for a, b in combinations(("BTC", "NASDAQ", "GOLD", "SP500"), 2):
        closes = {
            name: {row["session"]: row["close"] for row in bars if row["instrument_id"] == name}
            for name in (a, b)
        }
        expected = oracle.shared_returns(
            closes[a], closes[b], set(), "daily", date(2015, 1, 1), date(2024, 12, 31)
        )
        assert answer.pair(a, b).correlation == pytest.approx(oracle.correlation(expected), abs=1e-12)
