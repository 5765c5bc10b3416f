"""`FROM scoreboard(...)`, merged from stored states, against the metrics, which read the bars."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketlake.engine.sql_text import statement

from ...answers import shared_data
from ...answers.lakes import make
from . import odd
from .markets import BILL, FIRST, LAST, MARKET
from .scored import Rows, assert_same, measured, rows, scoreboard

IDS = [i.id for i in MARKET if i is not BILL]
WINDOWS = {
    "whole years": ("2020-01-01", "2022-12-31"),
    "one whole year": ("2021-01-01", "2021-12-31"),
    "the first year": ("2019-01-01", "2019-12-31"),
    "the last year": ("2023-01-01", "2023-12-31"),
    "all that is stored": (FIRST.isoformat(), LAST.isoformat()),
    "years before the first session": ("2015-01-01", "2022-12-31"),
    "long before and long after": ("2010-06-15", "2026-06-15"),
    "cut at the start": ("2020-05-14", "2022-12-31"),
    "cut at the end": ("2020-01-01", "2022-06-08"),
    "cut at both": ("2019-10-07", "2023-02-03"),
    "cut years alone": ("2021-09-01", "2022-03-31"),
    "inside a year": ("2022-02-01", "2022-09-30"),
    "the start of a year": ("2022-01-01", "2022-09-30"),
    "the end of a year": ("2022-04-04", "2022-12-31"),
    "a year without one of them": ("2021-02-01", "2021-11-30"),
    "begins without one of them": ("2021-07-01", "2022-12-31"),
    "ends without one of them": ("2020-03-02", "2021-07-01"),
    "before one of them is listed": ("2020-01-01", "2021-05-02"),
    "one session": ("2022-03-15", "2022-03-15"),
    "a weekend": ("2022-03-19", "2022-03-20"),
    "two sessions over a year's end": ("2021-12-31", "2022-01-01"),
    "no session at all": ("2017-01-01", "2018-12-31"),
    "ends without a price of one of them": ("2019-05-01", "2020-04-20"),
    "begins after a day without one": ("2020-04-21", "2021-12-31"),
}
WITH_DIVIDENDS = ("whole years", "all that is stored", "cut at both", "inside a year")
CASES = [(name, "price") for name in WINDOWS] + [(name, "total") for name in WITH_DIVIDENDS]
DAYS = st.dates(FIRST - timedelta(days=200), LAST + timedelta(days=200))
few = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize(("name", "basis"), CASES)
def test_scoreboard_equals_metrics(lake: Path, name: str, basis: str) -> None:
    board = scoreboard(lake, *WINDOWS[name], basis)
    assert_same(board, measured(lake, *WINDOWS[name], basis, IDS, BILL.id))


@few
@given(days=st.tuples(DAYS, DAYS), basis=st.sampled_from(["price", "total"]))
def test_scoreboard_equals_metrics_in_any_window(lake: Path, days: tuple[date, date], basis: str) -> None:
    window = (min(days).isoformat(), max(days).isoformat())
    board = scoreboard(lake, *window, basis)
    assert_same(board, measured(lake, *window, basis, IDS, BILL.id))


@few
@given(cuts=st.sets(st.dates(FIRST, LAST), max_size=12))
def test_parts_of_a_span_merge_to_the_whole(lake: Path, cuts: set[date]) -> None:
    whole, split = rows(lake, _merged([])), rows(lake, _merged(sorted(cuts)))
    assert len(whole) == len(IDS) - 1
    for name, row in whole.items():
        for figure, value in row.items():
            # what does not vary has only rounding left in its higher moments
            if name != "STALE" or figure not in ("m3", "m4"):
                matches = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
                assert (name, figure, split[name][figure]) == (name, figure, matches)


def _merged(cuts: list[date]) -> str:
    """The moments of all daily returns, from sums of the stretches between the cuts."""
    stretch = " + ".join(["0", *(f"CAST(d.session >= DATE '{cut}' AS INTEGER)" for cut in cuts)])
    return f"""
        WITH edge_return AS (
            SELECT
                d.instrument_key, {stretch} AS year, d.session, d.start_session,
                d.risk_free, d.price_return AS simple_return, d.price_level * s.unit_value AS level
            FROM daily_return AS d
            JOIN internal.metric_state AS s
                ON s.instrument_key = d.instrument_key AND s.year = d.year AND s.basis = 'price'
        ),
        risen AS (
            SELECT
                instrument_key, year,
                level / max(level) OVER (PARTITION BY instrument_key, year ORDER BY session) - 1 AS fall
            FROM edge_return
        ),
        edge_fall AS (SELECT instrument_key, year, min(fall) AS drawdown FROM risen GROUP BY ALL),
        edge_sum AS ({statement("query/edge_sum")}),
        span_sum AS (
            SELECT * REPLACE (coalesce(start_session, first_session) AS first_session) FROM edge_sum
        ),
        edge AS (
            SELECT *, first_level / first_growth AS start_value
            FROM edge_sum JOIN edge_fall USING (instrument_key, year)
        ),
        span_path AS (
            SELECT
                instrument_key, year, start_value, low_level AS low_value, last_level AS end_value,
                greatest(start_value, high_level) AS high_value,
                least(drawdown, low_level / start_value - 1) AS drawdown
            FROM edge
        ),
        span_moment AS ({statement("query/span_moment")})
        SELECT n.instrument_id, m.*
        FROM span_moment AS m JOIN instrument AS n USING (instrument_key)
    """


ODD_WINDOWS = {
    "all": ("2019-01-01", "2022-12-31"),
    "all that is stored": ("2019-06-03", "2021-09-30"),
    "a whole year": ("2020-01-01", "2020-12-31"),
    "starts at a holiday's bar": ("2020-01-02", "2020-01-31"),
    "starts before it": ("2019-12-31", "2020-02-28"),
    "ends with it": ("2019-07-01", "2020-01-01"),
    "ends with a gap": ("2019-12-02", "2020-01-15"),
    "starts after a gap": ("2020-01-16", "2020-12-30"),
    "ends without a price": ("2020-02-03", "2020-12-31"),
    "starts without a price": ("2021-01-01", "2021-06-30"),
    "the end": ("2021-02-01", "2021-12-31"),
    "just ended": ("2021-03-01", "2021-06-03"),
    "ended for a while": ("2021-03-01", "2021-06-30"),
}


@pytest.fixture(scope="module")
def odd_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("odd"), odd.MARKET, odd.bars())


@pytest.mark.parametrize("name", ODD_WINDOWS)
def test_scoreboard_equals_metrics_on_an_odd_market(odd_lake: Path, name: str) -> None:
    # the total of the one index is its price, and says so
    window = (*ODD_WINDOWS[name], "total")
    expected = measured(odd_lake, *window, [i.id for i in odd.DOLLAR], BILL.id)
    assert_same(scoreboard(odd_lake, *window), expected | measured(odd_lake, *window, [odd.LONDON.id]))


@pytest.mark.parametrize("basis", ["price", "total"])
def test_scoreboard_of_whole_years_equals_scoreboard_of_days(lake: Path, odd_lake: Path, basis: str) -> None:
    """Blocks carry gaps, missing prices, ends and coverage like single days."""
    for root, span in ((lake, (2017, 2025)), (odd_lake, (2018, 2023))):
        for first, last in combinations_with_replacement(range(span[0], span[1] + 1), 2):
            board = rows(root, f"FROM scoreboard_years({first}, {last}, basis := '{basis}')")
            assert_same(board, _unnamed(scoreboard(root, f"{first}-01-01", f"{last}-12-31", basis)))


def _unnamed(board: Rows) -> Rows:
    return {
        name: {figure: value for figure, value in row.items() if figure != "instrument_id"}
        for name, row in board.items()
    }


@pytest.fixture(scope="module")
def real_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result: list[dict[str, Any]] = []
    for instrument, symbol in shared_data.FILES.values():
        result += shared_data.bars_of(instrument, symbol)
    return make(tmp_path_factory.mktemp("real"), [i for i, _ in shared_data.FILES.values()], result)


@pytest.mark.parametrize(
    ("start", "end", "basis"),
    [
        ("2015-01-01", "2024-12-31", "total"),
        ("2017-03-08", "2024-05-17", "price"),
        ("1990-01-01", "2030-12-31", "total"),
    ],
)
def test_scoreboard_equals_metrics_on_real_prices(real_lake: Path, start: str, end: str, basis: str) -> None:
    board = scoreboard(real_lake, start, end, basis)
    assert_same(board, measured(real_lake, start, end, basis, list(shared_data.FILES)))
