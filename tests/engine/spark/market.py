"""A small market with everything that the texts tell apart, in two and a quarter years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from marketlake.claims.claim import Claim, SleeveClaim, WinsClaim
from marketlake.claims.tables import fill_claims
from marketlake.engine.build import build_database
from marketlake.engine.marts import refresh_marts
from marketlake.model import layout
from marketlake.model.calendars import load_calendar
from marketlake.model.instruments import Instrument, Universe
from marketlake.store.manifest import Manifest
from marketlake.store.writer import Writer

from ...answers import lakes
from ...answers.lakes import BILL, BTC, CPI, EUR, FUND, NASDAQ, SHARE, bar

FIRST, LAST = date(2019, 11, 4), date(2022, 2, 15)
NOW: Final = datetime(2022, 3, 1, 12, tzinfo=UTC)
_DAY_AND_A_HALF: Final = timedelta(hours=36)
OIL = replace(SHARE, id="OIL", name="Crude oil", negative_prices=True)
GAPPY = replace(SHARE, id="GAPPY", name="Not always there, once on a holiday")
STALE = replace(SHARE, id="STALE", name="Nothing varies", until=date(2021, 12, 1))
EURO = replace(SHARE, id="EURO", name="A share in euro", quote_currency="EUR", proxy_for="something else")
MADE_UP = replace(BTC, id="MADE_UP", name="A coin between published year ends", synthetic="daily")
MARKET: Final = (BTC, NASDAQ, SHARE, FUND, OIL, GAPPY, STALE, EURO, MADE_UP, EUR, CPI, BILL)

CLAIMS: Final[tuple[Claim, ...]] = (
    WinsClaim("WINS", "a coin beat a share", "a test", "2022", 2020, 2021, "BTC", "SHARE", 1, ("NASDAQ",)),
    SleeveClaim(
        "SLEEVE",
        "a coin improved a plan",
        "a test",
        "2022",
        2020,
        2021,
        plan={"SHARE": 0.6, "FUND": 0.4},
        sleeve="BTC",
        share=0.03,
        alternatives={"BTC": ("MADE_UP",), "FUND": ("NASDAQ",)},
    ),
)

Row = dict[str, Any]


def bars() -> list[Row]:
    """Every instrument's bars."""
    return [row for number, instrument in enumerate(MARKET) for row in _bars(instrument, number)]


def revisions() -> list[Row]:
    """Closes of the share that were served otherwise at first, and were replaced a week later."""
    return [
        row
        | {"close": row["close"] * 1.01, "superseded_at": row["observed_at"], **_seen(row, _DAY_AND_A_HALF)}
        for row in bars()
        if _was_revised(row)
    ]


def _seen(row: Row, after: timedelta) -> dict[str, datetime]:
    seen = datetime.combine(row["session"], time(), UTC) + after
    return {"known_at": seen, "observed_at": seen}


def _was_revised(row: Row) -> bool:
    return row["instrument_id"] == "SHARE" and row["session"].day == 21


def _bars(instrument: Instrument, seed: int) -> Iterator[Row]:
    random = np.random.default_rng(seed)
    close = {"EUR": 1.1, "US_CPI": 250.0}.get(instrument.id, 100.0)
    for number, session in enumerate(_sessions(instrument)):
        split = 3.0 if instrument is SHARE and number == 150 else 1.0
        dividend = round(close * 0.01, 4) if instrument in (SHARE, EURO) and number % 60 == 30 else 0.0
        close = _next(instrument, close, random.normal(0.0005, 0.02)) / split
        negative = instrument is OIL and session in (date(2020, 4, 20), date(2021, 12, 31))
        row = bar(instrument, session, -37.63 if negative else close, dividend=dividend, split=split)
        if _was_revised(row):
            row |= _seen(row, timedelta(days=8))
        yield row


def _next(instrument: Instrument, close: float, step: float) -> float:
    match instrument.id:
        case "BILL":
            return 2.0 + 10 * step
        case "STALE":
            return close * 1.001
        case "EUR" | "US_CPI":
            return close * (1 + step / 10)
    return close * (1 + step)


def _sessions(instrument: Instrument) -> list[date]:
    days = load_calendar(instrument.calendar, LAST).sessions(FIRST, LAST).astype(object).tolist()
    if instrument is GAPPY:
        kept = [day for day in days if not date(2021, 6, 1) <= day <= date(2021, 6, 14)]
        return sorted({*kept, date(2020, 1, 1)})
    if instrument is STALE:
        return [day for day in days if day <= date(2021, 12, 1)]
    if instrument is BILL:
        return [day for day in days if not date(2020, 8, 1) <= day <= date(2020, 8, 20)]
    return list(days)


def built(root: Path) -> Path:
    """The lake with its marts, its manifest and its database."""
    stored = {path: lakes.entry(root / path) for table in layout.YEARLY for path in lakes.files(root, table)}
    refresh_marts(Writer(root, Manifest("live", stored), {}), Universe(MARKET))
    universe = Universe(MARKET)
    build_database(root, universe, lakes.write_manifest(root), NOW, fill_claims(CLAIMS, universe))
    return root
