"""Manual corrections: of new rows, of stored rows, removed, and in replay."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code
from marketlake.lake import Lake
from marketlake.model.errors import ConfigError
from marketlake.model.settings import parse_instant

from .homes import make_home, rows, serve_rows, settings_of, stored_bytes

ENTRY = """
[[correction]]
instrument = "{instrument}"
session = {session}
field = "{field}"
old = {old}
new = {new}
reason = "{reason}"
"""
DAY = date(2024, 1, 1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_home(tmp_path / "home")
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 40))
    return home


def correct(home: Path, **entry: Any) -> None:
    """The only entry of corrections.toml; the vendor serves 17 on 2024-01-01."""
    usual = {
        "instrument": "COIN",
        "session": DAY,
        "field": "close",
        "old": 17,
        "new": 17.25,
        "reason": "a misprint",
    }
    (home / "corrections.toml").write_text(ENTRY.format(**(usual | entry)))


def run(home: Path, now: str, code: int = 0) -> dict[str, dict[str, Any]]:
    run_rows = ingest(settings_of(home, now))
    assert exit_code(run_rows) == code
    return {row["instrument_id"]: dict(row) for row in run_rows}


def closes(home: Path, table: str = "bar", instrument: str = "COIN") -> list[float]:
    versions = [
        r for r in rows(home / "data", table) if (r["instrument_id"], r["session"]) == (instrument, DAY)
    ]
    return [row["close"] for row in sorted(versions, key=lambda row: row["observed_at"])]


def assert_replay_changes_nothing(home: Path) -> None:
    before = stored_bytes(home / "data")
    assert replay(settings_of(home, "2024-03-01")).changed == ()
    assert stored_bytes(home / "data") == before


def test_first_load_is_corrected_before_it_is_stored(home: Path) -> None:
    correct(home)
    run(home, "2024-01-04T12:00Z")
    assert closes(home) == [17.25]
    assert closes(home, instrument="METAL") == [17.0]
    assert not rows(home / "data", "revision")
    for now in ("2024-01-04T13:00Z", "2024-01-05T12:00Z"):
        assert run(home, now)["COIN"]["revised_rows"] == 0
    assert closes(home) == [17.25]
    assert not rows(home / "data", "revision")
    assert_replay_changes_nothing(home)


@pytest.mark.parametrize(
    "now", ["2024-01-04T12:00Z", "2024-01-20T12:00Z"], ids=["in_look_back", "long_after"]
)
def test_correcting_a_stored_row_adds_a_revision(home: Path, now: str) -> None:
    run(home, "2024-01-03T12:00Z")
    run(home, now)
    correct(home)
    run_rows = run(home, now.replace("12:", "13:"))
    assert run_rows["COIN"]["outcome"] in {"ok", "no_new_data"}
    assert (closes(home), closes(home, "revision")) == ([17.25], [17.0])
    run(home, now.replace("12:", "14:"))
    assert (closes(home), closes(home, "revision")) == ([17.25], [17.0])
    (home / "corrections.toml").unlink()
    run(home, now.replace("12:", "15:"))
    assert (closes(home), closes(home, "revision")) == ([17.0], [17.0, 17.25])
    assert_replay_changes_nothing(home)


def test_changed_correction_replaces_the_previous_one(home: Path) -> None:
    correct(home)
    run(home, "2024-01-04T12:00Z")
    correct(home, new=17.5)
    run(home, "2024-01-04T13:00Z")
    assert (closes(home), closes(home, "revision")) == ([17.5], [17.25])
    (home / "corrections.toml").write_text("")
    run(home, "2024-01-04T14:00Z")
    assert (closes(home), closes(home, "revision")) == ([17.0], [17.25, 17.5])
    assert [row["state"] for row in rows(home / "data", "correction")] == ["in_force", "in_force", "removed"]
    assert_replay_changes_nothing(home)


def test_changes_and_check_show_the_correction(home: Path) -> None:
    run(home, "2024-01-04T12:00Z")
    correct(home)
    run(home, "2024-01-05T12:00Z")
    build(settings_of(home, "2024-01-05T12:00Z"))
    changes = Lake(home / "data").changes(parse_instant("2024-01-04T13:00Z"), kinds=["correction"])
    (change,) = changes.rows
    assert [(one.name, one.old, one.new) for one in change.fields] == [("close", 17.0, 17.25)]
    (correction,) = (
        Lake(home / "data").query_rows("SELECT field, old, new, reason, state FROM correction").rows
    )
    assert correction == ("close", 17.0, 17.25, "a misprint", "in_force")
    assert not Lake(home / "data").check(now=parse_instant("2024-01-05T12:00Z")).severe


def test_mismatched_old_value_fails_the_run_and_changes_nothing(home: Path) -> None:
    run(home, "2024-01-04T12:00Z")
    correct(home, old=16.9)
    # the session is first in the daily run's window, then outside it
    failed = run(home, "2024-01-04T13:00Z", code=3)["COIN"]
    for part in ("COIN 2024-01-01 close", "expected 16.9", "17.25", "holds 17"):
        assert part in failed["message"]
    assert failed["outcome"] == "quarantined"
    assert closes(home) == [17.0]
    row = run(home, "2024-01-05T12:00Z", code=3)["COIN"]
    assert "the vendor serves 17;" in row["message"]
    assert row["new_rows"] == 1
    build(settings_of(home, "2024-01-05T12:00Z"))
    severe = Lake(home / "data").check(severity="fail", now=parse_instant("2024-01-05T12:00Z")).findings
    assert {one.check for one in severe} >= {"correction_not_applied"}
    correct(home, old=17)
    run(home, "2024-01-06T12:00Z")
    assert closes(home) == [17.25]
    build(settings_of(home, "2024-01-06T12:00Z"))
    assert not Lake(home / "data").check(severity="fail", now=parse_instant("2024-01-06T12:00Z")).findings
    assert_replay_changes_nothing(home)


def test_vendors_own_correction_is_noted_and_wins(home: Path) -> None:
    correct(home)
    run(home, "2024-01-04T12:00Z")
    serve_rows(home, "COIN", range(10, 40), d20240101=17.25)
    run(home, "2024-01-05T12:00Z")
    (finding,) = [row for row in rows(home / "data", "finding") if row["check"] == "correction_not_needed"]
    assert (finding["instrument_id"], finding["session"]) == ("COIN", DAY)
    (home / "corrections.toml").unlink()
    run(home, "2024-01-06T12:00Z")
    assert closes(home) == [17.25]
    assert not rows(home / "data", "revision")
    assert_replay_changes_nothing(home)


def test_corrected_row_passes_the_check(home: Path) -> None:
    serve_rows(home, "COIN", range(10, 40), d20240101=-17)
    run(home, "2024-01-04T12:00Z", code=3)
    assert closes(home) == []
    correct(home, old=-17, new=17)
    run(home, "2024-01-05T12:00Z")
    assert closes(home) == [17.0]
    assert_replay_changes_nothing(home)


def test_correction_can_set_and_remove_missing_values(home: Path) -> None:
    correct(home, field="volume", old=1007, new='"none"')
    run(home, "2024-01-04T12:00Z")
    (row,) = [r for r in rows(home / "data", "bar") if (r["instrument_id"], r["session"]) == ("COIN", DAY)]
    assert (row["volume"], row["open"]) == (None, None)
    correct(home, field="open", old='"none"', new=16.5)
    run(home, "2024-01-05T12:00Z")
    (row,) = [r for r in rows(home / "data", "bar") if (r["instrument_id"], r["session"]) == ("COIN", DAY)]
    assert (row["volume"], row["open"]) == (1007.0, 16.5)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"instrument": "NOBODY"}, "not in instruments.toml"),
        ({"instrument": "../../etc/passwd"}, "not in instruments.toml"),
        ({"session": '"2024-01-01"'}, "must be a date"),
        ({"session": "2024-01-01T00:00:00Z"}, "must be a date"),
        ({"field": "adj_close"}, "must be one of open"),
        ({"old": '"none"'}, "must be a number"),
        ({"new": "nan"}, "must be a number"),
        ({"new": "true"}, "must be a number"),
        ({"new": -1}, "is not a valid close"),
        ({"field": "split", "new": 0}, "is not a valid split"),
        ({"new": 17}, "the same"),
        ({"reason": ""}, "reason must be"),
        ({"reason": "\\u202e" + "x"}, "reason must be"),
        ({"reason": "x" * 301}, "reason must be"),
        ({"reason": 'ok"\nsource = "yahoo'}, "needs exactly"),
    ],
)
def test_invalid_entry_is_rejected_before_any_request(home: Path, entry: dict[str, Any], says: str) -> None:
    correct(home, **entry)
    with pytest.raises(ConfigError, match=says) as refused:
        run(home, "2024-01-04T12:00Z")
    assert "corrections.toml" in str(refused.value)
    assert not (home / "data").exists()


def test_duplicate_entries_and_unknown_tables_are_rejected(home: Path) -> None:
    correct(home)
    path = home / "corrections.toml"
    path.write_text(path.read_text() * 2)
    with pytest.raises(ConfigError, match="corrected twice"):
        run(home, "2024-01-04T12:00Z")
    path.write_text("[[corection]]\n")
    with pytest.raises(ConfigError, match="corection"):
        run(home, "2024-01-04T12:00Z")


def test_reason_is_treated_as_data_everywhere(home: Path) -> None:
    correct(home, reason="'); DROP TABLE bar; <script>=1+1</script>")
    run(home, "2024-01-04T12:00Z")
    build(settings_of(home, "2024-01-04T12:00Z"))
    (correction,) = Lake(home / "data").query_rows("SELECT reason FROM correction").rows
    assert correction == ("'); DROP TABLE bar; <script>=1+1</script>",)
