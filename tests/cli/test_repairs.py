"""Damage is detected, and the remedy in the message works."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import NOW, Run


def test_build_replaces_a_damaged_database(run: Run, home: Path) -> None:
    database = home / "data" / "market.duckdb"
    database.write_bytes(b"\x07" * 5000 + database.read_bytes()[5000:])
    answer = run("compare", "BTC", "NASDAQ", "--home", home)
    assert answer.code == 1
    assert "marketlake build" in answer.err
    assert "rebuilt" in run("build", "--home", home, "--now", NOW).err
    assert run("compare", "BTC", "NASDAQ", "--home", home).code == 0
    assert "up to date" in run("build", "--home", home, "--now", NOW).err


def test_build_removes_a_foreign_wal_file(run: Run, home: Path) -> None:
    log = home / "data" / "market.duckdb.wal"
    log.write_bytes(b"junk")
    run("build", "--home", home, "--now", NOW)
    assert not log.exists()


@pytest.mark.parametrize("command", [["compare", "BTC", "NASDAQ"], ["status"], ["run", "BTC"]])
def test_missing_file_is_reported_and_restored_by_replay(run: Run, home: Path, command: list[str]) -> None:
    path = home / "data" / "bar" / "asset_class=index" / "year=2020" / "part.parquet"
    whole = path.read_bytes()
    path.unlink()
    online = ["--source-url", "http://127.0.0.1:9", "--now", NOW] if command[0] == "run" else []
    result = run(*command, *online, "--home", home)
    assert result.code == 1
    assert "year=2020" in result.err
    assert "marketlake replay" in result.err
    assert run("replay", "--home", home, "--now", NOW).code == 0
    assert path.read_bytes() == whole


def test_query_before_the_first_build_suggests_build(run: Run, home: Path) -> None:
    (home / "data" / "market.duckdb").unlink()
    assert "marketlake build" in run("compare", "BTC", "NASDAQ", "--home", home).err


def test_changed_asset_class_moves_all_bars(run: Run, home: Path, simulator_url: str) -> None:
    text = (home / "instruments.toml").read_text("utf-8")
    (home / "instruments.toml").write_text(
        text.replace('asset_class = "metal"', 'asset_class = "fund"'), "utf-8"
    )
    count = "SELECT count(*) AS n FROM bar WHERE instrument_id IN ('GOLD', 'SILVER')"
    before = run("query", count, "--home", home, "--format", "csv").out
    assert run("run", "GOLD", "--home", home, "--source-url", simulator_url, "--now", NOW).code == 0
    assert run("query", count, "--home", home, "--format", "csv").out == before
    assert not list((home / "data" / "bar" / "asset_class=metal").rglob("*.parquet"))
    replayed = run("replay", "--home", home, "--now", NOW)
    assert "0 files changed" in replayed.out
