"""Sessions, closes and finished sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from marketlake.model import calendars, exchange_days
from marketlake.model.calendars import EARLIEST, WEEKDAYS, load_calendar
from marketlake.model.errors import ConfigError


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "moment", "last"),
    [
        ("24/7", "2024-03-10T00:09:59", "2024-03-08"),
        ("24/7", "2024-03-10T00:10:00", "2024-03-09"),
        # an early close at 18:00 UTC
        ("XNYS", "2024-11-29T18:59:00", "2024-11-27"),
        ("XNYS", "2024-11-29T19:00:00", "2024-11-29"),
        # summer time moves the close
        ("XNYS", "2024-07-01T20:59:00", "2024-06-28"),
        ("XNYS", "2024-07-01T21:00:00", "2024-07-01"),
        ("TARGET", "2024-01-02T16:00:00", "2024-01-02"),
        ("TARGET", "2024-01-02T15:59:00", "2023-12-29"),
        ("MONTHLY", "2024-02-15T23:59:00", "2023-12-01"),
        ("MONTHLY", "2024-02-16T00:00:00", "2024-01-01"),
    ],
)
def test_last_finished_session(name: str, moment: str, last: str) -> None:
    calendar = load_calendar(name, at(moment).date())
    assert calendar.last_finished(at(moment)) == date.fromisoformat(last)


def test_no_finished_session_before_the_first() -> None:
    assert load_calendar("XNYS", date(2024, 1, 1)).last_finished(at("1970-01-01T00:00:00")) == EARLIEST


def test_sessions_of_a_window_and_back() -> None:
    calendar = load_calendar("XNYS", date(2024, 12, 31))
    week = calendar.sessions(date(2024, 7, 1), date(2024, 7, 7)).tolist()
    assert week == [date(2024, 7, n) for n in (1, 2, 3, 5)]
    assert calendar.back(date(2024, 7, 5), 3) == date(2024, 7, 1)
    assert calendar.back(date(2024, 7, 6), 1) == date(2024, 7, 5)
    assert calendar.back(EARLIEST, 10) == calendar.days[0].item()


def test_day_off_the_calendar_ends_at_midnight() -> None:
    calendar = load_calendar("XNYS", date(2024, 12, 31))
    days = np.array(["2024-07-04", "2024-07-05", "2031-01-01"], dtype="datetime64[D]")
    ends = calendar.close_at(days).astype("datetime64[s]").astype(str).tolist()
    assert ends == ["2024-07-05T00:00:00", "2024-07-05T20:00:00", "2031-01-02T00:00:00"]
    assert calendar.is_session(days).tolist() == [False, True, False]


def test_target_holidays_are_closed() -> None:
    calendar = load_calendar("TARGET", date(2024, 12, 31))
    rests = ["2024-03-29", "2024-04-01", "2024-05-01", "2024-12-25", "2024-12-26", "2001-12-31", "2024-06-01"]
    assert not calendar.is_session(np.array(rests, dtype="datetime64[D]")).any()
    works = ["2024-12-24", "2024-12-31", "1999-05-03"]
    assert calendar.is_session(np.array(works, dtype="datetime64[D]")).all()


def test_unknown_calendar_is_an_error() -> None:
    with pytest.raises(ConfigError, match="NOWHERE"):
        load_calendar("NOWHERE", date(2024, 1, 1))


def test_a_calendar_that_fails_has_a_short_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise NotImplementedError("implemented by\nsubclasses " * 5_000)

    monkeypatch.setattr(exchange_days, "exchange_days", failing)
    monkeypatch.setattr(calendars, "_load", calendars._load.__wrapped__)
    with pytest.raises(ConfigError, match="XPAR cannot be computed for 2024") as caught:
        load_calendar("XPAR", date(2024, 1, 1))
    assert len(str(caught.value)) < 250
    assert WEEKDAYS in str(caught.value)


def test_weekdays_follow_the_recorded_holidays() -> None:
    calendar = load_calendar("XSHG", date(2027, 2, 15))
    assert calendar.recorded_to == date(2026, 12, 31)
    assert calendar.last_finished(at("2027-02-15T08:00:00")) == date(2027, 2, 15)
    days = np.array(["2026-12-31", "2027-01-01"], dtype="datetime64[D]")
    assert calendar.assumed(days).tolist() == [False, True]
    assert calendar.sessions(date(2027, 2, 8), date(2027, 2, 14)).astype(str).tolist() == [
        f"2027-02-{day:02}" for day in range(8, 13)
    ]
    assert calendar.close_at(days).astype("datetime64[h]").astype(str).tolist() == [
        "2026-12-31T07",
        "2027-01-01T07",
    ]
    assert [bool(calendar.warning(date.fromisoformat(d))) for d in ("2026-11-01", "2026-11-02")] == [
        False,
        True,
    ]
    assert load_calendar("XNYS", date(2027, 2, 15)).warning(date(2027, 2, 15)) == ""


@pytest.mark.parametrize(
    ("name", "works", "rests"),
    [
        # Sunday to Thursday until 2025; the last Sunday was 2026-01-04
        ("XTAE", ["2024-01-07", "2026-01-04", "2026-01-09"], ["2024-01-05", "2026-01-11"]),
        # Saturdays until 1998-12-05
        ("XKRX", ["1998-12-05"], ["1998-12-12"]),
        ("XMOS", ["2024-12-28"], ["2024-12-21"]),
        ("XBOM", ["2025-02-01"], ["2025-02-08"]),
        # Good Friday and Easter Monday of the Orthodox church
        ("ASEX", ["2024-04-02"], ["2024-05-03", "2024-05-06"]),
        ("XBEL", ["2024-03-29"], ["2024-05-03", "2024-05-06"]),
    ],
)
def test_weeks_and_holidays_that_pandas_does_not_ask_for(
    name: str, works: list[str], rests: list[str]
) -> None:
    calendar = load_calendar(name, date(2026, 12, 31))
    assert calendar.is_session(np.array(works, dtype="datetime64[D]")).all()
    assert not calendar.is_session(np.array(rests, dtype="datetime64[D]")).any()


@pytest.mark.slow
def test_every_calendar_works_for_five_years() -> None:
    import exchange_calendars

    for name in exchange_calendars.get_calendar_names(include_aliases=False):
        calendar = load_calendar(name, date(2031, 12, 31))
        assert (np.diff(calendar.days).astype(int) > 0).all(), name
        assert (np.diff(calendar.closes).astype(int) > 0).all(), name
        for year in range(2027, 2032):
            # the calendar of a year differs only where it knows less of it
            known = calendar if calendar.recorded_to.year > 2031 else load_calendar(name, date(year, 1, 1))
            for day in (date(year, 1, 5), date(year, 6, 30), date(year, 12, 30)):
                finished = known.last_finished(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
                assert 0 <= (day - finished).days <= 14, (name, day)
                assert known.back(day, 10) < day
            count = len(known.sessions(date(year, 1, 1), date(year, 12, 31)))
            assert (count >= 365) if name == "24/7" else (235 <= count <= 262), (name, year)
