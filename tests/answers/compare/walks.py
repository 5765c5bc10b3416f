"""Random prices on three calendars, with late starts, missing weeks, gaps and early ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument

from ..lakes import BTC, EUR, NASDAQ, SHARE, bar, make

FIRST, LAST = date(2019, 6, 3), date(2022, 5, 17)
COIN = replace(BTC, id="COIN")
GAPPY = replace(SHARE, id="GAPPY")
LONDON = replace(SHARE, id="LONDON", calendar="XLON")
EURO = replace(SHARE, id="EURO", quote_currency="EUR")
ALL = (BTC, NASDAQ, SHARE, COIN, GAPPY, LONDON)


def sessions(calendar: str, last: date = LAST) -> list[date]:
    return [day.item() for day in load_calendar(calendar, last).sessions(FIRST, last)]


def random_prices() -> dict[str, dict[date, float]]:
    rng = np.random.default_rng(3)
    prices = {}
    for instrument in (*ALL, EURO, EUR):
        days = sessions(instrument.calendar)
        walk = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
        prices[instrument.id] = dict(zip(days, walk.tolist(), strict=True))
    prices["COIN"] = {day: v for day, v in prices["COIN"].items() if date(2020, 2, 9) <= day}
    prices["LONDON"] = {day: v for day, v in prices["LONDON"].items() if day <= date(2021, 11, 10)}
    for number in range(7):
        prices["SHARE"].pop(date(2021, 5, 3) + timedelta(days=number), None)
    prices["GAPPY"] = {day: v for day, v in prices["GAPPY"].items() if rng.random() > 0.4}
    # a session that its calendar does not know
    prices["NASDAQ"][date(2020, 12, 25)] = prices["NASDAQ"][date(2020, 12, 24)] * 1.01
    return prices


def make_lake(root: Path, prices: dict[str, dict[date, float]], stored: tuple[Instrument, ...] = ALL) -> Path:
    return make(root, stored, [bar(i, day, close) for i in stored for day, close in prices[i.id].items()])
