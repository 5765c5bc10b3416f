"""A lake with a files vendor, and the expected contents of an undisturbed lake after the same
days."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..campaign_size import times
from ..ingest import homes
from ..ingest.homes import bar_values, rows, serve_rows

CLASSES = {"COIN": "crypto", "TOKEN": "crypto", "METAL": "metal"}
FIRST_DAY = date(2023, 12, 25)
LOADED, DAYS = 9, times(3, 12)
"""Sessions that are loaded before the writers start, and days that they then live through."""


def make_home(home: Path) -> Path:
    """A home whose vendor also serves future days; unfinished ones are not ingested."""
    homes.make_home(home, CLASSES)
    serve(home)
    return home


def serve(home: Path, **restated: float) -> None:
    """Serve the vendor's history, partly `restated`, as d20240103=7."""
    for number, name in enumerate(CLASSES):
        closes = [100 * (number + 1) + day for day in range(LOADED + DAYS + 5)]
        serve_rows(home, name, closes, **restated)


def noon(day: int) -> str:
    """Noon of the day after `day` days."""
    return f"{FIRST_DAY + timedelta(days=LOADED + day)}T12:00Z"


def current(root: Path) -> list[tuple[Any, ...]]:
    """The current values, without observation times."""
    return bar_values(root)


def superseded(root: Path) -> list[tuple[Any, ...]]:
    """The superseded values, with duplicates."""
    kept = ("instrument_id", "session", "close", "source")
    return sorted(tuple(row[name] for name in kept) for row in rows(root, "revision"))
