"""The small tables that the build writes itself, as Arrow: columns, types and descriptions in one place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import numpy as np
import pyarrow as pa

from ..calendars import load_calendar
from ..instruments import Universe
from ..schema import SCHEMA_VERSION, UTC_INSTANT
from .checks import checks
from .mart_member import instrument_key

_LAKE: Final = {
    "snapshot": pa.string(),
    "origin": pa.string(),
    "schema_version": pa.int32(),
    "built_at": UTC_INSTANT,
    "root": pa.string(),
}
_INSTRUMENT: Final = {
    "instrument_id": pa.string(),
    "instrument_key": pa.int64(),
    "name": pa.string(),
    "asset_class": pa.string(),
    "calendar": pa.string(),
    "quote_currency": pa.string(),
    "return_basis": pa.string(),
    "since": pa.date32(),
    "until": pa.date32(),
    "sources": pa.list_(pa.string()),
    "proxy_for": pa.string(),
    "synthetic": pa.string(),
    "negative_prices": pa.bool_(),
}

_CHECK: Final = {
    "check": pa.string(),
    "severity": pa.string(),
    "looks_at": pa.string(),
    "description": pa.string(),
    "remedy": pa.string(),
}


def lake_table(root: str, *, snapshot: str, origin: str, now: datetime) -> pa.Table:
    """One row: what this database was built from."""
    row = (snapshot, origin, SCHEMA_VERSION, now, root)
    return arrow_table(_LAKE, [row])


def instrument_table(universe: Universe) -> pa.Table:
    """One row an instrument, in the universe's order."""
    return arrow_table(
        _INSTRUMENT,
        [
            (
                i.id,
                instrument_key(i.id),
                i.name,
                i.asset_class,
                i.calendar,
                i.quote_currency,
                i.return_basis,
                i.since,
                None if i.until == date.max else i.until,
                [f"{ref.source}:{ref.symbol}" for ref in i.sources],
                i.proxy_for,
                i.synthetic,
                i.negative_prices,
            )
            for i in universe.instruments
        ],
    )


def check_table() -> pa.Table:
    """One row a check of the data."""
    rows = [(one.name, one.severity, one.looks_at, one.description, one.remedy) for one in checks()]
    return arrow_table(_CHECK, rows)


def calendar_session_table(calendars: Sequence[str], first_year: int, last_year: int) -> pa.Table:
    """Every session of the calendars in whole years, past and coming, numbered within each calendar."""
    start, end = date(first_year, 1, 1), date(last_year, 12, 31)
    days = [load_calendar(name, end).sessions(start, end) for name in calendars]
    return pa.table(
        {
            "calendar": pa.array(
                np.repeat(np.array(calendars, dtype=object), [len(d) for d in days]), pa.string()
            ),
            "session": pa.array(np.concatenate([np.empty(0, "datetime64[D]"), *days]), pa.date32()),
            "place": pa.array(
                np.concatenate([np.empty(0, int), *(np.arange(len(d)) for d in days)]), pa.int32()
            ),
        }
    )


def arrow_table(columns: dict[str, pa.DataType], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [pa.array(list(v), kind) for v, kind in zip(values, columns.values(), strict=True)]
    return pa.Table.from_arrays(arrays, names=list(columns))
