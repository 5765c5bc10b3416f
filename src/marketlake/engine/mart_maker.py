"""Compute the marts of one asset class with DuckDB.

A member is one instrument in one year. The SQL texts treat it as a separate instrument.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol

import duckdb
import pyarrow as pa

from ..model.instruments import Instrument
from ..model.schema import INTERNAL_CLOSE, MARTS, UTC_INSTANT
from .duck import connect
from .metric_sql import DAY_NUMBER
from .sql_text import glob_safe, literal, statement

Close = tuple[date, float, datetime]
"""A session, the close that the next return runs from, and from when it could be known."""

_COLUMNS: Final = {
    "instrument_id": pa.int64(),
    "name": pa.string(),
    "instrument_key": pa.int64(),
    "year": pa.int32(),
    "first_day": pa.date32(),
    "asset_class": pa.string(),
    "calendar": pa.string(),
    "quote_currency": pa.string(),
    "return_basis": pa.string(),
    "carried_session": pa.date32(),
    "carried_close": pa.float64(),
    "carried_known_at": UTC_INSTANT,
}


@dataclass(frozen=True)
class Members:
    """The instruments of one year, sorted by id, with the closes before their first returns."""

    year: int
    instruments: Sequence[Instrument]
    carried: Mapping[str, Close]

    def __len__(self) -> int:
        return len(self.instruments)

    def cut(self, size: int) -> Iterator[Members]:
        """Split into parts of at most `size`."""
        for at in range(0, len(self), size):
            yield replace(self, instruments=self.instruments[at : at + size])


def instrument_key(instrument_id: str) -> int:
    """A hash of the id of 63 bits."""
    return int.from_bytes(hashlib.blake2b(instrument_id.encode(), digest_size=8).digest(), "big") >> 1


def member_table(parts: Sequence[Members]) -> pa.Table:
    """One row per member, numbered in order; the number is its `instrument_id`."""
    members = [(part, instrument) for part in parts for instrument in part.instruments]
    rows = [_row(place, part, instrument) for place, (part, instrument) in enumerate(members)]
    values = zip(*rows, strict=True)
    arrays = [pa.array(list(column), kind) for column, kind in zip(values, _COLUMNS.values(), strict=True)]
    return pa.Table.from_arrays(arrays, list(_COLUMNS))


def _row(place: int, part: Members, instrument: Instrument) -> tuple[object, ...]:
    session, close, known_at = part.carried.get(instrument.id, (None, None, None))
    return (
        place,
        instrument.id,
        instrument_key(instrument.id),
        part.year,
        date(part.year, 1, 1),
        instrument.asset_class,
        instrument.calendar,
        instrument.quote_currency,
        instrument.return_basis,
        session,
        close,
        known_at,
    )


_SLICE: Final = 500
"""Members computed together: about 120,000 rows."""
COMPUTED: Final = ("daily_return", "internal_fall", "year_state", "year_level")
"""The marts of a slice; `internal_close` comes before them."""
STEPS: Final[Mapping[str, str]] = {
    "bar": "mart/year_bar",
    "return_index": "view/return_index",
    "bill_day": "mart/bill_day",
    "level": "mart/level",
    "daily_step": "mart/daily_step",
    "year_sum": "mart/year_sum",
    "year_end": "mart/year_end",
    "year_state": "mart/year_state",
    "year_level": "mart/year_level",
}
"""Texts by relation; each reads those before it."""
_READ: Final = {"daily_return": "daily_step", "internal_fall": "daily_step"}
"""Marts that are some columns of a step."""
_ORDER: Final = {
    "daily_return": "place, session",
    "internal_fall": "place, session",
    "year_state": "place, basis",
    "year_level": "place",
}

Part = tuple[int, Mapping[str, pa.Table]]
"""A year and rows of each mart: the whole year, or its next instruments."""


@dataclass(frozen=True)
class Sources:
    """The inputs of the marts of one asset class, apart from its members."""

    bars: Mapping[int, Path]
    """The stored bars by year, sorted by instrument."""
    bills: Sequence[Path]
    """Stored yields."""
    bill: pa.Table
    """instrument_id, currency: the bill of each currency."""
    sessions: pa.Table
    """calendar, session: the calendars' sessions in all years."""


class Maker(Protocol):
    """An engine that computes marts."""

    def recipe(self) -> str:
        """Changes whenever results may change: the texts and the engine."""

    def last_closes(self) -> AbstractContextManager[Callable[[Path], pa.Table]]:
        """A function that computes `internal_close` of the instruments in one year's bars."""

    def marts(self, sources: Sources, years: Iterable[Members]) -> Iterator[Part]:
        """The marts of each year in turn, with rows in the order of instruments."""


@dataclass(frozen=True)
class DuckMaker:
    """DuckDB, slice by slice."""

    def recipe(self) -> str:
        return recipe(duckdb.__version__)

    def last_closes(self) -> AbstractContextManager[Callable[[Path], pa.Table]]:
        return last_closes()

    def marts(self, sources: Sources, years: Iterable[Members]) -> Iterator[Part]:
        return marts(sources, years)


def marts(sources: Sources, years: Iterable[Members]) -> Iterator[Part]:
    """The marts of each year in turn, slice by slice, in the order of instruments.

    Raises `duckdb.Error` for a file that cannot be read.
    """
    workers = min(os.cpu_count() or 1, 4)
    waiting: deque[Future[list[Part]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for members in _slices(years):
            waiting.append(pool.submit(_slice, sources, members))
            if len(waiting) > workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


@contextmanager
def last_closes() -> Iterator[Callable[[Path], pa.Table]]:
    """A function that computes `internal_close` from one year's bars; all years share a connection."""
    with _connected() as connection:

        def closes(bars: Path) -> pa.Table:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW stored_bar AS FROM {_parquet([bars])}")
            return connection.execute(statement("mart/internal_close")).to_arrow_table().cast(INTERNAL_CLOSE)

        yield closes


def recipe(engine: str) -> str:
    """All inputs of the results apart from the data: the texts and the engine."""
    texts = [statement(name) for name in ("mart/internal_close", *STEPS.values())]
    return "\n".join([engine, *texts, str(MARTS)])


def _slices(years: Iterable[Members]) -> Iterator[list[Members]]:
    """Cut years into slices and combine small ones."""
    slice_parts: list[Members] = []
    for whole in years:
        for members in whole.cut(_SLICE):
            if slice_parts and sum(map(len, slice_parts)) + len(members) > _SLICE:
                yield slice_parts
                slice_parts = []
            slice_parts.append(members)
    if slice_parts:
        yield slice_parts


def _slice(sources: Sources, parts: list[Members]) -> list[Part]:
    with _connected() as connection:
        connection.register("member", member_table(parts))
        connection.register("bill", sources.bill)
        connection.register("calendar_session", sources.sessions)
        connection.execute("CREATE TEMP VIEW instrument AS FROM member")
        stored = [sources.bars[part.year] for part in parts]
        connection.execute(f"CREATE TEMP VIEW stored_bar AS FROM {_parquet(stored)}")
        connection.execute(f"CREATE TEMP VIEW bill_bar AS FROM {_parquet(sources.bills)}")
        for relation, name in STEPS.items():
            connection.execute(f"CREATE TEMP TABLE {relation} AS {statement(name)}")
        return [
            (part.year, {table: _rows(connection, table, part.year) for table in COMPUTED}) for part in parts
        ]


def _connected() -> duckdb.DuckDBPyConnection:
    connection = connect(threads=1)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    connection.execute(f"CREATE MACRO {DAY_NUMBER}")
    return connection


def _parquet(files: Iterable[Path]) -> str:
    listed = ", ".join(literal(glob_safe(path)) for path in dict.fromkeys(files))
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _rows(connection: duckdb.DuckDBPyConnection, table: str, year: int) -> pa.Table:
    return connection.execute(part_text(table, year)).to_arrow_table().cast(MARTS[table])


def part_text(table: str, year: int) -> str:
    """The query of a mart's rows of one year, with the instruments' own ids."""
    own = {"instrument_id": "m.name", "instrument_key": "m.instrument_key"}
    columns = ", ".join(f"{own.get(name, f't.{name}')} AS {name}" for name in MARTS[table].names)
    # the carried close is a separate year in year_level
    only = " AND t.year = m.year" if table == "year_level" else ""
    return f"""
        SELECT {columns} FROM {_READ.get(table, table)} AS t
        JOIN member AS m ON m.instrument_id = t.instrument_id{only}
        WHERE m.year = {year} ORDER BY {_ORDER[table].replace("place", "m.instrument_id")}
    """  # noqa: S608 (names are ours)
