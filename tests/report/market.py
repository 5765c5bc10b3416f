"""A market with all that a figure can trip over: splits, dividends, gaps, two currencies, late
starts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from marketlake.claims.claim import SleeveClaim, WinsClaim
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from ..answers.lakes import BTC, EUR, FUND, NASDAQ, SHARE, bar

HOSTILE = "</script><script>alert(1)</script>"
"""A name that would run if it were not text."""

FIRST, LAST = date(2020, 12, 1), date(2025, 3, 14)
EURO_SHARE = replace(SHARE, id="EURO_SHARE", name="A share in euros", calendar="XETR", quote_currency="EUR")
MADE_UP = replace(
    SHARE, id="MADE_UP", name="Made up", calendar="24/7", synthetic="daily", proxy_for="something else"
)
LATE = replace(SHARE, id="LATE", name=f"{HOSTILE} & <b>bold</b>")
INSTRUMENTS = (BTC, NASDAQ, SHARE, FUND, EURO_SHARE, MADE_UP, LATE, EUR)
CLAIM = WinsClaim(
    id="SHARE_WINS",
    statement=f"The share did better than the index {HOSTILE}",
    source='a "page" <img src=x onerror=alert(1)>',
    published="2025",
    first_year=2021,
    last_year=2023,
    a="SHARE",
    b="NASDAQ",
    at_least=2,
)

PLAN = SleeveClaim(
    id="SLEEVE",
    statement="A 3 % sleeve improved the plan",
    source="nobody",
    published="2025",
    first_year=2021,
    last_year=2024,
    plan={"FUND": 0.6, "SHARE": 0.4},
    sleeve="BTC",
    share=0.03,
)
_DOUBTED = 600
"""Place of the session on which the euro jumps."""


def findings() -> list[dict[str, Any]]:
    """That jump."""
    row = list(walk(EUR))[_DOUBTED - 12]
    named = ("instrument_id", "session", "source", "observed_at")
    return [{"check": "jump", "message": "m"} | {name: row[name] for name in named}]


def bars(instruments: Sequence[Instrument] = INSTRUMENTS) -> list[dict[str, Any]]:
    """A walk for each, the same every time."""
    return [row for instrument in instruments for row in walk(instrument)]


def walk(instrument: Instrument, first: date = FIRST, last: date = LAST) -> Iterator[dict[str, Any]]:
    chance = random.Random(instrument.id)
    close = 1.1 if instrument.asset_class == "currency" else chance.uniform(20, 200)
    swing = 0.003 if instrument.asset_class == "currency" else 0.02
    start = date(2022, 5, 3) if instrument.id == "LATE" else first
    sessions = load_calendar(instrument.calendar, last).sessions(start, last)
    for place, day in enumerate(day.item() for day in sessions):
        close *= 1 + chance.gauss(0.0006, swing)
        events: dict[str, Any] = {}
        if instrument.id == "SHARE" and place % 63 == 40:
            events = {"dividend": round(close / 150, 4)}
        if instrument.id == "SHARE" and place in {300, 700}:
            split = 4.0 if place == 300 else 1 / 3
            close, events = close / split, {"split": split}
        if instrument.id == "EURO_SHARE" and place % 250 == 100:
            events = {"dividend": round(close / 40, 2)}
        # a gap in LATE, reference rates that stop for two weeks
        gap = (instrument.id == "LATE" and place % 90 in {17, 18}) or (
            instrument.id == "EUR" and 300 <= place < 312
        )
        if (instrument.id, place) == ("EUR", _DOUBTED):
            close *= 1.4
        if not gap:
            yield bar(instrument, day, as_served(instrument, close), **events)


def as_served(instrument: Instrument, close: float) -> float:
    """As its vendor tells it: to the cent, to eight places, as a 32-bit float, with every digit
    there is."""
    if instrument.id == "NASDAQ":
        return float(np.float32(close))
    if instrument.id in {"LATE", "FUND"}:
        return close
    return round(close, 8 if instrument.calendar == "24/7" else 2)
