"""Venues whose calendar fails, or whose recorded holidays have ended."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code
from marketlake.ingest.status import stale, status
from marketlake.lake import Lake
from marketlake.model import calendars, exchange_days

from ..universes import entry
from .homes import rows, settings_of, stored_bytes

pytestmark = pytest.mark.slow

FIRST = date(2026, 10, 9)
NEW_YEAR = [date(2027, 2, day) for day in range(5, 19)]
"""Mainland markets are closed for ten weekdays around the lunar new year."""


def make(tmp_path: Path, **calendar: str) -> Path:
    home = tmp_path / "home"
    (home / "files").mkdir(parents=True, exist_ok=True)
    text = "".join(
        entry(name, f"files:{name}.csv", f"files:{name}.csv", kind="equity", calendar=one, since=FIRST)
        for name, one in calendar.items()
    )
    (home / "instruments.toml").write_text(text)
    return home


def serve(home: Path, name: str, until: date) -> None:
    """Weekdays up to `until`, without the lunar new year."""
    days = (FIRST + timedelta(days=n) for n in range((until - FIRST).days + 1))
    days = (day for day in days if day.weekday() < 5 and (name == "ASTANA" or day not in NEW_YEAR))
    text = [f"{day},{100 + day.toordinal() % 7}" for day in days]
    (home / "files" / f"{name}.csv").write_text("\n".join(["date,close", *text]) + "\n")


def test_runs_go_on_beyond_the_recorded_holidays(tmp_path: Path) -> None:
    home = make(tmp_path, SHANGHAI="XSHG", MUMBAI="XBOM", ASTANA="AIXK")
    texts = {}
    days = [
        date(2026, 10, 31),
        date(2026, 12, 1),
        *(date(2027, 1, 4) + timedelta(days=n) for n in range(0, 60, 4)),
    ]
    for day in days:
        for name in ("SHANGHAI", "MUMBAI", "ASTANA"):
            serve(home, name, day)
        ended = ingest(settings_of(home, f"{day}T22:00Z"))
        assert {row["outcome"] for row in ended} <= {"ok", "no_new_data"}, (day, ended)
        texts[day] = {row["instrument_id"]: row["message"] for row in ended}
    assert "records holidays" not in texts[days[0]]["SHANGHAI"]
    assert "records holidays to 2026-12-31" in texts[days[1]]["SHANGHAI"]
    assert "exchange-calendars" in texts[days[-1]]["MUMBAI"]
    assert "records" not in texts[days[-1]]["ASTANA"]
    settings = settings_of(home, f"{days[-1]}T22:00Z")
    assert not [
        row
        for row in rows(settings.lake, "gap")
        if row["session"] > date(2026, 12, 31) and row["instrument_id"] != "ASTANA"
    ]
    assert stale(settings) == []
    build(settings)
    lake = Lake(settings.lake)
    found = lake.query_rows(
        "SELECT instrument_id, session, message FROM check_result WHERE \"check\" = 'missing_session' "
        "AND session > '2026-12-31' AND instrument_id <> 'ASTANA'"
    )
    assert not found.rows
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before


def test_a_venue_that_stops_is_noticed_without_recorded_holidays(tmp_path: Path) -> None:
    home = make(tmp_path, SHANGHAI="XSHG")
    serve(home, "SHANGHAI", date(2027, 3, 1))
    (row,) = ingest(settings_of(home, "2027-03-01T22:00Z"))
    assert row["outcome"] == "ok"
    (row,) = ingest(settings_of(home, "2027-03-15T22:00Z"))
    assert row["outcome"] == "no_new_data"
    (row,) = ingest(settings_of(home, "2027-03-16T22:00Z"))
    assert row["outcome"] == "truncated"
    assert "11 after 2027-03-01" in row["message"]


@pytest.mark.parametrize(
    "failure", [NotImplementedError("by subclasses"), ValueError("Special dates " * 9999)]
)
def test_a_calendar_that_cannot_be_computed_fails_only_its_instrument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    computed = exchange_days.exchange_days

    def failing(name: str, *days: date) -> object:
        if name == "XMIL":
            raise failure
        return computed(name, *days)

    monkeypatch.setattr(exchange_days, "exchange_days", failing)
    calendars._load.cache_clear()
    home = make(tmp_path, MILAN="XMIL", PARIS="XPAR")
    for name in ("MILAN", "PARIS"):
        serve(home, name, date(2026, 11, 27))
    settings = settings_of(home, "2026-11-28T12:00Z")
    ended = {row["instrument_id"]: row for row in ingest(settings)}
    assert exit_code(list(ended.values())) == 3
    assert ended["PARIS"]["outcome"] == "ok"
    assert ended["MILAN"]["outcome"] == "misconfigured"
    assert len(ended["MILAN"]["message"]) < 350
    assert build(settings)
    assert [one.outcome for one in status(settings).instruments] == ["misconfigured", "ok"]
    stale(settings)
    # the message's remedy
    path = home / "instruments.toml"
    path.write_text(path.read_text().replace("XMIL", calendars.WEEKDAYS))
    settings = settings_of(home, "2026-11-28T13:00Z")
    assert {row["outcome"] for row in ingest(settings)} == {"ok", "no_new_data"}
    calendars._load.cache_clear()
