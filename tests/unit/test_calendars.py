"""Sessions, closes and finished sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from marketlake.model.calendars import EARLIEST, load_calendar
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


@pytest.mark.parametrize(("name", "year"), [("NOWHERE", 2024), ("XSHG", 2099)])
def test_unknown_calendar_is_an_error(name: str, year: int) -> None:
    with pytest.raises(ConfigError, match=name):
        load_calendar(name, date(year, 1, 1))
