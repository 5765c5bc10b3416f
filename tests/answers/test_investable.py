"""Rankings leave out what nobody can hold: consumer prices and yields."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from marketlake.lake import Lake

from .lakes import BILL, BTC, CPI, NASDAQ, bar, make, year_ends

pytestmark = pytest.mark.slow

STEADY = {2019: 100.0, 2020: 102.0, 2021: 104.0}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Consumer prices hardly vary, so their Sharpe ratio is the best."""
    instruments = [BTC, NASDAQ, CPI, BILL]
    bars = [row for one in instruments for row in year_ends(one, STEADY)]
    months = [bar(CPI, f"{year}-{month:02}-01", 100.0) for year in (2020, 2021) for month in range(1, 12)]
    return make(tmp_path_factory.mktemp("investable") / "lake", instruments, [*bars, *months])


@pytest.mark.parametrize(
    "macro", ["scoreboard_years(2020, 2021", "scoreboard(DATE '2020-01-05', DATE '2021-12-31'"]
)
def test_sql_ranks_what_can_be_held(lake: Path, macro: str) -> None:
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        usual = connection.execute(f"SELECT instrument_id FROM {macro}) ORDER BY 1").fetchall()
        every = connection.execute(f"SELECT instrument_id FROM {macro}, all_classes := true) ORDER BY 1")
        assert usual == [("BTC",), ("NASDAQ",)]
        assert ("US_CPI",) in every.fetchall()


def test_commands_rank_what_can_be_held(lake: Path) -> None:
    opened = Lake(lake)
    assert [row.instrument_id for row in opened.scoreboard().rows] == ["BTC", "NASDAQ"]
    assert opened.matrix().instruments == ("BTC", "NASDAQ")


def test_what_is_named_is_shown(lake: Path) -> None:
    answer = Lake(lake).scoreboard(["us_cpi", "BTC"], start=2020, end=2021)
    assert [row.instrument_id for row in answer.rows] == ["BTC", "US_CPI"]
