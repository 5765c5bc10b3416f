"""`reconcile`: every format, and the documented causes and tolerances."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketlake.ingest.reconcile_cause import TOLERANCES
from marketlake.model.schema import CAUSES
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import NOW, Run

DOCS = (Path(__file__).parents[2] / "docs" / "reconcile.md").read_text("utf-8")


@pytest.fixture
def faulty(simulator: Simulator) -> Iterator[Simulator]:
    """With the faults that the page names."""
    texts = re.findall(r"--fault\s+(\S+?)[`\s]", DOCS)
    simulator.set_faults([parse_fault(text.rstrip(".`")) for text in texts])
    yield simulator
    simulator.set_faults([])


@pytest.fixture
def home(tmp_path: Path, sample_home: Path) -> Path:
    shutil.copytree(sample_home, tmp_path / "home")
    return tmp_path / "home"


def test_reconcile_in_every_format(run: Run, home: Path, simulator: Simulator) -> None:
    online = ["--home", home, "--now", NOW, "--source-url", simulator.url]
    figures = run("reconcile", "BTC", *online, "--format", "json")
    [pair] = json.loads(figures.out)
    assert (figures.code, pair["cause"], pair["sessions"], pair["within"]) == (0, "agrees", 30, 1.0)
    table = run("reconcile", "BTC", "--sessions", *online, "--format", "csv").out.splitlines()
    assert {(row["session"][:7], row["confidence"]) for row in csv.DictReader(table)} >= {("2025-12", "1.0")}
    assert len(table) == 31
    assert run("reconcile", "BTC", *online, "--format", "markdown").out.startswith("| instrument | a |")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["NASDAQ"], "NASDAQ has one source"),
        (["BTC", "--from", "yesterday"], "is not a date"),
        (["BTC", "--from", "2025-02-01", "--to", "2025-01-01"], "swap --from and --to"),
        (["BTC", "--to", "1999-01-01"], "no finished session up to 1999-01-01"),
    ],
)
def test_invalid_arguments_are_reported(
    run: Run, home: Path, simulator: Simulator, arguments: list[str], message: str
) -> None:
    online = ["--home", home, "--now", NOW, "--source-url", simulator.url]
    result = run("reconcile", *arguments, *online)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_documentation_lists_every_cause_and_tolerance() -> None:
    assert all(f"| `{cause}` |" in DOCS for cause in CAUSES)
    for name, tolerance in TOLERANCES.items():
        assert f"| {name} | {tolerance.bp:g} bp | {tolerance.reason} |" in DOCS
