"""A market with bars outside the calendar and instruments of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from ...answers.lakes import BILL, BTC, NASDAQ, SHARE, bar

FIRST, LAST = date(2019, 6, 3), date(2021, 9, 30)
NEW_YEAR, SATURDAY = date(2020, 1, 1), date(2021, 1, 2)
GAP = date(2020, 1, 15)
OUTSIDE = replace(SHARE, id="OUTSIDE", name="Traded on a holiday too")
MASKED = replace(SHARE, id="MASKED", name="A holiday's bar and a day lost, as many as there should be")
BEGINS = replace(SHARE, id="BEGINS", name="Begins and ends outside the calendar")
UNPRICED = replace(SHARE, id="UNPRICED", name="Without a price at its ends", negative_prices=True)
HALTED = replace(SHARE, id="HALTED", name="A year without any price", negative_prices=True)
ENDED = replace(SHARE, id="ENDED", name="Delisted", until=date(2021, 5, 28))
LOST = replace(SHARE, id="LOST", name="No longer served")
STOOD_IN = replace(SHARE, id="STOOD_IN", name="A proxy", proxy_for="something else", synthetic="daily")
LONDON = replace(
    SHARE, id="LONDON", name="Without a bill in its currency", calendar="XLON", quote_currency="GBP"
)
DOLLAR = (BTC, NASDAQ, OUTSIDE, MASKED, BEGINS, UNPRICED, ENDED, LOST, STOOD_IN, HALTED)
MARKET = (*DOLLAR, LONDON, BILL)


def bars() -> list[dict[str, Any]]:
    """Every instrument's bars."""
    return [row for number, instrument in enumerate(MARKET) for row in _bars(instrument, number)]


def _bars(instrument: Instrument, seed: int) -> Iterator[dict[str, Any]]:
    random = np.random.default_rng(seed)
    sessions = _sessions(instrument)
    close = 100.0
    for session in sessions:
        close = 2.0 if instrument is BILL else close * (1 + random.normal(0.0005, 0.02))
        unpriced = instrument is UNPRICED and session in (*sessions[:2], date(2020, 12, 31), *sessions[-2:])
        unpriced = unpriced or (instrument is HALTED and session.year == 2020)
        yield bar(instrument, session, -1.0 if unpriced else close)


def _sessions(instrument: Instrument) -> list[date]:
    days = load_calendar(instrument.calendar, LAST).sessions(FIRST, LAST).astype(object).tolist()
    if instrument in (OUTSIDE, MASKED):
        days = sorted({*days, NEW_YEAR, SATURDAY})
    if instrument is MASKED:
        days.remove(GAP)
    if instrument is BEGINS:
        days = [date(2019, 6, 2), *days, date(2021, 10, 2)]
    if instrument in (ENDED, LOST):
        days = [day for day in days if day <= date(2021, 5, 28)]
    return days
