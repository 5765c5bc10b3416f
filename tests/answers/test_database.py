"""`market.duckdb` itself: whole or not at all, described, and usable by a plain DuckDB from anywhere."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from marketlake.claims.tables import fill_claims
from marketlake.engine import build as engine_build
from marketlake.engine.reader import DUCKDB
from marketlake.lake import Lake
from marketlake.model import layout, schema
from marketlake.model.errors import (
    CorruptLakeError,
    LakeBusyError,
    LakeChangedError,
    LakeWriteError,
    SchemaVersionError,
)
from marketlake.model.instruments import Universe
from marketlake.store.writer import open_manifest

from .lakes import BTC, EUR, NASDAQ, NOW, bar, build, make, year_ends

pytestmark = pytest.mark.slow

BARS = [*year_ends(BTC, {2019: 1.0, 2020: 2.0}), *year_ends(NASDAQ, {2019: 1.0, 2020: 3.0})]
TYPES = {
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
}
INTERNAL = [table for table in schema.TABLES if table.startswith(layout.INTERNAL)]
TYPES |= {pa.int32(): "INTEGER", schema.UTC_INSTANT: "TIMESTAMP WITH TIME ZONE"}
SOURCE = Path(str(files("marketlake")))
SQL = sorted((SOURCE / "engine" / "sql").rglob("*.sql"))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return make(tmp_path / "it's a [lake]", [BTC, NASDAQ, EUR], BARS)


def test_plain_duckdb_connection_works_from_any_folder(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        assert connection.execute("SELECT count(*) FROM bar").fetchone() == (4,)
        moment = "TIMESTAMP '2020-01-01 12:00:00'"
        assert connection.execute(f"SELECT count(*) FROM price_as_of({moment})").fetchone() == (2,)
        index = connection.execute("SELECT total_index FROM total_return_index('BTC')").fetchall()
        assert index == [(1.0,), (2.0,)]
        rows = connection.execute("SELECT year, winner FROM compare('BTC', 'NASDAQ')").fetchall()
        assert rows == [(2020, "NASDAQ")]


def test_views_match_the_schema(lake: Path) -> None:
    for table, fields in schema.TABLES.items():
        relation = table.replace(layout.INTERNAL, "internal.", 1) if table in INTERNAL else table
        described = Lake(lake).query_rows(f"DESCRIBE {relation}").rows
        columns = {name: kind for name, kind, *_ in described}
        expected = {field.name: TYPES[field.type] for field in fields}
        keys = (
            {"asset_class": "VARCHAR", "year": "INTEGER"} if table in layout.YEARLY else {"month": "VARCHAR"}
        )
        assert columns == expected | keys


def test_no_connection_prints_its_progress(lake: Path) -> None:
    """DuckDB would write it to standard output, where JSON goes."""
    assert Lake(lake).query_rows("SELECT current_setting('enable_progress_bar')").rows == ((False,),)
    opened = [path.name for path in SOURCE.rglob("*.py") if "duckdb.connect(" in path.read_text("utf-8")]
    assert opened == ["duck.py"]


def test_every_relation_column_and_macro_has_a_comment(lake: Path) -> None:
    universe = Universe((BTC, NASDAQ, EUR))
    more = fill_claims((), universe)
    engine_build.build_database(lake, universe, open_manifest(lake), NOW, more)
    counts = {}
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        for kind in ("tables", "views", "columns", "functions"):
            found = connection.execute(f"SELECT * FROM duckdb_{kind}() WHERE NOT internal").to_arrow_table()
            counts[kind] = len(found)
            # an empty comment is none either
            assert [row for row in found.to_pylist() if not row["comment"]] == []
    assert counts["tables"] + counts["views"] > 40
    assert counts["columns"] > 400
    assert counts["functions"] > 30
    text = "SELECT comment FROM duckdb_columns() WHERE table_name = 'bar' AND column_name = 'close'"
    assert (
        Lake(lake).query_rows(text).rows[0][0] == schema.BAR.field("close").metadata[b"description"].decode()
    )


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_every_sql_file_has_a_heading(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert head.startswith(f"-- {path.stem}")
    for part in ("Formula", "Unit", "Grain", "Source"):
        assert re.search(rf"^-- {part}: \S", head, re.MULTILINE)


def test_instruments_and_calendars_are_real_tables(lake: Path) -> None:
    [row] = (
        Lake(lake).query_rows("SELECT sources, proxy_for FROM instrument WHERE instrument_id = 'BTC'").rows
    )
    assert row == (["bitstamp:BTC/USD", "yahoo:BTC-USD"], "")
    years = (
        Lake(lake).query_rows("SELECT sessions FROM calendar_year WHERE year = 2020 ORDER BY calendar").rows
    )
    assert years == ((366,), (257,), (253,))
    assert Lake(lake).query_rows("SELECT snapshot, origin, schema_version FROM lake").rows == (
        (open_manifest(lake).snapshot, "live", 1),
    )


def test_empty_lake_has_a_database(tmp_path: Path) -> None:
    make(tmp_path, [BTC], [])
    assert Lake(tmp_path).query_rows("FROM calendar_year_return").rows == ()
    assert Lake(tmp_path).query_rows("SELECT count(*) FROM calendar_year").rows == ((1,),)


@pytest.mark.parametrize("key", ["year", "asset_class"])
def test_minimum_of_a_partition_key_in_a_single_file(tmp_path: Path, key: str) -> None:
    lake = make(tmp_path, [BTC], [bar(BTC, "2020-01-01", 1.0)])
    [(least,)] = Lake(lake).query_rows(f"SELECT min({key}) FROM bar WHERE asset_class <> 'none'").rows
    assert str(least) in {"2020", "crypto"}


def test_foreign_wal_file_is_moved(lake: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = lake / "market.duckdb.wal"
    log.write_bytes(b"someone else's")
    with caplog.at_level(logging.WARNING):
        moved = build(lake, [BTC, NASDAQ])
    assert moved == lake.resolve() / "market.duckdb.wal.set-aside"
    assert moved.read_bytes() == b"someone else's"
    assert "set aside" in caplog.text
    assert not log.exists()


def test_failed_build_keeps_the_previous_database(lake: Path) -> None:
    before, manifest = (lake / "market.duckdb").read_bytes(), open_manifest(lake)
    (lake / "bar" / "asset_class=crypto" / "year=2020" / "part.parquet").write_bytes(b"x" * 100)
    with pytest.raises(CorruptLakeError, match="asset_class=crypto"):
        engine_build.build_database(lake, Universe((BTC, NASDAQ)), manifest, NOW)
    assert (lake / "market.duckdb").read_bytes() == before
    assert [path.name for path in lake.iterdir() if "building" in path.name] == []


def test_failed_write_keeps_the_previous_database(lake: Path) -> None:
    before = (lake / "market.duckdb").read_bytes()
    (lake / ".market.duckdb.building").mkdir()
    with pytest.raises(LakeWriteError, match="cannot be written"):
        build(lake, [BTC, NASDAQ])
    assert (lake / "market.duckdb").read_bytes() == before


def test_build_does_not_disturb_readers(lake: Path) -> None:
    """A reader reads the earlier database to its end, and then learns that it is outdated."""

    def read() -> None:
        with DUCKDB.open(lake) as reader:
            assert reader.execute("SELECT count(*) FROM instrument").fetchone() == (3,)
            build(lake, [BTC, NASDAQ])
            assert reader.execute("SELECT count(*) FROM instrument").fetchone() == (3,)

    with pytest.raises(LakeChangedError, match="was written while"):
        read()
    assert Lake(lake).query_rows("SELECT count(*) FROM instrument").rows == ((2,),)


def test_invalid_or_newer_database_is_refused(lake: Path) -> None:
    with duckdb.connect(str(lake / "market.duckdb")) as connection:
        connection.execute("UPDATE lake SET schema_version = 99")
    with pytest.raises(SchemaVersionError, match="99"):
        Lake(lake).compare(["BTC", "NASDAQ"])
    (lake / "market.duckdb").write_bytes(b"not a database")
    with pytest.raises(CorruptLakeError, match="marketlake build"):
        Lake(lake).compare(["BTC", "NASDAQ"])


def test_database_open_for_writing_elsewhere_is_reported(lake: Path) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(lake / "market.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(LakeBusyError, match="open for writing"):
            Lake(lake).compare(["BTC", "NASDAQ"])
        other.communicate(b"")


def test_compare_imports_no_heavy_packages(lake: Path) -> None:
    code = (
        "import sys; import marketlake; marketlake.open(sys.argv[1]).compare(['BTC', 'NASDAQ'], risk=True);"
        "print(sorted({'pandas', 'pyarrow', 'exchange_calendars', 'numpy'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(lake)], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
