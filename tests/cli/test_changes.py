"""changes and explain: JSON and CSV contain everything that the tables show."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.xdist_group("restated")


def test_changes_in_json_and_csv(run: Run, restated_home: Path) -> None:
    command = ("changes", "--since", "2026-01-03", "--home", restated_home)
    answer = json.loads(run(*command, "--format", "json").out)
    assert [(row["instrument_id"], row["kind"]) for row in answer["rows"]] == [
        ("BTC", "vendor_restatement"),
        ("NASDAQ", "vendor_restatement"),
    ]
    rows = list(csv.DictReader(io.StringIO(run(*command, "--format", "csv").out)))
    ratios = {(row["instrument_id"], row["field"]): float(row["new"]) / float(row["old"]) for row in rows}
    assert ratios["BTC", "close"] == pytest.approx(0.98)
    assert ratios["NASDAQ", "close"] == pytest.approx(1.01)
    assert run(*command, "--kind", "dividend", "--format", "csv").out.splitlines()[1:] == []


def test_explain_in_json_and_csv(run: Run, restated_home: Path) -> None:
    command = (
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
    answer = json.loads(run(*command, "--format", "json").out)
    assert [figure["figure"] for figure in answer["figures"]] == ["2024", "2025", "2024 to 2025"]
    for figure in answer["figures"]:
        assert sum(part["contribution"] for part in figure["parts"]) == pytest.approx(
            figure["difference"], abs=1e-15
        )
    rows = list(csv.DictReader(io.StringIO(run(*command, "--format", "csv").out)))
    assert [(row["figure"], row["session"]) for row in rows] == [
        ("2024", "2024-12-31"),
        ("2025", "2024-12-31"),
        ("2024 to 2025", ""),
    ]


def test_long_output_is_truncated_with_a_note(run: Run, restated_home: Path) -> None:
    printed = run("changes", "BTC", "--since", "2020-01-01", "--home", restated_home).out
    assert "40 of them are listed" in printed
    assert "between 2020-01-01 00:00Z and now" in printed


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


def test_status_reports_the_last_verification(run: Run, restated_home: Path) -> None:
    command = ("status", "--home", restated_home, "--now", "2026-01-26T13:00Z")
    answer = json.loads(run(*command, "--format", "json").out)
    verified_on = {one["instrument_id"]: one["verified_on"] for one in answer["instruments"]}
    assert (verified_on["BTC"], answer["reverify_days"]) == ("2026-01-26", 30)
    assert "whole histories are re-verified every 30 days" in run(*command).out
