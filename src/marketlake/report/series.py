"""The series that are embedded in the page: every day where there is room, else the ends of months."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np

from ..query.metric_figures import rows_of
from ..query.text import bound, statement
from .columns import Pack

if TYPE_CHECKING:
    import pyarrow as pa

ROOM: Final = 200_000
"""Bars that are embedded day by day: with them the page is about 1 MB."""
_KEPT: Final = 20
"""Years that are embedded in any case."""

Row = dict[str, Any]


def first_year(connection: duckdb.DuckDBPyConnection, needed: int, room: int = ROOM) -> int | None:
    """The year from which the page has prices, so that there is room for them; None: all years.

    It leaves out what is more than 20 years old, and nothing from `needed` on.
    """
    rows = rows_of(connection, statement("report/report_year"))
    return kept_from({row["year"]: row["bars"] for row in rows}, needed, room)


def kept_from(counts: Mapping[int, int], needed: int, room: int) -> int | None:
    """The first year to keep of bars counted by year."""
    left, first = sum(counts.values()), None
    for year in range(min(counts, default=0), min(max(counts, default=0) - _KEPT + 1, needed)):
        if left <= room:
            break
        left -= counts.get(year, 0)
        first = year + 1
    return first


def since(first: int | None) -> date:
    """The first day of a page that begins with a year: its returns run from the December before."""
    return date.min if first is None else date(first - 1, 12, 1)


def read_instruments(connection: duckdb.DuckDBPyConnection, start: date) -> list[Row]:
    """Those that can be compared, in the order of `instruments.toml`, with how many bars they have."""
    return rows_of(connection, bound(statement("report/report_instrument"), {"since": start}))


def daily(instruments: Sequence[Row], first: Collection[str], room: int = ROOM) -> set[str]:
    """The ids whose every day is embedded: `first` and currencies, then in order while there is room."""
    always = {i["id"] for i in instruments if i["id"] in first or i["asset_class"] == "currency"}
    chosen, left = set(always), room - sum(i["bars"] for i in instruments if i["id"] in always)
    for instrument in instruments:
        if instrument["id"] not in chosen and instrument["bars"] <= left:
            chosen.add(instrument["id"])
            left -= instrument["bars"]
    return chosen


def embed(
    connection: duckdb.DuckDBPyConnection,
    pack: Pack,
    instruments: Sequence[Row],
    days_of: Collection[str],
    start: date,
) -> list[Row]:
    """Put all series from `start` on into the pack; returns the instruments with where theirs are."""
    ids = [i["id"] for i in instruments]
    by_day = dict(_series(connection, "report_bar", [i for i in ids if i in days_of], start))
    by_month = dict(_series(connection, "report_month", [i for i in ids if i not in days_of], start))
    return [
        instrument | (_days(pack, by_day[name]) if name in by_day else _months(pack, by_month[name]))
        for instrument in instruments
        for name in (instrument["id"],)
    ]


def calendars(connection: duckdb.DuckDBPyConnection, pack: Pack) -> dict[str, int]:
    """The sessions of every calendar, put into the pack."""
    table = connection.execute(statement("report/report_calendar")).to_arrow_table()
    return {name: pack.add(columns["day"]) for name, columns in _by(table, "calendar")}


def _series(
    connection: duckdb.DuckDBPyConnection, name: str, wanted: list[str], start: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    table = connection.execute(
        bound(statement(f"report/{name}"), {"wanted": wanted, "since": start})
    ).to_arrow_table()
    return _by(table, "instrument_id")


def _by(table: pa.Table, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The columns of each run of equal keys, as arrays."""
    names = table[key].to_numpy(zero_copy_only=False)
    columns = {name: table[name].to_numpy() for name in table.column_names if name != key}
    bounds = np.flatnonzero(np.r_[True, names[1:] != names[:-1], True]) if len(names) else np.empty(0, int)
    for start, end in pairwise(bounds):
        yield str(names[start]), {name: values[start:end] for name, values in columns.items()}


def _days(pack: Pack, columns: Mapping[str, Any]) -> Row:
    return {
        "day": pack.add(columns["day"]),
        "close": pack.add(columns["close"]),
        "dividend": _events(columns["dividend"], 0.0),
        "split": _events(columns["split"], 1.0),
    }


def _events(values: Any, usual: float) -> list[list[float]]:
    """[place, value] wherever something happened."""
    return [[int(place), float(values[place])] for place in np.flatnonzero(values != usual)]


def _months(pack: Pack, columns: Mapping[str, Any]) -> Row:
    names = ("day", "price", "total", "sessions")
    return {"monthly": True} | {name: pack.add(columns[name]) for name in names}
