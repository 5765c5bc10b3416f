"""All checks over a stored lake: rows as they stand, quarantined rows, gaps, lateness, disagreement."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import marketlake as ml
from marketlake.answers.check import Finding
from marketlake.engine.checks import checks
from marketlake.lake import Lake
from marketlake.model import schema
from marketlake.model.errors import EmptyLakeError, UsageError

from ..sample import Run
from .lakes import BTC, NOW, SHARE, bar, build_database, save, write

pytestmark = pytest.mark.slow

DAYS = [date(2025, 12, 1) + timedelta(days=n) for n in range(31)]
SERVED = datetime(2025, 12, 31, 12, tzinfo=UTC)
RUN: dict[str, Any] = {
    **{"run_id": "later", "batch_id": "b", "source": "test", "symbol": "s", "mode": "daily", "message": ""},
    **{
        "requested_from": DAYS[0],
        "due_from": DAYS[0],
        "requested_to": DAYS[-1],
        "attempts": 1,
        "duration_s": 0.0,
        "outcome": "no_new_data",
    },
    **{n: 0 for n in ("expected_sessions", "received_sessions", "new_rows", "revised_rows", "volume_rows")},
    **{"quarantined_rows": 0, "first_session": None, "last_session": None},
}


def quarantined(session: date, close: float, reason: str = "unit_spike") -> dict[str, Any]:
    row = bar(BTC, session, close)
    return {n: row[n] for n in schema.QUARANTINE.names if n in row} | {
        "reason": reason,
        "run_id": "run",
        "observed_at": SERVED,
    }


def reconciled(session: date, cause: str) -> dict[str, Any]:
    return {
        **{"run_id": "r", "observed_at": SERVED, "instrument_id": "BTC", "session": session, "compared": 2},
        **{"sources": "bitstamp yahoo", "trusted_source": "bitstamp", "consensus_close": 100.0},
        **{"dispersion_bp": 50.0, "furthest_source": "yahoo", "deviation_bp": -50.0, "tolerance_bp": 10.0},
        **{"confidence": 0.5, "cause": cause, "off": "yahoo differs", "not_compared": ""},
    }


def make(lake: Path, closes: dict[date, float], **tables: Iterable[dict[str, Any]]) -> Path:
    write(lake, [BTC, SHARE], [bar(BTC, day, close, source="bitstamp") for day, close in closes.items()])
    for table, rows in tables.items():
        save(lake / table / "month=2025-12", pa.Table.from_pylist(list(rows), schema=schema.TABLES[table]))
    build_database(lake, [BTC, SHARE])
    return lake


def steady(**changed: float) -> dict[date, float]:
    """A close a day in December 2025; `d05=7` changes one."""
    return {day: changed.get(f"d{day:%d}", 100.0 + day.day % 3) for day in DAYS}


def findings(lake: Path, **terms: Any) -> list[tuple[str, str, date]]:
    return [(f.severity, f.check, f.session) for f in Lake(lake).check(**{"now": NOW} | terms).findings]


def test_clean_lake_has_no_findings(tmp_path: Path) -> None:
    lake = make(tmp_path, steady())
    answer = Lake(lake).check(now=NOW)
    assert (answer.findings, answer.severe) == ((), 0)
    assert Lake(lake).query_rows("FROM check_result").rows == ()
    assert ml.open(lake).check() == answer


def test_stored_rows_are_checked_again(tmp_path: Path, run: Run) -> None:
    lake = make(tmp_path, steady(d05=10_000.0, d20=250.0))
    assert findings(lake) == [
        ("fail", "unit_spike", DAYS[4]),
        ("warn", "jump", DAYS[20]),
        ("warn", "jump", DAYS[19]),
        ("warn", "spike", DAYS[19]),
        ("warn", "jump", DAYS[5]),
        ("warn", "jump", DAYS[4]),
        ("warn", "spike", DAYS[4]),
    ]
    assert Lake(lake).check(now=NOW).severe == 1
    assert findings(lake, severity="fail") == [("fail", "unit_spike", DAYS[4])]
    assert findings(lake, start=DAYS[20]) == [("warn", "jump", DAYS[20])]
    assert findings(lake, ids=["SHARE"]) == []
    rows = Lake(lake).query_rows("SELECT \"check\", session FROM check_bar('BTC') ORDER BY ALL").rows
    assert sorted(rows) == sorted((name, day) for _, name, day in findings(lake))
    table = run("check", "--lake", lake, "--now", "2026-01-02T12:00Z").out
    assert table.index("unit_spike") < table.index("jump")
    assert "| 4" in run("check", "--lake", lake, "--format", "markdown").out


def test_jump_confirmed_by_a_second_source_is_no_finding(tmp_path: Path) -> None:
    closes = steady() | {day: 300.0 + day.day for day in DAYS[10:]}
    assert findings(make(tmp_path / "alone", closes)) == [("warn", "jump", DAYS[10])]
    confirmed = make(tmp_path / "two", closes, reconciliation=[reconciled(DAYS[10], "agrees")])
    assert findings(confirmed) == []


def test_findings_for_source_disagreement_gaps_and_lateness(tmp_path: Path) -> None:
    closes = {day: close for day, close in steady().items() if day.day not in {10, 11, 20}}
    lake = make(tmp_path, closes, reconciliation=[reconciled(DAYS[2], "differs")])
    late = datetime(2026, 1, 10, 12, tzinfo=UTC)
    answer = Lake(lake).check(now=late).findings
    assert [(f.check, f.session, f.message) for f in answer] == [
        ("late", DAYS[30], "8 sessions are due after it"),
        ("missing_session", DAYS[19], "not stored"),
        ("missing_session", DAYS[9], "2 sessions in a row are not stored, to 2025-12-11"),
        ("sources_disagree", DAYS[2], "yahoo differs; consensus 100, yahoo off by -50 bp"),
    ]
    in_sql = (
        Lake(lake).query_rows('SELECT "check", session, message FROM check_result ORDER BY session DESC').rows
    )
    assert list(in_sql) == [(f.check, f.session, f.message) for f in answer if f.check != "late"]


def test_quarantined_row_stays_severe_until_replaced(tmp_path: Path) -> None:
    closes = steady()
    missing = {day: close for day, close in closes.items() if day != DAYS[4]}
    aside = [quarantined(DAYS[4], 10_000.0)]
    later = RUN | {"instrument_id": "BTC", "started_at": SERVED + timedelta(hours=1)}
    gap = ("warn", "missing_session", DAYS[4])
    severe = ("fail", "unit_spike", DAYS[4])
    assert findings(make(tmp_path / "gone", missing, quarantine=aside, run=[later])) == [severe, gap]
    assert findings(make(tmp_path / "unasked", closes, quarantine=aside)) == [severe]
    assert findings(make(tmp_path / "good", closes, quarantine=aside, run=[later])) == []
    for spoilt in ({"outcome": "quarantined"}, {"requested_from": DAYS[10]}, {"mode": "reconcile"}):
        lake = make(tmp_path / str(spoilt), closes, quarantine=aside, run=[later | spoilt])
        assert findings(lake) == [severe]


def test_findings_of_the_raw_response_come_from_the_record(tmp_path: Path) -> None:
    noted = {"instrument_id": "BTC", "source": "bitstamp", "observed_at": SERVED, "message": "m"}
    names = ("unsorted", "close_outside_range", "correction_not_needed")
    rows = [noted | {"check": name, "session": DAYS[n]} for n, name in enumerate(names)]
    lake = make(tmp_path, steady(), finding=rows)
    # recorded findings of a check that runs again are obsolete, and so are those of a removed correction
    assert findings(lake) == [("warn", "unsorted", DAYS[0])]
    check_names = Lake(lake).query_rows('SELECT "check" FROM check_result ORDER BY 1').rows
    assert check_names == (("close_outside_range",), ("unsorted",))


def test_result_does_not_depend_on_the_slice_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [BTC, SHARE], [bar(i, d, c) for i in (BTC, SHARE) for d, c in steady(d05=1e4).items()])
    build_database(tmp_path, [BTC, SHARE])
    whole = Lake(tmp_path).check(now=NOW)
    monkeypatch.setattr("marketlake.answers.check._SLICE", 1)
    assert Lake(tmp_path).check(now=NOW) == whole
    assert {f.instrument_id for f in whole.findings} == {"BTC", "SHARE"}


def test_check_catalogue_is_a_sql_table(tmp_path: Path) -> None:
    lake = make(tmp_path, steady())
    rows = Lake(lake).query_rows("FROM quality_check").rows
    assert rows == tuple((c.name, c.severity, c.looks_at, c.description, c.remedy) for c in checks())


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        Lake(tmp_path / "none").check()
    lake = make(tmp_path, steady())
    with pytest.raises(UsageError, match="severity"):
        Lake(lake).check(severity="bad")
    with pytest.raises(UsageError, match="unknown instrument"):
        Lake(lake).check(["NOBODY"])


def test_the_command(tmp_path: Path, run: Run) -> None:
    lake = make(tmp_path / "lake", steady(d05=10_000.0))
    at = ("--lake", lake, "--home", tmp_path, "--now", "2026-01-02T12:00Z")
    table = run("check", *at)
    assert table.code == 3
    assert "unit_spike: the next run requests it again" in table.out
    assert "4 findings, 1 of them severe" in table.out
    assert run("check", "--severity", "warn", *at).code == 0
    json_answer = run("check", "BTC", "--format", "json", *at)
    assert (json_answer.code, json.loads(json_answer.out)["severe"]) == (3, 1)
    assert {row["check"] for row in json.loads(json_answer.out)["findings"]} == {
        "unit_spike",
        "jump",
        "spike",
    }
    rows = list(csv.DictReader(io.StringIO(run("check", "--format", "csv", *at).out)))
    assert list(rows[0]) == list(Finding.__dataclass_fields__)
    assert run("check", "--format", "markdown", *at).out.startswith("| severity | check | instrument |")
    assert run("check", "--since", "2025-12-20", *at).out.count("jump") == 0
    assert run("check", "--severity", "awful", *at).code == 2
    assert run("check", "--lake", tmp_path / "none", "--home", tmp_path).code == 1
