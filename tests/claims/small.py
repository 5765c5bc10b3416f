"""A claim over two years and lakes for it, small enough for manual calculation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from marketlake.claims.claim import Claim, WinsClaim
from marketlake.claims.ledger import Entry
from marketlake.claims.verdict import Cell
from marketlake.lake import Lake
from marketlake.model.instruments import Instrument

from ..answers.lakes import BTC, NASDAQ, bar, make, year_ends

CLAIM = WinsClaim("C", "a beats b", "us", "2023", 2021, 2022, a="BTC", b="NASDAQ", at_least=2)
ALT = replace(NASDAQ, id="ALT", asset_class="equity")
Bars = list[dict[str, Any]]


class Ledger:
    """Many small markets in one lake: each case has its own instruments, named after it, and its
    own claim.

    A build takes a third of a second whatever is in it, so the cases of a file share one.
    """

    def __init__(self) -> None:
        self.instruments: dict[str, Instrument] = {}
        self.bars: Bars = []
        self.claims: list[Claim] = []

    def add(self, case: str, instruments: Sequence[Instrument], bars: Bars, claim: WinsClaim = CLAIM) -> None:
        """Add a case; its instruments and its claim get the prefix CASE_."""
        own = [replace(one, id=f"{case}_{one.id}") for one in instruments]
        self.instruments |= {one.id: one for one in own}
        self.bars += [row | {"instrument_id": f"{case}_{row['instrument_id']}"} for row in bars]
        a, b, *others = (f"{case}_{name}" for name in (claim.a, claim.b, *claim.alternatives))
        self.claims.append(replace(claim, id=case, a=a, b=b, alternatives=tuple(others)))

    def read(self, lake: Path) -> dict[str, Entry]:
        """Build the lake and read the entries, by case."""
        make(lake, list(self.instruments.values()), self.bars, claims=self.claims)
        return read_by_claim(lake)


def read_by_claim(lake: Path) -> dict[str, Entry]:
    return {entry.claim_id: entry for entry in Lake(lake).claims().claims}


def closes(instrument: Instrument, on: Mapping[str, float]) -> Bars:
    """One bar per given day, in order."""
    return [bar(instrument, date.fromisoformat(day), close) for day, close in sorted(on.items())]


def ahead(*losses: int) -> Bars:
    """From 2020 to 2023 BTC gains 20 % a year, NASDAQ 10 %, or 30 % in the years in `losses`."""
    a, b, bars = 100.0, 100.0, dict[int, tuple[float, float]]()
    for year in range(2020, 2024):
        bars[year] = (a, b)
        a, b = a * 1.2, b * (1.3 if year + 1 in losses else 1.1)
    return [
        *year_ends(BTC, {year: pair[0] for year, pair in bars.items()}),
        *year_ends(NASDAQ, {year: pair[1] for year, pair in bars.items()}),
    ]


def cell(entry: Entry, span: str = "published", **reading: str) -> Cell:
    """The cell of a reading; dimensions that are not given are as in the headline."""
    headline = next(one for one in entry.grid if one.span == span and one.headline)
    wanted = {name: getattr(headline, name) for name in entry.dimensions} | {"span": span} | reading
    [one] = [c for c in entry.grid if all(getattr(c, name) == value for name, value in wanted.items())]
    return one
