"""The database reads the files that the manifest lists, and only together with its own tables."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from marketlake.engine.marts import refresh_marts
from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.lake import Lake
from marketlake.model import layout
from marketlake.model.errors import CorruptLakeError, LakeError
from marketlake.model.settings import load_settings
from marketlake.store.writer import writer

from ..ingest.homes import make_home, serve_rows, settings_of

BARS = "SELECT count(*), sum(close) FROM market.bar"
RETURNS = "SELECT count(*), sum(total_return) FROM market.daily_return"
RUNS = "SELECT count(*) FROM market.run"
SENTENCE = "the lake was moved; SET VARIABLE marketlake_lake = 'its folder', or run marketlake build"
YEARS = "SELECT count(*) FROM market.calendar_year_return"


def plain(lake: Path, text: str, first: str = "") -> list[tuple[object, ...]]:
    """What an analyst's own DuckDB answers, after a first statement."""
    with duckdb.connect() as connection:
        connection.execute(first)
        connection.execute(f"ATTACH '{lake / layout.DATABASE}' AS market (READ_ONLY)")
        return connection.execute(text).fetchall()


@pytest.fixture
def home(tmp_path: Path, alone: None) -> Path:
    home = make_home(tmp_path)
    run_until(home, 9)
    return home


def run_until(home: Path, closes: int, *, built: bool = True) -> None:
    """A run that stores this many sessions from 2023-12-25 on."""
    for name in ("COIN", "METAL"):
        serve_rows(home, name, [100.0 + n for n in range(closes)])
    settings = settings_of(home, "2024-01-20T12:00Z")
    ingest(settings)
    if built:
        build(settings)


def test_a_stray_file_is_not_read(home: Path) -> None:
    lake = home / "data"
    before = [plain(lake, text) for text in (BARS, RETURNS)]
    for table in ("bar", "daily_return"):
        for folder in sorted((lake / table).glob("*/year=2023")):
            shutil.copytree(folder, folder.with_name("year=2022"))
            shutil.copyfile(folder / "part.parquet", folder / "copy.parquet")
    assert [plain(lake, text) for text in (BARS, RETURNS)] == before
    assert Lake(lake).query_rows(BARS).rows == tuple(before[0])


def test_a_swapped_file_is_noticed_when_the_lake_is_opened(home: Path) -> None:
    lake = home / "data"
    path = next((lake / "bar").glob("*/year=2024/part.parquet"))
    shutil.copyfile(path.parent.with_name("year=2023") / path.name, path)
    with pytest.raises(CorruptLakeError, match=r"year=2024/part.parquet has [\d,]+ bytes, should be"):
        Lake(lake).query_rows("SELECT 1")


def test_between_an_ingest_and_a_build_no_answer_is_of_two_states(home: Path) -> None:
    lake = home / "data"
    years, returns = plain(lake, YEARS), plain(lake, RETURNS)
    run_until(home, 15, built=False)
    with pytest.raises(duckdb.Error, match="run `marketlake build`"):
        plain(lake, BARS)
    with pytest.raises(LakeError, match=r"newer data than its market\.duckdb.*marketlake build"):
        Lake(lake).prices("COIN")
    with pytest.raises(LakeError, match=r"newer data than its market\.duckdb"):
        Lake(lake).query_rows(BARS)
    # what the commit left alone is of the last build as a whole
    assert (plain(lake, YEARS), plain(lake, RETURNS)) == (years, returns)
    build(settings_of(home, "2024-01-20T12:00Z"))
    assert plain(lake, BARS)[0][0] == 30


def test_between_a_change_of_class_and_a_build_the_remedy_is_the_build(home: Path) -> None:
    """The files of the old class are gone, and the database still names them."""
    lake, universe = home / "data", home / "instruments.toml"
    universe.write_text(universe.read_text().replace('"metal"', '"equity"'))
    run_until(home, 15, built=False)
    for ask in (lambda: Lake(lake).prices("METAL"), lambda: Lake(lake).query_rows(BARS)):
        with pytest.raises(LakeError, match=r"newer data than its market\.duckdb.*marketlake build"):
            ask()
    build(settings_of(home, "2024-01-20T12:00Z"))
    assert plain(lake, BARS)[0][0] == 30


def test_marts_that_are_newer_than_the_database_are_refused(home: Path) -> None:
    """A build was killed after its marts."""
    lake = home / "data"
    run_until(home, 15, built=False)
    with writer(lake, None) as stored:
        refresh_marts(stored, settings_of(home, "2024-01-20T12:00Z").universe)
    with pytest.raises(duckdb.Error, match="run `marketlake build`"):
        plain(lake, RETURNS)


def test_a_commit_that_was_interrupted_is_refused(home: Path) -> None:
    lake = home / "data"
    (lake / layout.PENDING).write_bytes((lake / layout.MANIFEST).read_bytes())
    with pytest.raises(duckdb.Error, match="run `marketlake build`"):
        plain(lake, BARS)
    build(settings_of(home, "2024-01-20T12:00Z"))
    assert plain(lake, BARS)[0][0] == 18


def test_records_are_those_of_now(home: Path) -> None:
    """A run in a month that the database does not list is in the record of runs."""
    for name in ("COIN", "METAL"):
        serve_rows(home, name, [100.0 + n for n in range(70)])
    ingest(settings_of(home, "2024-03-05T12:00Z"))
    [(months,)] = Lake(home / "data").query_rows("SELECT list(DISTINCT month ORDER BY month) FROM run").rows
    assert months == ["2024-01", "2024-03"]


def test_a_damaged_manifest_has_a_remedy(home: Path) -> None:
    (home / "data" / layout.MANIFEST).write_text("{}")
    with pytest.raises(CorruptLakeError, match=r"manifest\.json is missing or damaged; `marketlake replay`"):
        Lake(home / "data").query_rows("SELECT 1")


def test_a_moved_lake_works_in_marketlake_and_says_what_plain_duckdb_needs(
    home: Path, tmp_path: Path
) -> None:
    before = [plain(home / "data", text) for text in (BARS, RETURNS, RUNS)]
    lake = tmp_path / "moved [1]" / "lake"
    lake.parent.mkdir()
    (home / "data").rename(lake)
    for text, rows in zip((BARS, RETURNS, RUNS), before, strict=True):
        with pytest.raises(duckdb.Error, match=SENTENCE) as refused:
            plain(lake, text)
        remedy = re.search("SET VARIABLE [a-z_]+ = 'its folder'", str(refused.value))
        assert remedy
        place = str(lake).replace("[", "[[]")
        assert plain(lake, text, remedy[0].replace("its folder", place)) == rows
        assert Lake(lake).query_rows(text).rows == tuple(rows)
    build(load_settings(home=home, lake=lake, now="2024-01-20T12:00Z", environ={}))
    assert [plain(lake, text) for text in (BARS, RETURNS, RUNS)] == before


def test_a_copied_lake_is_read_where_it_is(home: Path, tmp_path: Path) -> None:
    lake = tmp_path / "copy"
    shutil.copytree(home / "data", lake)
    before = plain(home / "data", BARS)
    run_until(home, 15)
    assert Lake(lake).query_rows(BARS).rows == tuple(before)
    with pytest.raises(duckdb.Error, match="run `marketlake build`"):
        plain(lake, BARS)
    assert plain(lake, BARS, f"SET VARIABLE marketlake_lake = '{lake}'") == before
