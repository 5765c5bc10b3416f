"""Scheduled runs start after the calendar's close and lag."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from marketlake.airflow import schedule
from marketlake.model.calendars import load_calendar
from marketlake.model.settings import load_settings

YEAR = 2025


@pytest.mark.parametrize("calendar", sorted(schedule.MOMENTS))
def test_session_is_finished_at_its_scheduled_run(calendar: str) -> None:
    cron, zone = schedule.MOMENTS[calendar]
    minute, hour, *days = cron.split()
    known = load_calendar(calendar, date(YEAR, 12, 31))
    for session in known.sessions(date(YEAR, 1, 1), date(YEAR, 12, 1)).tolist():
        ended = known.close_at(known.sessions(session, session))[0].item().replace(tzinfo=UTC)
        run = datetime(ended.year, ended.month, ended.day, int(hour), int(minute), tzinfo=ZoneInfo(zone))
        if days[0] != "*":
            run = run.replace(day=int(days[0].split("-")[0]))
        # ordinary closes, not half days
        assert ended + known.lag <= run <= ended + known.lag + timedelta(hours=6), session
        assert known.last_finished(run) >= session


def test_calendar_without_a_schedule_runs_daily(home: Path) -> None:
    universe = home / "instruments.toml"
    universe.write_text(universe.read_text().replace("XNYS", "XWBO"))
    schedules = {each.calendar: each for each in schedule.calendar_schedules()}
    assert (schedules["XWBO"].cron, schedules["XWBO"].zone) == ("45 23 * * *", "UTC")


def test_calendar_determines_dag_asset_instruments_and_first_sources(home: Path) -> None:
    crypto, shares = schedule.calendar_schedules(load_settings())
    assert (crypto.dag_id, crypto.asset) == ("ingest_24_7", "marketlake_bar_24_7")
    assert (shares.instruments, shares.sources) == (("NASDAQ", "SPY"), ("yahoo",))
    assert schedule.first_sources() == ("bitstamp", "yahoo")
