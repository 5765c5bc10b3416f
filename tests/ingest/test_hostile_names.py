"""Hostile names in configuration, in the scheduler's form and as a run id."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from marketlake.claims.load import load_claims
from marketlake.ingest.fetch import collect
from marketlake.ingest.plan import plan_daily
from marketlake.ingest.run import ingest
from marketlake.model.errors import ConfigError, MarketlakeError
from marketlake.model.instruments import INVALID, load_universe
from marketlake.model.toml_file import shipped

from .dag import Dag
from .homes import make_home, rows, serve_rows, settings_of

HOSTILE = [
    "../../etc/x",
    "a'; DROP TABLE bar; --",
    "<script>alert(1)</script>",
    "CON",
    "X" * 300,
    "\u202eNIOC",
    "COIN\x00",
    "COIN\nX",
    "=1+1",
    "LPT1",
    "",
]

DEVICES = {"CON", "LPT1"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_home(tmp_path / "home", {"COIN": "crypto"})
    serve_rows(home, "COIN", range(100, 126))
    return home


def toml_text(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08X}" for c in text) + '"'


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("key", ["id", "asset_class", "quote_currency", "return_basis", "synthetic"])
def test_configuration_rejects_hostile_name(home: Path, name: str, key: str) -> None:
    if key != "id" and name in DEVICES:
        return  # a valid name, which names no file here
    path = home / "instruments.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{key} ")]
    lines.insert(2, f"{key} = {toml_text(name)}")
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigError, match=rf"instruments\.toml: .*{key}") as error:
        load_universe(path)
    assert len(str(error.value)) < 600
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_calendar_name_is_sanitized(home: Path, name: str) -> None:
    if name in DEVICES:
        return  # a valid name, which names no file here
    path = home / "instruments.toml"
    path.write_text(path.read_text().replace('calendar = "24/7"', f"calendar = {toml_text(name)}"))
    (instrument,) = load_universe(path).instruments
    assert instrument.calendar == INVALID
    assert len(instrument.calendar_fault) < 600
    assert instrument.calendar_fault.isprintable()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("key", ["id", "a", "b", "check", "published"])
def test_claims_reject_hostile_name(tmp_path: Path, name: str, key: str) -> None:
    if key in {"id", "a", "b"} and name in DEVICES:
        return  # a valid name: a claim is no file, and no instrument has this name
    first = shipped("claims.toml").split("[[claim]]")[1]
    lines = [line for line in first.splitlines() if not line.startswith(f"{key} ")]
    path = tmp_path / "claims.toml"
    path.write_text("[[claim]]\n" + "\n".join([*lines, f"{key} = {toml_text(name)}"]) + "\n")
    with pytest.raises(ConfigError, match=rf"claims\.toml: .*{key}") as error:
        load_claims(path)
    assert len(str(error.value)) < 600
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", HOSTILE)
def test_file_symbol_never_leaves_the_folder(home: Path, name: str) -> None:
    path = home / "instruments.toml"
    path.write_text(path.read_text().replace('"COIN.csv"', toml_text(name)))
    settings = settings_of(home, "2024-01-20T12:00Z")
    (row,) = ingest(settings)
    if name.isprintable() and 0 < len(name) <= 80:
        assert row["outcome"] in {"not_found", "blocked"}
    else:
        assert row["outcome"] == "misconfigured"
    assert rows(settings.lake, "bar") == []
    assert {p.name for p in home.iterdir()} == {"instruments.toml", "files", "data"}


@pytest.mark.parametrize("name", HOSTILE)
def test_scheduler_form_rejects_hostile_name(home: Path, name: str) -> None:
    settings = settings_of(home, "2024-01-20T12:00Z")
    dag = Dag(settings)
    for ids, start, end in (([name], None, None), ([], name or "x", None), ([], "2024-01-01", name or "x")):
        with pytest.raises(MarketlakeError, match=r"unknown instrument|is not a date") as error:
            dag.plan(*ids, from_=start, to=end)
        assert len(str(error.value)) < 600
    assert dag.plan(calendar=name) == []
    assert dag.plan(source=name or "x") == []
    assert not settings.lake.exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_run_name_is_never_a_path(home: Path, name: str) -> None:
    settings = settings_of(home, "2024-01-20T12:00Z")
    jobs = plan_daily(replace(settings, reverify_days=0), settings.universe)
    collect(settings, name, jobs)
    (batch,) = settings.lake.glob("raw/day=2024-01-20/*.parquet")
    assert batch.name.isascii()
    assert len(batch.name) < 200
    assert {p.name for p in home.iterdir()} == {"instruments.toml", "files", "data"}
