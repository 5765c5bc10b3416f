"""Short series to draw beside an instrument: its years, or its latest sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from .connection import open_lake, records, steady
from .text import statement

Trends = Mapping[str, tuple[float | None, ...]]


@steady
def yearly(lake: Path, basis: str, first_year: int, last_year: int) -> Trends:
    """By instrument id, each year's return from `first_year` to `last_year`; None where it has none."""
    values = {"basis": basis, "first_year": first_year, "last_year": last_year}
    with open_lake(lake) as connection:
        rows = records(connection, statement("query/trend_year"), values)
    years = _by_id(rows, "year", "simple_return")
    wanted = range(first_year, last_year + 1)
    return {name: tuple(known.get(year) for year in wanted) for name, known in years.items()}


@steady
def recent(lake: Path, since: date, sessions: int) -> Trends:
    """By instrument id, the level after each of its latest `sessions` returns since a date."""
    with open_lake(lake) as connection:
        rows = records(connection, statement("query/trend_recent"), {"since": since, "sessions": sessions})
    return {name: tuple(known.values()) for name, known in _by_id(rows, "session", "level").items()}


def _by_id(rows: Iterable[Mapping[str, Any]], key: str, value: str) -> dict[str, dict[Any, float | None]]:
    found: dict[str, dict[Any, float | None]] = {}
    for row in rows:
        found.setdefault(row["instrument_id"], {})[row[key]] = row[value]
    return found
