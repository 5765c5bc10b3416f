"""The command `claims` on the sample market, in every format."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import marketlake

from .conftest import Result, Run

WINS = ["BTC_BEATS_NASDAQ", "BTC_BEATS_GOLD", "BTC_BEATS_SP500"]
IDS = [*WINS, "SLEEVE_IMPROVES_60_40"]


def rows(result: Result) -> list[dict[str, str]]:
    assert result.code == 0
    return list(csv.DictReader(io.StringIO(result.out)))


def test_claims_prints_statement_published_today_and_dependencies_first(run: Run, sample_home: Path) -> None:
    lines = run("claims", "BTC_BEATS_NASDAQ", "--home", sample_home).out.splitlines()
    assert lines[0].startswith('"Bitcoin has delivered higher annual returns than the Nasdaq')
    assert lines[0].endswith("401(k) retirement plans, 2025)")
    assert [line.split(":")[0].strip() for line in lines[1:5]] == [
        "as published",
        "today",
        "depends on",
        "overall",
    ]
    assert "holds for 2019 to 2024; BTC ahead of NASDAQ in 5 of 6 years" in lines[1]
    assert "no longer holds for 2020 to 2025; BTC ahead of NASDAQ in 4 of 6 years" in lines[2]


def test_json_output_is_one_value(run: Run, sample_home: Path) -> None:
    plain = json.loads(run("claims", "--home", sample_home, "--format", "json").out)
    assert [claim["claim_id"] for claim in plain["claims"]] == IDS
    assert [claim["verdict"] for claim in plain["claims"]] == ["no longer holds"] * 3 + ["depends"]
    assert not {"grid", "windows"} & set(plain["claims"][0])
    flags = ("--grid", "--windows", "--history")
    full = json.loads(run("claims", IDS[0], *flags, "--home", sample_home, "--format", "json").out)
    [claim] = full["claims"]
    assert (len(claim["grid"]), len(claim["windows"])) == (144, 73)
    assert sum(claim["refused"].values()) + sum(c["verdict"] != "inconclusive" for c in claim["grid"]) == 144
    [change] = full["history"]
    assert (change["verdict"], change["snapshot"]) == ("no longer holds", claim["published"]["snapshot"])
    assert claim["in_history"][0]["held"] == 3


def test_csv_and_markdown_print_one_table(run: Run, sample_home: Path) -> None:
    command = ("claims", "--home", sample_home, "--format")
    wins = [(row["claim_id"], row["rolled_wins"]) for row in rows(run(*command, "csv"))]
    assert wins == [*((name, "4") for name in WINS), (IDS[3], "")]
    assert len(rows(run(*command, "csv", "--grid"))) == 144 + 96 + 96 + 648
    assert len(rows(run(*command, "csv", "--windows"))) == 3 * 73 + 73
    assert [row["change"] for row in rows(run(*command, "csv", "--history"))] == ["1", "1", "1", "1"]
    first = run(*command, "markdown").out.splitlines()[2]
    assert first.startswith("| BTC_BEATS_NASDAQ | calendar_year_wins | Bitcoin has")
    refused = run(*command, "csv", "--grid", "--history")
    assert refused.code == 2
    assert "one of --grid" in refused.err


def test_only_published_month_ends_are_judged(run: Run, sample_home: Path) -> None:
    grid = rows(run("claims", "--grid", "--home", sample_home, "--format", "csv"))
    judged = [row for row in grid if row["verdict"] != "inconclusive"]
    assert {row["claim_id"] for row in judged} == set(IDS)
    wins = [row for row in judged if row["claim_id"] in WINS]
    assert {(row["sessions"], row["convention"]) for row in wins} == {("own", "year_end")}
    windows = rows(run("claims", "--windows", "--home", sample_home, "--format", "csv"))
    assert {row["verdict"] for row in windows} == {"holds", "does not hold"}


def test_sleeve_is_judged_by_published_months_and_not_by_simulated_days(run: Run, sample_home: Path) -> None:
    lines = run("claims", IDS[3], "--grid", "--history", "--home", sample_home).out.splitlines()
    assert lines[1].startswith(
        "  as published: holds for 2019 to 2024; return per risk 1.057 with BTC, 0.917"
    )
    assert lines[2].startswith("  today: holds for 2020 to 2025; return per risk 0.923 with BTC, 0.812")
    assert lines[4] == "  overall: depends"
    assert "  unavailable, 324 of 648 readings: figures are simulated" in lines
    flags = ("--grid", "--home", sample_home, "--format", "json")
    [claim] = json.loads(run("claims", IDS[3], *flags).out)["claims"]
    daily = [c for c in claim["grid"] if c["risk"] in {"daily_volatility", "max_drawdown"}]
    assert {c["reason"] for c in daily} == {"figures are simulated"}
    assert len(daily) == len(claim["grid"]) / 2


def test_unknown_claim_is_refused_and_empty_claims_file_is_reported(
    run: Run, sample_home: Path, tmp_path: Path
) -> None:
    result = run("claims", "NONSENSE", "--home", sample_home)
    assert result.code == 2
    assert "BTC_BEATS_GOLD" in result.err
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    (home / "claims.toml").unlink()
    assert run("build", "--home", home, "--now", "2026-01-02T12:00Z").code == 0
    assert "add entries to claims.toml" in run("claims", "--home", home).out
    assert json.loads(run("claims", "--home", home, "--format", "json").out)["claims"] == []
    # what was found before stays
    history = json.loads(run("claims", "--history", "--home", home, "--format", "json").out)["history"]
    assert [row["claim_id"] for row in history] == sorted(IDS)
    gone = run("claims", IDS[0], "--history", "--home", home)
    assert gone.code == 0
    assert f"{IDS[0]} is no longer in claims.toml" in gone.out


def test_claims_in_python(sample_home: Path) -> None:
    lake = marketlake.open(home=sample_home)
    assert [entry.claim_id for entry in lake.claims().claims] == IDS
    assert {type(cell.with_sleeve) for cell in lake.claims(IDS[3]).claims[0].grid} == {type(None), float}
    [entry] = lake.claims("BTC_BEATS_GOLD").claims
    assert (entry.verdict, entry.depends_on) == ("no longer holds", ())


def test_claims_without_a_lake_suggests_run(run: Run, sample_home: Path, tmp_path: Path) -> None:
    result = run("claims", "--home", sample_home, "--lake", tmp_path / "nothing")
    assert result.code == 1
    assert "marketlake run" in result.err
