"""The three bases against an independent implementation, and what must hold of any returns."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketlake.lake import Lake
from marketlake.model.terms import BASES

from .lakes import SHARE, bar, make, read_what_is_there, write

pytestmark = pytest.mark.slow

FIRST = date(2019, 12, 31)
_DAY = st.tuples(
    st.floats(0.5, 1.9),
    st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.3]),
    st.sampled_from([1.0, 1.0, 1.0, 2.0, 0.1, 1.281]),
)
DAYS = st.lists(_DAY, min_size=2, max_size=12)
COLUMNS = ("price_index", "total_index", "vendor_adjusted_index")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("oracle"), [SHARE], [])


def bars(days: list[tuple[float, float, float]], scale: float = 1.0) -> list[dict[str, Any]]:
    """Each day: growth of the close, dividend as a share of the close before (after the split), split."""
    close, rows = 100.0 * scale, []
    for number, (growth, payout, split) in enumerate(days):
        before = close / split
        close = before * growth
        row = bar(SHARE, FIRST + timedelta(days=number), close, dividend=payout * before, split=split)
        rows.append(row)
    return rows


def indices(folder: Path, rows: list[dict[str, Any]]) -> np.ndarray:
    write(folder, [SHARE], rows)
    text = f"SELECT {', '.join(COLUMNS)} FROM return_index ORDER BY session"
    for stale in (folder / "bar" / "asset_class=equity").glob("year=*"):
        if int(stale.name[5:]) not in {row["session"].year for row in rows}:
            (stale / "part.parquet").unlink()
    read_what_is_there(folder)
    return np.array(Lake(folder).query_rows(text).rows)


def oracle(rows: list[dict[str, Any]]) -> np.ndarray:
    close, dividend, split = (np.array([row[k] for row in rows]) for k in ("close", "dividend", "split"))
    before = close[:-1]
    growth = np.stack(
        [
            split[1:] * close[1:] / before,
            split[1:] * (close[1:] + dividend[1:]) / before,
            split[1:] * close[1:] / (before - split[1:] * dividend[1:]),
        ],
        axis=1,
    )
    return close[0] * np.vstack([np.ones(3), np.cumprod(growth, axis=0)])


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days=DAYS)
def test_return_indices_equal_numpy(folder: Path, days: list[tuple[float, float, float]]) -> None:
    rows = bars(days)
    np.testing.assert_allclose(indices(folder, rows), oracle(rows), rtol=1e-10)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(days=DAYS, scale=st.sampled_from([1e-6, 0.37, 1e6]))
def test_rebasing_prices_leaves_returns_unchanged(
    folder: Path, days: list[tuple[float, float, float]], scale: float
) -> None:
    plain, scaled = (indices(folder, bars(days, factor)) for factor in (1.0, scale))
    np.testing.assert_allclose(plain[1:] / plain[:-1], scaled[1:] / scaled[:-1], rtol=1e-10)


def test_chained_years_equal_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    rows = []
    for year in range(2015, 2022):
        for month in range(1, 13):
            dividend = 0.5 if month % 3 == 0 else 0.0
            split = 2.0 if (year, month) == (2018, 6) else 1.0
            rows.append(
                bar(SHARE, date(year, month, 28), 50 + 50 * rng.random(), dividend=dividend, split=split)
            )
    lake = make(tmp_path, [SHARE], rows)
    for column, basis in zip(COLUMNS, BASES, strict=True):
        text = f"SELECT max_by({column}, session) / min_by({column}, session) FROM return_index"
        [(whole,)] = Lake(lake).query_rows(f"{text} WHERE session >= '2015-12-28'").rows
        [(chained,)] = (
            Lake(lake)
            .query_rows(f"""SELECT product(1 + simple_return) FROM calendar_year_return
            WHERE basis = '{basis}' AND convention = 'year_end' AND simple_return IS NOT NULL""")
            .rows
        )
        assert chained == pytest.approx(whole, rel=1e-10)


def test_a_daily_rate_compounds_over_the_year(tmp_path: Path) -> None:
    lake = make(tmp_path, [SHARE], bars([(1.001, 0.0, 1.0)] * 800))
    text = """SELECT simple_return FROM calendar_year_return
        WHERE year = 2020 AND basis = 'price' AND convention = 'year_end'"""
    [(simple,)] = Lake(lake).query_rows(text).rows
    assert simple == pytest.approx(1.001**366 - 1, rel=1e-10)
