"""A session is the venue's local day: at clock changes, on leap days, on either side of the date
line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from marketlake.sources import create
from marketlake.sources.contract import Page, Request

ZONES = ["America/New_York", "Europe/London", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "UTC"]
DAYS = [date(2023, 12, 28) + timedelta(days=number) for number in range(440)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("opens", [time(0), time(9, 30)])
def test_every_day_of_a_leap_year_keeps_its_date(
    chart_of: Callable[..., dict[str, Any]], zone: str, opens: time
) -> None:
    stamps = [int(datetime.combine(day, opens, ZoneInfo(zone)).astimezone(UTC).timestamp()) for day in DAYS]
    quote = {name: [1.0] * len(DAYS) for name in ("open", "high", "low", "close", "volume")}
    document = chart_of("X", timestamp=stamps, indicators={"quote": [quote]})
    meta = document["chart"]["result"][0]["meta"]
    meta |= {"exchangeTimezoneName": zone, "gmtoffset": 0}
    page = Page(Request("X", "X", DAYS[0], DAYS[-1]), "u", 200, {}, json.dumps(document).encode())
    assert create("yahoo").parse([page]).bars["session"].to_pylist() == DAYS
