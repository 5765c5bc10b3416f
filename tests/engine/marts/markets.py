"""A small market with everything that makes returns hard, the same on every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from ...answers.lakes import BILL, BTC, FUND, SHARE, bar

FIRST, LAST = date(2019, 3, 11), date(2023, 8, 17)
OTHER = replace(SHARE, id="OTHER", name="Another share")
OIL = replace(SHARE, id="OIL", name="Crude oil", negative_prices=True)
LATE = replace(SHARE, id="LATE", name="Listed late")
PAUSED = replace(SHARE, id="PAUSED", name="Not traded in 2021")
STALE = replace(SHARE, id="STALE", name="Nothing varies", return_basis="price")
MARKET = (BTC, SHARE, OTHER, OIL, LATE, PAUSED, STALE, FUND, BILL)

_SPLITS = {SHARE.id: {400: 3.0, 700: 0.1}, FUND.id: {500: 4.0}}
"""By number of the session; the closes of the fund are total returns."""

Row = dict[str, Any]


def bars() -> list[Row]:
    """Bars of every instrument: a new list of shared rows."""
    return list(_all_bars())


@cache
def _all_bars() -> tuple[Row, ...]:
    return tuple(row for number, instrument in enumerate(MARKET) for row in _bars(instrument, number))


def _bars(instrument: Instrument, seed: int) -> Iterator[Row]:
    random = np.random.default_rng(seed)
    close = 100.0
    for number, session in enumerate(_sessions(instrument)):
        split = _SPLITS.get(instrument.id, {}).get(number, 1.0)
        pays = instrument in (SHARE, OTHER) and number % 60 == 30
        close = 2.0 if instrument is BILL else close * (1 + random.normal(0.0005, 0.02)) / split
        if instrument is STALE:
            close = 100.0 * 1.001**number
        dividend = round(close * 0.01, 4) if pays else 0.0
        # -37.63 on the day that crude oil closed there
        traded = -37.63 if instrument is OIL and session == date(2020, 4, 20) else close
        yield bar(instrument, session, traded, dividend=dividend, split=split)


def _sessions(instrument: Instrument) -> list[date]:
    first = date(2021, 5, 3) if instrument is LATE else FIRST
    days = load_calendar(instrument.calendar, LAST).sessions(first, LAST).astype(object).tolist()
    if instrument is PAUSED:
        return [day for day in days if day.year != 2021]
    # a gap of two weeks
    return [
        day for day in days if instrument is not OTHER or not date(2022, 6, 1) <= day <= date(2022, 6, 14)
    ]
