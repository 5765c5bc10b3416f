"""Missing sessions: requested again, filled, or permanent after three answered requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.plan import plan_daily
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code
from marketlake.ingest.status import status
from marketlake.lake import Lake

from .dag import Dag
from .homes import make_home, rows, serve_rows, settings_of, stored_bytes

CLOSES = [float(n) for n in range(100, 150)]
OLD_GAP, HEAD = date(2023, 12, 28), date(2023, 12, 25)


def leave_out(home: Path, *sessions: date, last: date = date.max) -> None:
    """Serve the file of COIN without these sessions."""
    serve_rows(home, "COIN", CLOSES)
    path = home / "files" / "COIN.csv"
    header, *lines = path.read_text().splitlines()
    dated = [(date.fromisoformat(line[:10]), line) for line in lines]
    kept = [line for session, line in dated if session not in sessions and session <= last]
    path.write_text("\n".join([header, *kept]) + "\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home", {"COIN": "crypto"})


def run(home: Path, day: int, hour: int = 12) -> dict:
    (row,) = ingest(settings_of(home, f"2024-01-{day:02}T{hour:02}:00Z"))
    return row


def states(lake: Path) -> list[tuple]:
    return [
        (row["session"], row["state"], row["tries"])
        for row in sorted(rows(lake, "gap"), key=lambda row: (row["last_requested_at"], row["session"]))
    ]


def starts(home: Path, day: int) -> date:
    settings = settings_of(home, f"2024-01-{day:02}T12:00Z")
    (job,) = plan_daily(replace(settings, reverify_days=0), settings.universe)
    return job.start


def test_gap_is_requested_again_and_filled(home: Path) -> None:
    leave_out(home, OLD_GAP)
    assert run(home, 20)["outcome"] == "ok"
    lake = home / "data"
    assert states(lake) == [(OLD_GAP, "open", 1)]
    assert starts(home, 21) == OLD_GAP
    (row,) = rows(lake, "gap")
    assert (row["source"], row["accepted"], row["instrument_id"]) == ("files", True, "COIN")
    leave_out(home)
    run_row = run(home, 21)
    assert (run_row["outcome"], run_row["new_rows"], run_row["revised_rows"]) == ("ok", 2, 0)
    assert states(lake)[1:] == [(OLD_GAP, "filled", 1)]
    assert starts(home, 22) == date(2024, 1, 10)
    assert {row["session"] for row in rows(lake, "bar")} >= {OLD_GAP}


def test_gap_is_permanent_after_three_answered_requests(home: Path) -> None:
    leave_out(home, OLD_GAP)
    outcomes = [run(home, day)["outcome"] for day in (20, 21, 22, 23)]
    assert outcomes == ["ok"] * 4
    assert states(home / "data") == [
        (OLD_GAP, "open", 1),
        (OLD_GAP, "open", 2),
        (OLD_GAP, "permanent", 3),
    ]
    assert starts(home, 24) == date(2024, 1, 12)
    # a permanent gap that is served later is stored and recorded
    leave_out(home)
    settings = settings_of(home, "2024-01-25T12:00Z")
    ingest(settings, window=(HEAD, None))
    assert states(home / "data")[-1] == (OLD_GAP, "filled", 3)
    assert status(settings).instruments[0].permanent_gaps == 0


def test_failed_fetch_does_not_count_as_a_request(home: Path) -> None:
    leave_out(home, OLD_GAP)
    run(home, 20)
    for day, broken in ((21, None), (22, "<html>"), (23, None)):
        if broken is None:
            (home / "files" / "COIN.csv").unlink(missing_ok=True)
        else:
            (home / "files" / "COIN.csv").write_text(broken)
        assert run(home, day)["outcome"] in {"not_found", "malformed"}
    assert states(home / "data") == [(OLD_GAP, "open", 1)]
    leave_out(home, OLD_GAP)
    run(home, 24)
    assert states(home / "data")[-1] == (OLD_GAP, "open", 2)


def test_responses_of_one_run_count_as_one_request(home: Path) -> None:
    """A scheduler retries within minutes, so these requests count as one."""
    missing = [date(2024, 1, day) for day in range(2, 10)]
    leave_out(home)
    run(home, 1)
    leave_out(home, *missing)
    settings = settings_of(home, "2024-01-12T12:00Z")
    dag = Dag(settings)
    (batch,) = dag.plan()
    for _ in range(3):
        with pytest.raises(Exception, match="truncated"):
            dag.fetch(batch)
    dag.store()
    assert states(settings.lake) == [(session, "open", 1) for session in missing]
    # the scheduler's next plan starts at the first gap
    (batch,) = Dag(settings, "2").plan()
    assert batch[0]["start"] <= "2024-01-02"


def test_missing_sessions_at_either_end_are_no_gap(home: Path) -> None:
    """A vendor's history may begin later than requested and end a few days early."""
    leave_out(home, HEAD, date(2023, 12, 26), last=date(2024, 1, 17))
    assert run(home, 20)["outcome"] == "ok"
    assert states(home / "data") == []
    # it is a gap once later sessions arrive without it
    leave_out(home, date(2024, 1, 18))
    run(home, 21)
    assert states(home / "data") == [(date(2024, 1, 18), "open", 1)]


def test_short_response_removes_no_stored_rows(home: Path) -> None:
    leave_out(home)
    run(home, 20)
    before = stored_bytes(home / "data")
    leave_out(home, *[date(2024, 1, day) for day in range(11, 19)])
    settings = settings_of(home, "2024-01-20T13:00Z")
    (row,) = ingest(settings)
    assert row["outcome"] == "truncated"
    assert stored_bytes(settings.lake) == before
    # every day is already stored, so there is no gap
    assert states(settings.lake) == []


def test_too_many_gaps_are_truncated_until_they_are_permanent(home: Path) -> None:
    missing = [date(2024, 1, day) for day in range(2, 10)]
    leave_out(home)
    run(home, 1)
    leave_out(home, *missing)
    assert [run(home, day)["outcome"] for day in (11, 12, 13, 14)] == ["truncated"] * 3 + ["ok"]
    assert exit_code([run(home, 15)]) == 0
    assert {row["state"] for row in rows(home / "data", "gap") if row["tries"] == 3} == {"permanent"}
    assert starts(home, 16) == date(2024, 1, 4)


def test_vendor_holidays_never_fail_a_run(home: Path) -> None:
    """Seven missing days of a long history are accepted, also when they are most of a short
    window."""
    text = (home / "instruments.toml").read_text().replace("2023-12-25", "2023-01-01")
    (home / "instruments.toml").write_text(text)
    text = ["date,close"]
    off = {date(2023, 12, day) for day in range(20, 27)}
    for number in range(date(2023, 1, 1).toordinal(), date(2024, 2, 1).toordinal()):
        session = date.fromordinal(number)
        if session not in off:
            text.append(f"{session},{100 + number % 7}")
    (home / "files" / "COIN.csv").write_text("\n".join(text) + "\n")
    settings = settings_of(home, "2023-12-30T12:00Z")
    assert ingest(settings)[0]["outcome"] == "ok"
    for day in (1, 2, 3, 4):
        assert run(home, day)["outcome"] == "ok"
    shown = status(settings_of(home, "2024-01-04T12:00Z")).instruments[0]
    assert (shown.open_gaps, shown.permanent_gaps) == (0, 7)


def test_quarantined_row_leaves_a_gap(home: Path) -> None:
    """Its session is due and was served, but no row is stored."""
    serve_rows(home, "COIN", CLOSES, d20231228=-5.0)
    assert run(home, 20)["outcome"] == "quarantined"
    assert states(home / "data") == [(OLD_GAP, "open", 1)]
    serve_rows(home, "COIN", CLOSES)
    run(home, 21)
    assert states(home / "data")[-1] == (OLD_GAP, "filled", 1)


def test_replay_and_sql_and_status_agree(home: Path) -> None:
    leave_out(home, OLD_GAP, date(2024, 1, 5))
    run(home, 20)
    leave_out(home, date(2024, 1, 5))
    settings = settings_of(home, "2024-01-21T12:00Z")
    ingest(settings)
    build(settings)
    gaps = (
        Lake(settings.lake).query_rows("SELECT session, state, tries FROM session_gap ORDER BY session").rows
    )
    assert gaps == ((OLD_GAP, "filled", 1), (date(2024, 1, 5), "open", 2))
    assert Lake(settings.lake).query_rows("SELECT count(*) FROM gap").rows == ((4,),)
    instrument = status(settings).instruments[0]
    assert (instrument.open_gaps, instrument.permanent_gaps) == (1, 0)
    before = rows(settings.lake, "gap")
    assert replay(settings).changed == ()
    assert rows(settings.lake, "gap") == before


def test_clock_jumping_back_reopens_no_gap(home: Path) -> None:
    leave_out(home, OLD_GAP)
    run(home, 20)
    leave_out(home)
    run(home, 19)
    assert starts(home, 21) == date(2024, 1, 9)
    assert datetime(2024, 1, 20, tzinfo=UTC) > min(r["last_requested_at"] for r in rows(home / "data", "gap"))
