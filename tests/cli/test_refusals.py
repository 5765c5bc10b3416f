"""Bad input: a short error with the remedy, a non-zero exit code, an unchanged lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketlake.simulator.server import Simulator

from .conftest import NOW, Run


def digest(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compere", "BTC"], "Did you mean 'compare'?"),
        (["compare", "BTC", "--curency", "EUR"], "Did you mean '--currency'?"),
        (["compare", "BTC", "--basis", "real"], "is not one of 'price', 'total', 'vendor_adjusted'"),
        (["compare", "BTC", "DOGE"], "DOGE"),
        (["compare", "BTC", "NASDAQ", "--from", "last year"], "not a date or a year"),
        (["compare", "BTC", "NASDAQ", "--from", "2024", "--to", "2019"], "after the last day"),
        (["compare", "BTC", "NASDAQ", "--as-of", "soon"], "not a moment"),
        (["compare", "BTC", "NASDAQ", "--currency", "JPY"], "JPY"),
        (["ingest", "DOGE"], "unknown instrument"),
        (["ingest", "nasdq"], "did you mean NASDAQ"),
        (["backfill", "BTC", "--from", "2024-13-01"], "not a date"),
        (["backfill", "BTC", "--from", "2024-02-01", "--to", "2024-01-01"], "swap"),
    ],
)
def test_bad_arguments(
    run: Run, sample_home: Path, simulator: Simulator, arguments: list[str], message: str
) -> None:
    before = digest(sample_home)
    online = [] if arguments[0].startswith("comp") else ["--source-url", simulator.url, "--now", NOW]
    result = run(*arguments, *online, "--home", sample_home)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) <= 4
    assert digest(sample_home) == before


def test_commands_without_a_lake_suggest_run(run: Run, sample_home: Path, tmp_path: Path) -> None:
    for command in (["compare", "BTC", "NASDAQ"], ["status"], ["verify"], ["build"], ["query", "FROM bar"]):
        result = run(*command, "--home", sample_home, "--lake", tmp_path / "nothing")
        assert (command, result.code) == (command, 1)
        assert "marketlake run" in result.err or "marketlake ingest" in result.err
    assert not (tmp_path / "nothing").exists()


def test_unreadable_configuration(run: Run, home: Path) -> None:
    (home / "instruments.toml").write_text("[[instrument]\nid =", "utf-8")
    result = run("ingest", "--home", home)
    assert result.code == 2
    assert "instruments.toml" in result.err


def test_live_data_is_refused_in_a_simulated_lake(run: Run, home: Path) -> None:
    before = digest(home)
    result = run("ingest", "BTC", "--home", home, "--now", NOW)
    assert result.code == 1
    assert "simulated" in result.err
    assert "live" in result.err
    assert digest(home) == before


def test_newer_schema_version_is_refused(run: Run, home: Path, simulator: Simulator) -> None:
    manifest = home / "data" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    before = digest(home)
    result = run("run", "--home", home, "--source-url", simulator.url, "--now", NOW)
    assert result.code == 1
    assert "upgrade" in result.err
    assert digest(home) == before


def test_damaged_file_is_reported_and_restored_by_replay(run: Run, home: Path) -> None:
    path = home / "data" / "bar" / "asset_class=index" / "year=2024" / "part.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    answer = run("compare", "NASDAQ", "SP500", "--home", home)
    assert answer.code == 1
    assert "bytes, should be" in answer.err
    assert "marketlake replay" in answer.err
    verified = run("verify", "--home", home)
    assert verified.code == 1
    assert "asset_class=index/year=2024" in verified.out
    assert run("replay", "--home", home, "--now", NOW).code == 0
    assert path.read_bytes() == whole
    assert run("verify", "--home", home).code == 0


def test_init_keeps_existing_files(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path).code == 0
    (tmp_path / "claims.toml").write_text("# mine\n")
    assert "unchanged" in run("init", tmp_path).out
    assert (tmp_path / "claims.toml").read_text() == "# mine\n"


HOSTILE = [
    "../../etc/x",
    "a'; DROP TABLE instrument; --",
    "<script>alert(1)</script>",
    "CON",
    "X" * 300,
    "\u202eCTB",
    "BTC\nOK",
    "\x1b[31mBTC",
    "=1+1",
]


@pytest.mark.parametrize(
    "command",
    [
        ["compare", "BTC", "{name}"],
        ["compare", "BTC", "NASDAQ", "--currency", "{name}"],
        ["compare", "BTC", "NASDAQ", "--as-of", "{name}"],
        ["portfolio", "60 BTC, 40 {name}"],
        ["claims", "{name}"],
        ["metrics", "{name}"],
        ["ingest", "{name}"],
        ["backfill", "BTC", "--from", "{name}"],
        ["backfill", "{name}", "--from", "2024-01-01"],
    ],
    ids=lambda command: "-".join(word.strip("{}") for word in command),
)
def test_hostile_argument_is_refused_with_a_short_message(
    run: Run, sample_home: Path, simulator: Simulator, command: list[str]
) -> None:
    before = digest(sample_home)
    online = ["--source-url", simulator.url, "--now", NOW] if command[0] in {"ingest", "backfill"} else []
    for name in HOSTILE:
        result = run(*(word.replace("{name}", name) for word in command), *online, "--home", sample_home)
        assert (result.code, result.out) == (2, ""), name
        assert len(result.err) < 1000
        assert len(result.err.splitlines()) <= 4
        assert all(c.isprintable() or c == "\n" for c in result.err), name
    assert digest(sample_home) == before
