"""A user's SQL reads the lake and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marketlake.answers import query
from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError

from .lakes import BTC, make, year_ends


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two links that lead out of it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("outside")
    lake = make(outside / "lake", [BTC], year_ends(BTC, {2019: 1.0, 2020: 2.0}))
    (lake / "link.txt").symlink_to(outside / "secret.txt")
    (lake / "folder").symlink_to(outside)
    return lake


def test_columns_and_rows(lake: Path) -> None:
    answer = Lake(lake).query_rows("SELECT instrument_id, close AS c FROM bar ORDER BY session;")
    assert answer.columns == ("instrument_id", "c")
    assert answer.rows == (("BTC", 1.0), ("BTC", 2.0))
    assert Lake(lake).query("SELECT close FROM bar ORDER BY 1").to_arrow().to_pydict() == {
        "close": [1.0, 2.0]
    }


@pytest.mark.parametrize(
    "text", ["FROM bar", "DESCRIBE bar", "SHOW TABLES", "VALUES (1)", "WITH a AS (FROM bar) FROM a"]
)
def test_reading_statements_are_allowed(lake: Path, text: str) -> None:
    assert Lake(lake).query_rows(text).rows


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
        "LOAD parquet",
        "DETACH market",
        "CHECKPOINT",
        "EXPORT DATABASE '{lake}/copy'",
        "CALL pragma_version()",
        "RESET memory_limit",
        "CREATE SECRET (TYPE s3)",
        "SELECT getenv('HOME')",
        "FROM query('COPY bar TO ''{lake}/bar/copy.parquet'' ')",
        "FROM sqlite_scan('{lake}/market.duckdb', 'x')",
    ],
)
def test_writing_and_setting_statements_are_refused(lake: Path, text: str) -> None:
    before = sorted(lake.glob("*/**/*"))
    with pytest.raises(UsageError, match=r"one read-only statement|the query failed"):
        Lake(lake).query_rows(text.replace("{lake}", str(lake)))
    assert sorted(lake.glob("*/**/*")) == before


@pytest.mark.parametrize(
    "text",
    [
        "FROM read_text('{outside}')",
        "FROM read_text('{lake}/../secret.txt')",
        "FROM '/etc/passwd'",
        "FROM glob('/etc/*')",
        "FROM read_csv('http://127.0.0.1:9/x.csv')",
        "FROM read_csv('/etc/passwd')",
        "FROM read_blob('/etc/pass' || 'wd')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM parquet_metadata('/etc/passwd')",
        "FROM read_text('{lake}/link.txt')",
        "FROM read_text('{lake}/folder/secret.txt')",
        "FROM read_text('{lake}/folder/*.txt')",
        "FROM read_text('.tmp/here.txt')",
        "FROM duckdb_secrets()",
    ],
)
def test_nothing_outside_the_lake_is_read(
    lake: Path, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By no function, by no link that lies in the lake, nor in the folder that DuckDB would spill to."""
    (tmp_path / ".tmp").mkdir()
    (tmp_path / ".tmp" / "here.txt").write_text("outside")
    monkeypatch.chdir(tmp_path)
    statement = text.replace("{outside}", str(lake.parent / "secret.txt")).replace("{lake}", str(lake))
    with pytest.raises(UsageError, match="the query failed"):
        Lake(lake).query_rows(statement)


def test_errors_are_one_line(lake: Path) -> None:
    with pytest.raises(UsageError, match="nonsense") as caught:
        Lake(lake).query_rows("SELECT nonsense FROM bar")
    assert "\n" not in str(caught.value)


def test_empty_lake_suggests_run(tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        Lake(tmp_path).query_rows("SELECT 1")


@pytest.mark.parametrize(
    ("limit", "value", "method"), [("_MOST_ROWS", 1, Lake.query_rows), ("_MOST_BYTES", 10, Lake.query)]
)
def test_result_beyond_the_memory_limit_is_refused(
    lake: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, method: Any
) -> None:
    monkeypatch.setattr(query, limit, value)
    with pytest.raises(UsageError, match="add a LIMIT"):
        method(Lake(lake), "FROM bar")


def test_duckdb_neither_spills_to_disk_nor_loads_extensions(lake: Path) -> None:
    names = "('temp_directory', 'autoinstall_known_extensions', 'autoload_known_extensions')"
    text = f"SELECT value FROM duckdb_settings() WHERE name IN {names} ORDER BY name"
    assert Lake(lake).query_rows(text).rows == (("false",), ("false",), ("",))
