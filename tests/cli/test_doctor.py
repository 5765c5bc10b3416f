"""`doctor` finds what would stop a run, and asks the sources without storing anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from ..ingest.homes import make_home
from ..universes import entry
from .conftest import NOW, Run


@pytest.fixture
def home(tmp_path: Path, sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(sample_home, tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def states(text: str) -> dict[str, set[str]]:
    """The states of each part."""
    found: dict[str, set[str]] = {}
    for one in json.loads(text)["findings"]:
        found.setdefault(one["part"], set()).add(one["state"])
    return found


def test_a_sound_home_has_no_problem(run: Run, home: Path, simulator: Simulator) -> None:
    answer = run("doctor", "--home", home, "--now", NOW, "--source-url", simulator.url, "--format", "json")
    assert answer.code == 0
    parts = {"python", "versions", "clock", "disk", "configuration", "calendars", "sources", "lake"}
    assert states(answer.out).keys() == parts
    assert "problem" not in set().union(*states(answer.out).values())
    # a pinned clock is said: nothing newer is fetched
    assert states(answer.out)["clock"] == {"warning"}


def test_a_source_without_its_key_is_named_and_no_problem(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIINGO_API_KEY", raising=False)
    home = tmp_path / "home"
    make_home(home)
    for sources, code in ((("yahoo:A", "tiingo:A"), 0), (("tiingo:A",), 1)):
        (home / "instruments.toml").write_text(entry("A", *sources, quote_currency="USD"))
        answer = run("doctor", "--home", home, "--now", NOW, "--format", "json")
        said = [one for one in json.loads(answer.out)["findings"] if one["part"] == "sources"]
        assert "tiingo: skipped, because it needs a key in TIINGO_API_KEY" in {one["text"] for one in said}
        assert [one["state"] for one in said].count("problem") == code


def test_a_lake_of_another_origin_is_a_problem(run: Run, home: Path) -> None:
    answer = run("doctor", "--home", home, "--now", NOW)
    assert answer.code == 1
    assert "simulated data" in answer.out
    assert "would add live data" in answer.out


@pytest.mark.parametrize(
    ("file", "text", "part", "said"),
    [
        ("claims.toml", "[[claim]]\nid = 3", "configuration", "claims.toml"),
        ("marketlake.toml", "", "sources", "unknown source 'nobody'"),
        ("corrections.toml", "nonsense = 1", "configuration", "corrections.toml"),
    ],
)
def test_each_part_is_looked_at_whatever_another_finds(
    run: Run, tmp_path: Path, file: str, text: str, part: str, said: str
) -> None:
    home = make_home(tmp_path)
    with (home / "instruments.toml").open("a") as universe:
        universe.write(entry("LOST", "nobody:LOST"))
    (home / file).write_text(text)
    answer = run("doctor", "--home", home, "--format", "json")
    problems = [one for one in json.loads(answer.out)["findings"] if one["state"] == "problem"]
    assert answer.code == 1
    assert any(one["part"] == part and said in one["text"] for one in problems)
    assert states(answer.out)["lake"] == {"ok"}


def test_holidays_that_end_within_90_days_are_a_warning(run: Run, tmp_path: Path) -> None:
    home = make_home(tmp_path)
    entries = (home / "instruments.toml").read_text()
    (home / "instruments.toml").write_text(entries.replace('calendar = "24/7"', 'calendar = "XSHG"'))
    early, late = (
        states(run("doctor", "--home", home, "--now", now, "--format", "json").out)["calendars"]
        for now in ("2026-09-20T12:00Z", "2026-10-10T12:00Z")
    )
    assert (early, late) == ({"ok"}, {"warning"})


def test_every_source_is_asked_and_nothing_is_stored(run: Run, home: Path, simulator: Simulator) -> None:
    def stored() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (home / "data").rglob("*") if path.is_file()}

    before = stored()
    arguments = ["--live", "--home", home, "--now", NOW, "--source-url", simulator.url]
    answer = run("doctor", "BTC", "NASDAQ", *arguments, "--format", "json")
    rows: list[dict[str, Any]] = json.loads(answer.out)["vendors"]
    assert answer.code == 0
    assert [(row["instrument_id"], row["source"], row["outcome"], row["sessions"]) for row in rows] == [
        ("BTC", "bitstamp", "ok", 5),
        ("BTC", "yahoo", "ok", 5),
        ("NASDAQ", "yahoo", "ok", 5),
    ]
    assert [(row["agrees_with"], row["median_bp"] is None) for row in rows] == [
        ("", True),
        ("bitstamp", False),
        ("", True),
    ]
    assert stored() == before
    assert json.loads(next(Path.cwd().glob("doctor-*.json")).read_text())["vendors"] == rows
    assert "| BTC | bitstamp | ok |" in next(Path.cwd().glob("doctor-*.md")).read_text()


def test_a_source_that_does_not_answer_is_named(run: Run, home: Path, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("403:yahoo:BTC-USD")])
    try:
        arguments = ["--live", "--home", home, "--now", NOW, "--source-url", simulator.url]
        answer = run("doctor", "BTC", *arguments, "--format", "json")
    finally:
        simulator.set_faults([])
    outcomes = {row["source"]: row["outcome"] for row in json.loads(answer.out)["vendors"]}
    assert answer.code == 3
    assert outcomes == {"bitstamp": "ok", "yahoo": "blocked"}
