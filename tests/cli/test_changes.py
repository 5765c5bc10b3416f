"""changes and explain: what docs/revisions.md shows is what they print, and programs get all of it."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from marketlake.pipeline.build import build
from marketlake.pipeline.run import ingest
from marketlake.settings import load_settings, parse_instant
from marketlake.simulator import Simulator, parse_fault

from .conftest import NOW, Run

PAGE = (Path(__file__).parents[2] / "docs" / "revisions.md").read_text("utf-8")
CONSOLE = re.findall(r"^```console\n\$ marketlake (.*?)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FAULTS = (
    "restated:yahoo:^IXIC:percent=1,from=2024-12-31,to=2024-12-31",
    "restated:bitstamp:BTC/USD:percent=-2,from=2022-12-31,to=2022-12-31",
)
ENTRIES = ("BTC", "NASDAQ", "GOLD")


@pytest.fixture(scope="module")
def restated_home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Path:
    """The sample lake after its vendors restated two year ends, found on the days of their turns."""
    home = tmp_path_factory.mktemp("restated") / "home"
    shutil.copytree(sample_home, home)
    simulator.set_faults([parse_fault(fault) for fault in FAULTS])
    try:
        for now in ("2026-01-14T12:00Z", "2026-01-26T12:00Z"):
            simulator.set_clock(parse_instant(now))
            settings = load_settings(home=home, now=now, source_url=simulator.url, environ={})
            ingest(settings, ENTRIES)
    finally:
        simulator.set_faults([])
        simulator.set_clock(parse_instant(NOW))
    build(settings)
    return home


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines() if not line.startswith("snapshot")]


@pytest.mark.parametrize(("command", "shown"), CONSOLE)
def test_the_page_is_true(run: Run, restated_home: Path, command: str, shown: str) -> None:
    printed = run(*shlex.split(command), "--home", restated_home)
    assert (printed.code, lines(printed.out)) == (0, lines(shown))


def test_the_page_shows_both() -> None:
    assert {command.split()[0] for command, _ in CONSOLE} == {"changes", "explain"}


def test_changes_for_programs(run: Run, restated_home: Path) -> None:
    asked = ("changes", "--since", "2026-01-03", "--home", restated_home)
    found = json.loads(run(*asked, "--format", "json").out)
    assert [(row["instrument_id"], row["kind"]) for row in found["rows"]] == [
        ("BTC", "vendor_restatement"),
        ("NASDAQ", "vendor_restatement"),
    ]
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    told = {(row["instrument_id"], row["field"]): float(row["new"]) / float(row["old"]) for row in rows}
    assert told["BTC", "close"] == pytest.approx(0.98)
    assert told["NASDAQ", "close"] == pytest.approx(1.01)
    assert run(*asked, "--kind", "dividend", "--format", "csv").out.splitlines()[1:] == []


def test_explain_for_programs(run: Run, restated_home: Path) -> None:
    asked = (
        "explain",
        "NASDAQ",
        "--from",
        "2024",
        "--to",
        "2025",
        "--since",
        "2026-01-03",
        "--home",
        restated_home,
    )
    found = json.loads(run(*asked, "--format", "json").out)
    assert [figure["figure"] for figure in found["figures"]] == ["2024", "2025", "2024 to 2025"]
    for figure in found["figures"]:
        assert sum(part["contribution"] for part in figure["parts"]) == pytest.approx(
            figure["difference"], abs=1e-15
        )
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    assert [(row["figure"], row["session"]) for row in rows] == [
        ("2024", "2024-12-31"),
        ("2025", "2024-12-31"),
        ("2024 to 2025", ""),
    ]


def test_many_rows_are_cut_and_said_so(run: Run, restated_home: Path) -> None:
    printed = run("changes", "BTC", "--since", "2020-01-01", "--home", restated_home).out
    assert "40 of them are listed" in printed
    assert "by 2020-01-01 00:00Z" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("changes", "--since", "soon"), "is not a moment"),
        (("changes", "--since", "2026-01-03", "--kind", "magic"), "must be one of arrived"),
        (("explain", "BTC", "--since", "2026-01-03", "--until", "2026-01-02"), "swap"),
    ],
)
def test_refusals(run: Run, restated_home: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments, "--home", restated_home)
    assert (result.code, message in result.err) == (2, True)


def test_status_says_when_histories_were_verified(run: Run, restated_home: Path) -> None:
    asked = ("status", "--home", restated_home, "--now", "2026-01-26T13:00Z")
    found = json.loads(run(*asked, "--format", "json").out)
    told = {one["instrument_id"]: one["verified_on"] for one in found["instruments"]}
    assert (told["BTC"], found["reverify_days"]) == ("2026-01-26", 30)
    assert "whole histories are asked for again every 30 days" in run(*asked).out
