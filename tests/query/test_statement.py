"""A user's SQL reads the lake and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketlake import query
from marketlake.errors import EmptyLakeError, UsageError

from .lakes import BTC, make, year_ends


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("outside")
    return make(tmp_path / "lake", [BTC], year_ends(BTC, {2019: 1.0, 2020: 2.0}))


def test_columns_and_rows(lake: Path) -> None:
    answer = query.sql(lake, "SELECT instrument_id, close AS c FROM bar ORDER BY session;")
    assert answer.columns == ("instrument_id", "c")
    assert answer.rows == (("BTC", 1.0), ("BTC", 2.0))
    assert query.sql_table(lake, "SELECT close FROM bar ORDER BY 1").to_pydict() == {"close": [1.0, 2.0]}


@pytest.mark.parametrize(
    "text", ["FROM bar", "DESCRIBE bar", "SHOW TABLES", "VALUES (1)", "WITH a AS (FROM bar) FROM a"]
)
def test_what_reads_is_allowed(lake: Path, text: str) -> None:
    assert query.sql(lake, text).rows


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT 1; SELECT 2",
        "DROP TABLE instrument",
        "INSERT INTO claim SELECT * FROM claim",
        "CREATE TEMP TABLE t AS SELECT 1",
        "COPY bar TO '{lake}/bar/copy.parquet'",
        "EXPLAIN ANALYZE COPY bar TO '{lake}/bar/copy.parquet'",
        "ATTACH '{lake}/other.duckdb'",
        "SET enable_external_access = true",
        "PRAGMA enable_profiling",
        "INSTALL httpfs",
    ],
)
def test_what_writes_or_sets_is_refused(lake: Path, text: str) -> None:
    before = sorted(lake.rglob("*"))
    with pytest.raises(UsageError):
        query.sql(lake, text.replace("{lake}", str(lake)))
    assert sorted(lake.rglob("*")) == before


@pytest.mark.parametrize(
    "text",
    [
        "FROM read_text('{outside}')",
        "FROM read_text('{lake}/../secret.txt')",
        "FROM '/etc/passwd'",
        "FROM glob('/etc/*')",
        "FROM read_csv('http://127.0.0.1:9/x.csv')",
    ],
)
def test_nothing_outside_the_lake_is_read(lake: Path, text: str) -> None:
    wanted = text.replace("{outside}", str(lake.parent / "secret.txt")).replace("{lake}", str(lake))
    with pytest.raises(UsageError, match="cannot be run"):
        query.sql(lake, wanted)


def test_errors_are_one_line(lake: Path) -> None:
    with pytest.raises(UsageError) as caught:
        query.sql(lake, "SELECT nonsense FROM bar")
    assert "nonsense" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_lake_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        query.sql(tmp_path, "SELECT 1")
