"""Against what is publicly known: calendar years, the S&P 500 as published, vendors' adjusted closes."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

import marketlake
from marketlake.claims.load import load_claims
from marketlake.lake import Lake

from . import shared_data
from .lakes import make

pytestmark = pytest.mark.slow

PERCENT = {
    "BTC": (92.20, 303.16, 59.67, -64.27, 155.42, 121.05),
    "NASDAQ": (35.23, 43.64, 21.39, -33.10, 43.42, 28.64),
    "SP500": (28.88, 16.26, 26.89, -19.44, 24.23, 23.31),
    "GOLD": (18.87, 24.59, -3.47, -0.43, 13.34, 27.48),
}
CLAIMS = Path(marketlake.__file__).parents[2] / "claims.toml"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shared_data.folder()
    instruments = [instrument for instrument, _ in shared_data.FILES.values()]
    bars = [row for pair in shared_data.FILES.values() for row in shared_data.bars_of(*pair)]
    return make(tmp_path_factory.mktemp("real"), instruments, bars, claims=load_claims(CLAIMS))


def year_ends(lake: Path, instrument: str, basis: str) -> dict[int, float]:
    text = f"""SELECT year, simple_return FROM calendar_year_return
        WHERE instrument_id = '{instrument}' AND basis = '{basis}' AND convention = 'year_end'
        AND simple_return IS NOT NULL"""
    return dict(Lake(lake).query_rows(text).rows)


@pytest.mark.parametrize("instrument", PERCENT)
def test_calendar_year_returns_equal_published_values(lake: Path, instrument: str) -> None:
    returns = year_ends(lake, instrument, "price")
    assert [returns[year] * 100 for year in range(2019, 2025)] == pytest.approx(
        list(PERCENT[instrument]), abs=0.005001
    )


def test_bitcoin_beats_nasdaq_in_five_of_six_years(lake: Path) -> None:
    answer = Lake(lake).compare(["BTC", "NASDAQ"], start=2019, end=2024)
    assert [row.returns[0].simple_return for row in answer.rows] == pytest.approx(
        [p / 100 for p in PERCENT["BTC"]], abs=5.001e-5
    )
    assert (answer.wins, answer.years, answer.verdict) == ({"BTC": 5, "NASDAQ": 1}, 6, "BTC")
    assert [row.winner for row in answer.rows if row.year == 2022] == ["NASDAQ"]
    assert all(row.complete and row.quality == "" for row in answer.rows)


def test_shared_sessions_end_the_bitcoin_year_in_new_york(lake: Path) -> None:
    answer = Lake(lake).compare(["BTC", "NASDAQ"], start=2022, end=2024, sessions="shared")
    assert [
        round(row.returns[0].simple_return * 100, 2) for row in answer.rows if row.returns[0].simple_return
    ] == [-64.15, 153.57, 121.93]
    assert answer.rows[0].returns[0].end_session == answer.rows[0].returns[1].end_session
    assert all(row.complete for row in answer.rows)


def test_sp500_returns_equal_published_values(lake: Path) -> None:
    returns = year_ends(lake, "SP500", "price")
    published = shared_data.table(shared_data.folder() / "published" / "sp500_price_returns.csv")
    years = {int(row["year"]): float(row["return_pct"]) for row in published}
    assert {year: returns[year] * 100 for year in years} == pytest.approx(years, abs=0.01)


@pytest.mark.parametrize("share", ["AAPL", "NVDA", "KO"])
def test_share_returns_vendor_adjusted_and_total(lake: Path, share: str) -> None:
    adjusted = shared_data.adjusted_years(share)
    expected = {y: (adjusted[y] / adjusted[y - 1] - 1) * 100 for y in adjusted if y - 1 in adjusted}
    vendor, total = (year_ends(lake, share, basis) for basis in ("vendor_adjusted", "total"))
    assert {y: r * 100 for y, r in vendor.items()} == pytest.approx(expected, abs=0.001)
    assert {y: r * 100 for y, r in total.items()} == pytest.approx(expected, abs=0.05)


def test_share_closes_are_as_traded(lake: Path) -> None:
    text = """SELECT round(close, 2) FROM bar WHERE instrument_id = 'AAPL'
        AND session IN ('2020-08-28', '2020-08-31') ORDER BY session"""
    assert Lake(lake).query_rows(text).rows == ((499.23,), (129.04,))


def test_claim_holds_as_published(lake: Path) -> None:
    text = "SELECT span, verdict, wins, years FROM claim_check WHERE b = 'NASDAQ' ORDER BY span"
    assert Lake(lake).query_rows(text).rows == (("published", "holds", 5, 6), ("rolled", "holds", 5, 6))


def test_copied_database_works_without_the_lake(lake: Path, tmp_path: Path) -> None:
    alone = tmp_path / "mailed.duckdb"
    shutil.copy(lake / "market.duckdb", alone)
    with duckdb.connect(str(alone), read_only=True) as connection:
        rows = connection.execute(
            "SELECT year, winner FROM compare('BTC', 'NASDAQ', first_year := 2019, last_year := 2024,"
            " lake := 'mailed')"
        ).fetchall()
    assert [winner for _, winner in rows] == ["BTC", "BTC", "BTC", "NASDAQ", "BTC", "BTC"]
