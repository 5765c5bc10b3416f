"""A claim of two years and lakes for it, small enough to be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from marketlake.claims import Cell, Entry, read_ledger
from marketlake.instruments import Instrument
from marketlake.query import Claim

from ..query.lakes import BTC, NASDAQ, bar, make, year_ends

CLAIM = Claim("C", "a beats b", "us", "2023", "BTC", "NASDAQ", 2, 2, 2021, 2022)
ALT = replace(NASDAQ, id="ALT", asset_class="equity")
Bars = list[dict[str, Any]]


def entry(
    lake: Path, instruments: Sequence[Instrument], bars: Sequence[dict[str, Any]], claim: Claim = CLAIM
) -> Entry:
    """The ledger's entry for one claim on these bars."""
    [found] = read_ledger(make(lake, instruments, bars, claims=[claim]))
    return found


def closes(instrument: Instrument, on: Mapping[str, float]) -> Bars:
    """A bar a day named, in order."""
    return [bar(instrument, date.fromisoformat(day), close) for day, close in sorted(on.items())]


def ahead(*losses: int) -> Bars:
    """BTC gains 20 % a year from 2020 to 2023, NASDAQ 10 %, but 30 % in the years named."""
    a, b, bars = 100.0, 100.0, dict[int, tuple[float, float]]()
    for year in range(2020, 2024):
        bars[year] = (a, b)
        a, b = a * 1.2, b * (1.3 if year + 1 in losses else 1.1)
    return [
        *year_ends(BTC, {year: pair[0] for year, pair in bars.items()}),
        *year_ends(NASDAQ, {year: pair[1] for year, pair in bars.items()}),
    ]


def cell(found: Entry, span: str = "published", **reading: str) -> Cell:
    """The cell of a reading; what is not named is as in the headline."""
    wanted = {"b": found.published.b, "basis": "price", "sessions": "own", "convention": "year_end"}
    wanted |= {"worth": "nominal", "span": span} | reading
    [one] = [c for c in found.grid if all(getattr(c, name) == value for name, value in wanted.items())]
    return one
