"""Every command works the same with a bucket and with a folder, on as many machines as there are
steps."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import marketlake
from marketlake.ingest import run as steps
from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import failed, run_rows
from marketlake.lake import Lake
from marketlake.model.errors import UsageError
from marketlake.model.settings import load_settings
from marketlake.store import raw
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from ... import sample
from ...ingest.homes import bar_values, make_home, serve_rows, settings_of
from .world import ROOT, SECRET, Bucket

NOW = "2024-01-08T12:00Z"
Run = Callable[..., str]
READING = [
    ["compare", "COIN", "METAL", "--from", "2023", "--to", "2024"],
    ["metrics", "COIN", "METAL", "--from", "2023-12-26", "--to", "2024-01-07"],
    ["check"],
    ["query", "FROM bar ORDER BY ALL"],
    ["changes", "--since", "2024-01-01"],
    ["scoreboard", "--from", "2023-12-26", "--to", "2024-01-07"],
    ["claims"],
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_home(tmp_path / "home")
    for name, step in {"COIN": 1, "METAL": 2}.items():
        serve_rows(home, name, range(10, 10 + 14 * step, step))
    return home


@pytest.fixture
def run(run: sample.Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command, which must succeed; returns stdout and stderr."""

    def good(home: Path, *arguments: str) -> str:
        monkeypatch.setenv("MARKETLAKE_HOME", str(home))
        monkeypatch.setenv("MARKETLAKE_NOW", NOW)
        code, out, err = run(*arguments)
        assert code == 0, err
        assert SECRET not in out + err
        return out + err

    return good


def test_every_command_works_on_a_bucket(
    bucket: Bucket, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(settings_of(home, NOW))
    run(home, "build")
    commands = [[*one, *(["--format", "json"] * (one[0] != "changes"))] for one in READING]
    in_folder = [run(home, *one) for one in commands]

    machines = iter(range(100))

    def next_machine() -> None:
        monkeypatch.setenv("MARKETLAKE_CACHE", str(bucket.folder / f"machine{next(machines)}"))

    monkeypatch.setenv("MARKETLAKE_LAKE", bucket.url)
    next_machine()
    assert "new" in run(home, "run")
    for command in (["status"], ["verify"], ["replay"], ["build"], ["report"]):
        next_machine()
        run(home, *command)
    run(home, "backfill", "COIN", "--from", "2023-12-28")
    assert bucket.url in run(home, "status")
    assert "0 bytes" not in run(home, "verify")
    assert [run(home, *one) for one in commands] == in_folder
    objects = bucket.read()
    assert {"manifest.json", "market.duckdb", "report.html"} <= objects.keys()
    assert not any(SECRET.encode() in content for content in objects.values())
    lake = marketlake.open(bucket.url, home)
    assert lake.compare(["COIN", "METAL"], start=2024, end=2024).rows


def test_scheduler_steps_may_run_on_different_machines(
    bucket: Bucket, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HOME": home, "NOW": NOW, "LAKE": bucket.url}.items():
        monkeypatch.setenv(f"MARKETLAKE_{name}", str(value))

    def next_machine(machine: str) -> None:
        monkeypatch.setenv("MARKETLAKE_CACHE", str(bucket.folder / machine))

    next_machine("planner")
    (batch,) = steps.plan(load_settings(), "a-run", steps.Scope())
    next_machine("fetcher")
    assert [one.outcome for one in steps.fetch(load_settings(), "a-run", batch)] == ["ok", "ok"]
    next_machine("second fetcher")
    assert steps.fetch(load_settings(), "a-run", batch) == []
    next_machine("storer")
    assert sum(row["new_rows"] for row in steps.store(load_settings(), "a-run")) == 28
    next_machine("builder")
    assert build(load_settings())
    next_machine("checker")
    assert not failed(run_rows(load_settings(), "a-run"))
    ingest(settings_of(home, NOW))
    assert bar_values(bucket.copy("checker")) == bar_values(home / "data")


def test_two_concurrent_machines_lose_nothing(bucket: Bucket, tmp_path: Path, home: Path) -> None:
    """As processes: each fetches and stores its instrument, in any order."""
    program = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.store.s3.two",
        str(home),
        bucket.url,
        str(tmp_path),
    ]
    subprocess.run(program, cwd=ROOT, check=True, timeout=120)
    ingest(settings_of(home, NOW))
    copy = bucket.copy("afterwards")
    assert verify(copy)[1] == []
    assert bar_values(copy) == bar_values(home / "data")
    assert raw.pending(copy, open_manifest(copy)) == []


@pytest.fixture
def built(bucket: Bucket, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("MARKETLAKE_CACHE", str(bucket.folder / "here"))
    monkeypatch.setenv("MARKETLAKE_LAKE", bucket.url)
    run(home, "run")
    return bucket


def test_analyst_query_reads_only_the_copy(built: Bucket, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a,b\n1,2\n")
    copy = built.copy()
    assert Lake(copy).query_rows("SELECT count(*) FROM bar").rows == ((28,),)
    for text in (
        f"FROM '{outside}'",
        f"FROM '{built.url}/bar/asset_class=crypto/year=2024/part.parquet'",
        "FROM 's3://another/bucket.parquet'",
        f"FROM '{copy.parent}/elsewhere/x.parquet'",
        "SET VARIABLE marketlake_lake = '/'",
        "FROM duckdb_secrets()",
    ):
        with pytest.raises(UsageError, match=r"one read-only statement|the query failed"):
            Lake(copy).query_rows(text)


def test_duckdb_reads_the_bucket_itself(
    built: Bucket, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the packaged extensions: the database, its views and macros, the plain files."""
    from duckdb_extensions import import_extension

    with duckdb.connect() as connection:
        connection.execute(f"SET extension_directory = '{tmp_path / 'extensions'}'")
        connection.execute("SET autoinstall_known_extensions = false")
        for extension in ("httpfs", "aws"):
            import_extension(extension, con=connection)
            connection.execute(f"LOAD {extension}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        connection.execute(
            "CREATE SECRET (TYPE s3, PROVIDER credential_chain, "
            f"ENDPOINT '{server.removeprefix('http://')}', USE_SSL false, URL_STYLE 'path')"
        )
        connection.execute(f"ATTACH '{built.url}/market.duckdb' AS market (READ_ONLY)")
        text = "SELECT instrument_id, session, close FROM market.{} ORDER BY ALL"
        bars = connection.execute(text.format("bar")).fetchall()
        index = connection.execute(text.format("price_as_of(TIMESTAMP '2030-01-01')")).fetchall()
        returns = connection.execute("SELECT count(*) FROM market.calendar_year_return").fetchone()
        connection.execute("FROM market.compare('COIN', 'METAL')").fetchall()
        files = connection.execute(f"SELECT count(*) FROM '{built.url}/bar/*/*/part.parquet'").fetchall()
    text = "SELECT instrument_id, session, close FROM bar ORDER BY ALL"
    assert bars == list(Lake(built.copy()).query_rows(text).rows)
    assert len(bars) == 28
    assert index == bars
    assert files == [(28,)]
    assert returns > (0,)
    assert json.loads(built.read()["manifest.json"])["commit"] > 1
