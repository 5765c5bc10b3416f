"""What must hold of any prices: units, currencies, leap years, calendars and the future change nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketlake.lake import Lake
from marketlake.model.terms import FREQUENCIES

from ..lakes import BILL, BTC, CPI, EUR, NASDAQ, bar
from .walks import ABROAD, ETH, TWIN, WINDOW, assert_same, bars, closes, every_day, rewrite, value, walk

pytestmark = pytest.mark.slow

DAYS = every_day(WINDOW["end"])
WEEKDAYS = [day for day in DAYS if day.weekday() < 5]
SEEDS = st.integers(0, 10_000)

few = settings(
    max_examples=3,
    derandomize=True,
    database=None,
    # shrinking the seed of a walk is useless
    phases=[Phase.generate],
    deadline=None,
    # every example writes its own bars, so that the lake may be shared
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@few
@given(seed=SEEDS, factor=st.floats(1e-6, 1e6), frequency=st.sampled_from(FREQUENCIES))
def test_rebasing_changes_nothing(desk: Path, seed: int, factor: float, frequency: str) -> None:
    prices = closes(DAYS, seed)
    rebased = {day: close * factor for day, close in prices.items()}
    rows = bars(BTC, prices) + bars(ETH, rebased) + walk(NASDAQ, WEEKDAYS, seed + 1)
    rewrite(desk, rows)
    answer = Lake(desk).metrics(["BTC", "ETH"], benchmark="NASDAQ", frequency=frequency, **WINDOW)
    assert_same(answer, "BTC", "ETH")


@few
@given(seed=SEEDS, frequency=st.sampled_from(FREQUENCIES))
def test_conversion_to_euro_and_back_changes_nothing(desk: Path, seed: int, frequency: str) -> None:
    prices = closes(DAYS, seed)
    rates = closes(WEEKDAYS, seed + 1, scale=0.011, spread=0.005)
    known = {day: rates[max(d for d in WEEKDAYS[:370] if d <= day)] for day in DAYS}
    in_euro = {day: close / known[day] for day, close in prices.items()}
    rewrite(desk, bars(BTC, prices) + bars(ABROAD, in_euro) + bars(EUR, rates))
    assert_same(Lake(desk).metrics(["BTC", "ABROAD"], frequency=frequency, **WINDOW), "BTC", "ABROAD")


@few
@given(growth=st.floats(0.2, 5), first=st.integers(2016, 2021), years=st.integers(1, 4))
def test_cagr_of_whole_years_ignores_leap_days(desk: Path, growth: float, first: int, years: int) -> None:
    ends = {date(first - 1 + n, 12, 31): 100 * growth**n for n in range(years + 1)}
    rewrite(desk, bars(BTC, ends))
    answer = Lake(desk).metrics(["BTC"], start=date(first, 1, 1), end=date(first + years - 1, 12, 31))
    assert value(answer, "BTC", "cagr") == pytest.approx(growth - 1, abs=1e-12)


@few
@given(
    seed=SEEDS,
    frequency=st.sampled_from(FREQUENCIES),
    lost=st.sets(st.sampled_from(DAYS[1:-1]), max_size=20),
    lost_by_twin=st.sets(st.sampled_from(WEEKDAYS[1:-1]), max_size=20),
)
def test_identical_series_correlate_to_one_on_the_sessions_they_share(
    desk: Path, seed: int, frequency: str, lost: set[date], lost_by_twin: set[date]
) -> None:
    sessions = "shared" if frequency == "monthly" else "own"
    prices = closes(DAYS, seed)
    rows = bars(BTC, {day: close for day, close in prices.items() if day not in lost})
    rows += bars(TWIN, {day: prices[day] for day in WEEKDAYS if day not in lost_by_twin})
    rewrite(desk, rows)
    answer = Lake(desk).metrics(["BTC"], benchmark="TWIN", frequency=frequency, sessions=sessions, **WINDOW)
    for metric in ("correlation", "beta", "up_capture", "down_capture"):
        assert value(answer, "BTC", metric) == pytest.approx(1, abs=1e-12)
    for metric in ("tracking_error", "alpha"):
        assert value(answer, "BTC", metric) == pytest.approx(0, abs=1e-12)
    ratio = answer.figure("BTC", "information_ratio")
    assert (ratio.value, ratio.reason) == (None, "too few returns, or they do not vary")
    shared = len(set(WEEKDAYS) - lost - lost_by_twin) - 1
    assert answer.figure("BTC", "correlation").n == {"weekly": 51, "monthly": 12}.get(frequency, shared)


OPTIONS: tuple[dict[str, Any], ...] = (
    {"currency": "EUR", "benchmark": "NASDAQ"},
    {"risk_free": "BILL", "frequency": "weekly", "benchmark": "NASDAQ", "sessions": "shared"},
    {"real": True, "frequency": "monthly", "benchmark": "NASDAQ"},
)


@few
@given(seed=SEEDS, end=st.dates(date(2021, 5, 1), date(2021, 12, 30)), option=st.sampled_from(OPTIONS))
def test_no_figure_uses_a_price_after_its_own_date(
    desk: Path, seed: int, end: date, option: dict[str, Any]
) -> None:
    weekdays = every_day(date(2022, 1, 31))
    series = (walk(BTC, weekdays, seed), walk(NASDAQ, [d for d in weekdays if d.weekday() < 5], seed + 1))
    series += (walk(EUR, weekdays, seed + 2), walk(BILL, weekdays, seed + 3))
    rows = [row | {"close": row["close"] / 50} for walked in series for row in walked]
    rows += [bar(CPI, date(2020 + n // 12, n % 12 + 1, 1), 100.0 + n) for n in range(25)]
    terms: dict[str, Any] = {"start": date(2021, 2, 10), "end": end, "deepest": 1000} | option
    rewrite(desk, [row for row in rows if row["session"] <= end])
    then = Lake(desk).metrics(["BTC"], **terms)
    rewrite(desk, rows)
    # exact equality
    assert Lake(desk).metrics(["BTC"], **terms) == then
    assert then.figure("BTC", "sharpe").n > 1
