"""Scheduled runs start soon after the calendar's close and lag, so that nothing is stale by then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from marketlake.airflow import schedule
from marketlake.airflow.schedule import ScheduledLake
from marketlake.model.calendars import OWN_CALENDARS, load_calendar
from marketlake.model.settings import DEADLINE_HOURS

YEAR = 2026
RECORDED_IN_PART = {"ASEX", "BVB", "TASE", "XBEL", "XBSE", "XCYS", "XTAE"}
"""exchange-calendars 4.13 cannot build them to the end of the year."""
LAG = timedelta(hours=1)
RETRIES = timedelta(hours=2)


def day_numbers(field: str) -> set[int]:
    """The values of a cron field such as `*`, `1-5` or `16-28`."""
    if field == "*":
        return set(range(32))
    first, _, last = field.partition("-")
    return set(range(int(first), int(last or first) + 1))


def next_run(cron: str, zone: str, ready: datetime) -> datetime:
    """The first run of a daily schedule after this moment, in UTC."""
    minute, hour, days, _, weekdays = cron.split()
    local = ready.astimezone(ZoneInfo(zone)).date()
    for ahead in range(40):
        day = local + timedelta(days=ahead)
        run = datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=ZoneInfo(zone))
        due = day.day in day_numbers(days) and day.isoweekday() % 7 in day_numbers(weekdays)
        if due and run >= ready:
            return run.astimezone(UTC)
    raise AssertionError(f"{cron} has no run within 40 days after {ready}")


@cache
def closes(name: str) -> list[datetime]:
    """When the sessions of a year ended."""
    if name in OWN_CALENDARS or name in RECORDED_IN_PART:
        own = load_calendar(name, date(YEAR, 12, 31))
        # the first week of 2026 had Tel Aviv's last session on a Sunday
        sessions = own.sessions(date(YEAR, 1, 5), date(YEAR, 11, 28))
        ended: list[datetime] = [at.replace(tzinfo=UTC) for at in own.close_at(sessions).tolist()]
        return ended
    import exchange_calendars

    # load_calendar would build 50 years of each
    exchange = exchange_calendars.get_calendar(name, start=date(YEAR, 1, 1), end=date(YEAR, 12, 31))
    return [at.to_pydatetime() for at in exchange.closes]


def known_exchanges() -> list[str]:
    from exchange_calendars import calendar_utils

    return sorted({*calendar_utils._default_calendar_factories, *calendar_utils._default_calendar_aliases})


def test_every_calendar_has_a_schedule_of_its_own() -> None:
    assert {*known_exchanges(), *OWN_CALENDARS} == set(schedule.MOMENTS)


@pytest.mark.slow
@pytest.mark.parametrize("calendar", sorted(schedule.MOMENTS))
def test_session_is_fetched_well_before_its_deadline(calendar: str) -> None:
    cron, zone = schedule.MOMENTS[calendar]
    lag = {"24/7": timedelta(minutes=10), "MONTHLY": timedelta(days=15)}.get(calendar, LAG)
    late: dict[Any, timedelta] = {}
    for ended in closes(calendar):
        wait = next_run(cron, zone, ended + lag) - ended - lag
        if wait > timedelta(hours=DEADLINE_HOURS) - RETRIES:
            late[ended] = wait
    assert late == {}


def test_run_is_soon_after_an_ordinary_close() -> None:
    for calendar in ("XNYS", "XLON", "XTKS", "XKRX", "XNZE", "XSES", "24/5"):
        cron, zone = schedule.MOMENTS[calendar]
        waits = sorted(next_run(cron, zone, ended + LAG) - ended - LAG for ended in closes(calendar))
        assert waits[len(waits) // 2] == timedelta(minutes=15), calendar


def test_unknown_calendar_runs_daily(home: Path) -> None:
    universe = home / "instruments.toml"
    universe.write_text(universe.read_text().replace("XNYS", "NOWHERE"))
    schedules = {each.calendar: each for each in schedule.calendar_schedules()}
    assert (schedules["NOWHERE"].cron, schedules["NOWHERE"].zone) == ("45 23 * * *", "UTC")


def test_calendar_determines_dag_asset_instruments_and_first_sources(home: Path) -> None:
    found = schedule.lake_schedule(ScheduledLake())
    crypto, shares = found.calendars
    assert (crypto.dag_id, crypto.slug) == ("ingest_24_7", "24_7")
    assert (shares.instruments, shares.sources) == (("NASDAQ", "SPY"), ("yahoo",))
    assert found.sources == ("bitstamp", "yahoo")
    assert found.assets[0] == ("marketlake_bar_24_7", "marketlake://marketlake/bar/24_7")
