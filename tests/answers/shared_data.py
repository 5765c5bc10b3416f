"""Real prices as bars; tests that need them are skipped where they are unavailable."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketlake.model.instruments import Instrument

from .lakes import BTC, NASDAQ, SHARE, bar

FILES = {
    "BTC": (BTC, "BTC-USD"),
    "NASDAQ": (NASDAQ, "^IXIC"),
    "SP500": (replace(NASDAQ, id="SP500"), "^GSPC"),
    "GOLD": (replace(BTC, id="GOLD", asset_class="metal", calendar="XNYS"), "GC=F"),
    "AAPL": (replace(SHARE, id="AAPL"), "AAPL"),
    "NVDA": (replace(SHARE, id="NVDA"), "NVDA"),
    "KO": (replace(SHARE, id="KO"), "KO"),
}


def folder() -> Path:
    """`shared/data`: under MARKETLAKE_SHARED, else next to the project."""
    shared = Path(os.environ.get("MARKETLAKE_SHARED") or Path(__file__).parents[3] / "shared")
    if not (shared / "data" / "prices").is_dir():
        pytest.skip(f"no real prices at {shared}")
    return shared / "data"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def bars_of(instrument: Instrument, symbol: str) -> Iterator[dict[str, Any]]:
    """The file's rows as traded: prices and dividends multiplied by every later split."""
    rows = [{k.lower(): v for k, v in row.items()} for row in table(folder() / "prices" / f"{symbol}.csv")]
    splits = [float(row.get("stock splits") or 0) or 1.0 for row in rows]
    later = 1.0
    for row, split in zip(reversed(rows), reversed(splits), strict=True):
        if row["close"]:
            dividend = float(row.get("dividends") or 0)
            day = date.fromisoformat(row["date"][:10])
            yield bar(instrument, day, float(row["close"]) * later, dividend=dividend * later, split=split)
        later *= split


def adjusted_years(symbol: str) -> dict[int, float]:
    """The vendor's adjusted close at the end of each year."""
    rows = table(folder() / "prices" / f"{symbol}.csv")
    return {int(row["Date"][:4]): float(row["Adj Close"]) for row in rows}
