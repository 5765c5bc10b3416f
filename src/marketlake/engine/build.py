"""Build `market.duckdb`: views of the stored files, small tables, marts, macros and comments."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from ..model.calendars import is_known, load_calendar
from ..model.errors import LakeWriteError
from ..model.instruments import Universe
from ..model.layout import DATABASE, INTERNAL, PRICES, SCHEMA_VERSION, YEARLY
from ..model.location import address_of, shown
from ..model.schema import TABLES, UTC_INSTANT
from ..store.manifest import Manifest
from .checks import check_bar, check_result, checks, suspect_session
from .describe import INTERNAL_RELATIONS, INTERNAL_SCHEMA, add_comments
from .duck import connect
from .macro import create_macros
from .mart_maker import instrument_key
from .metric_sql import DAY_NUMBER, macros
from .reader import PLACE, files_variable, point_at, stored_files
from .scoreboard_sql import WIDER, scoreboard_macros
from .sql_text import bound, glob_safe, literal, statement

Fill = Callable[[duckdb.DuckDBPyConnection], None]
"""Adds further tables to the database."""

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
    "base_currency": pa.string(),
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

# expressions: DuckDB 1.5 fails on min() and max() of a plain hive column of a single file;
# a filter on them still skips files
_KEYS: Final = {
    "asset_class": "asset_class || '' AS asset_class",
    "year": "CAST(year AS INTEGER) AS year",
    "month": "month || '' AS month",
}
_VIEWS: Final = (
    "view/bar_version",
    "view/action",
    "view/return_index",
    "view/bar_adjusted",
    "view/bar_origin",
    "view/reconciled",
    "view/reconciled_pair",
    "view/session_gap",
    "view/health",
    "view/instrument_name",
)
_MARTS: Final = (
    "mart/calendar_year",
    "mart/calendar_grid",
    "mart/calendar_year_return",
    "mart/metric_state",
    "mart/odd_session",
    "mart/instrument_coverage",
    "mart/block_state",
)
_MACROS: Final = (
    "macro/total_return_index",
    "macro/price_as_of",
    "macro/price_observed_by",
    "macro/compare",
    "macro/aligned_returns",
)

_MOVED: Final = f": the lake was moved; SET VARIABLE {PLACE} = 'its folder', or run marketlake build"
_ROW_GROUP: Final = 8192
"""Rows read or skipped together: few enough to read one block of years without its neighbours."""
_MEMORY: Final = "500MB"
"""DuckDB's memory limit; more does not make a build faster. Beyond it, DuckDB spills to files."""

_log: Final = logging.getLogger(__name__)


def lake_table(root: str, snapshot: str, origin: str, now: datetime) -> pa.Table:
    """One row: the source of this database."""
    row = (snapshot, origin, SCHEMA_VERSION, now, root)
    return arrow_table(_LAKE, [row])


def instrument_table(universe: Universe) -> pa.Table:
    """One row per instrument, in the order of the universe."""
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
                i.base if i is universe.rates.get(i.base) else "",
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
    """One row per check of the data."""
    rows = [(one.name, one.severity, one.looks_at, one.description, one.remedy) for one in checks()]
    return arrow_table(_CHECK, rows)


def calendar_session_table(calendars: Sequence[str], first_year: int, last_year: int) -> pa.Table:
    """Every session of the calendars in whole years, numbered within each calendar."""
    start, end = date(first_year, 1, 1), date(last_year, 12, 31)
    # an instrument with an unknown calendar fails in the run, not here
    calendars = [name for name in calendars if is_known(name, end)]
    found = [load_calendar(name, end) for name in calendars]
    days = [calendar.sessions(start, end) for calendar in found]
    assumed = [calendar.assumed(own) for calendar, own in zip(found, days, strict=True)]
    closes = [calendar.close_at(own) for calendar, own in zip(found, days, strict=True)]
    return pa.table(
        {
            "calendar": pa.array(
                np.repeat(np.array(calendars, dtype=object), [len(d) for d in days]), pa.string()
            ),
            "session": pa.array(np.concatenate([np.empty(0, "datetime64[D]"), *days]), pa.date32()),
            "place": pa.array(
                np.concatenate([np.empty(0, int), *(np.arange(len(d)) for d in days)]), pa.int32()
            ),
            "assumed": pa.array(np.concatenate([np.empty(0, bool), *assumed]), pa.bool_()),
            "close_at": pa.array(np.concatenate([np.empty(0, "datetime64[us]"), *closes])).cast(UTC_INSTANT),
        }
    )


def arrow_table(columns: dict[str, pa.DataType], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [pa.array(list(v), kind) for v, kind in zip(values, columns.values(), strict=True)]
    return pa.Table.from_arrays(arrays, names=list(columns))


def fill(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    universe: Universe,
    manifest: Manifest,
    now: datetime,
    more: Fill,
) -> None:
    """Define everything in an empty database; `more` adds tables."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE SCHEMA {INTERNAL_SCHEMA}")
    for table in TABLES:
        connection.execute(stored_view(root, manifest, table))
    create_table(connection, "lake", lake_table(shown(root), manifest.snapshot, manifest.origin, now))
    create_table(connection, "quality_check", check_table())
    create_table(connection, "instrument", instrument_table(universe))
    sessions = calendar_session_table(universe.calendars, _first_year(connection, now.year), now.year)
    create_table(connection, "calendar_session", sessions)
    connection.execute(f"CREATE MACRO {DAY_NUMBER}")
    for name in _VIEWS:
        define(connection, "VIEW", name, statement(name))
    define(connection, "TABLE", "mart/suspect_session", suspect_session())
    for name in _MARTS:
        define(connection, "TABLE", name, statement(name))
    more(connection)
    _widen_blocks(connection)
    connection.execute(f"CREATE VIEW check_result AS {check_result()}")
    create_macros(connection, _macros(), f"{shown(root)}, built {now:%Y-%m-%d %H:%M:%S}")
    add_comments(connection)


def _macros() -> Iterator[str]:
    yield from macros()
    yield from map(statement, _MACROS)
    yield from scoreboard_macros()
    yield f"CREATE MACRO changes(since, until := TIMESTAMP '9999-12-31') AS TABLE {_changes()}"
    yield f"CREATE MACRO check_bar(id) AS TABLE {check_bar()}"


def _widen_blocks(connection: duckdb.DuckDBPyConnection) -> None:
    """Merge blocks of years two by two, up to the widest."""
    for years in WIDER:
        merged = bound(statement("mart/block_merge"), {"years": years})
        connection.execute(f"INSERT INTO {relation_of('block_state')} {merged}")
    define(connection, "TABLE", "mart/year_block", bound(statement("mart/year_block"), {"widest": WIDER[-1]}))


def _changes() -> str:
    return statement("query/change").replace("$since", "since").replace("$until", "until")


def stored_view(root: Path, manifest: Manifest, table: str) -> str:
    """The view of the files of one stored table, in the folder of the build or of the variable `PLACE`.

    Of bars and marts a stray file is not read, and they are refused where the manifest is no longer
    that of this database: with its tables they would give an answer of two states. Records grow
    without a build: a plain DuckDB reads all that are there.
    """
    partitions = ("asset_class", "year") if table in YEARLY else ("month",)
    columns = ", ".join([*(f'"{name}"' for name in TABLES[table].names), *(_KEYS[key] for key in partitions)])
    address = address_of(root)
    built = literal(str(address or glob_safe(root)))
    place = f"coalesce(getvariable({literal(PLACE)}), {built})"
    if table in YEARLY:
        first, *others = manifest.paths(table)
        paths = [first if address else _with_remedy(first), *others]
        files = ", ".join(literal(f"/{path}") for path in paths)
        state = f'"snapshot": "{manifest.snapshot}"' if table in PRICES else f'"marts": "{manifest.marts}"'
        unchanged = bound(statement("shared/unchanged"), {"state": state}).replace("$place", place)
        listed, condition = f"[{place} || file FOR file IN [{files}]]", f" WHERE {unchanged}"
    else:
        pattern = f"/{table}/month=*/part.parquet"
        every = f"{place} || {literal(pattern if address else _with_remedy(pattern))}"
        listed, condition = f"coalesce(getvariable({literal(files_variable(table))}), [{every}])", ""
    origin = f"read_parquet({listed}, hive_partitioning = true, hive_types_autocast = false)"
    view = f"{INTERNAL_SCHEMA}.{table.removeprefix(INTERNAL)}" if table.startswith(INTERNAL) else f'"{table}"'
    return f"CREATE VIEW {view} AS SELECT {columns} FROM {origin}{condition}"  # noqa: S608 (names are ours, paths quoted)


def _with_remedy(path: str) -> str:
    """The path as a glob that says what to do: DuckDB's error for a missing file shows no more than it.

    The characters in brackets stand for one, here the dot.
    """
    return path.replace(".parquet", f"[.{_MOVED}]parquet")


def create_table(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("incoming", rows)
    connection.execute(f"CREATE TABLE {name} AS FROM incoming")
    connection.unregister("incoming")


def define(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    connection.execute(f"CREATE {kind} {relation_of(name)} AS {text}")


def relation_of(name: str) -> str:
    """The relation of a text; internal ones are in a schema that `SHOW TABLES` does not list."""
    relation = name.rsplit("/", 1)[-1]
    return f"{INTERNAL_SCHEMA}.{relation}" if relation in INTERNAL_RELATIONS else relation


def _first_year(connection: duckdb.DuckDBPyConnection, last: int) -> int:
    [(year,)] = connection.execute("SELECT min(year) FROM bar WHERE asset_class <> 'none'").fetchall()
    return last if year is None else min(int(year), last)


def build_database(
    lake: Path,
    universe: Universe,
    manifest: Manifest,
    now: datetime,
    more: Fill = lambda connection: None,
) -> Path | None:
    """Write `<lake>/market.duckdb` from the files of the manifest, whole or not at all.

    Returns the new path of another program's write-ahead log, which DuckDB would otherwise replay
    into the new file; None when there was none. Raises `CorruptLakeError` for a stored file that
    cannot be read and `LakeWriteError` when a write fails; the previous database is then unchanged.
    """
    root = lake.resolve()
    building = root / f".{DATABASE}.building"
    try:
        _discard(building)
        with stored_files(root), connect(memory_limit=_MEMORY) as connection:
            connection.execute(f"SET temp_directory = {literal(_overflow(building))}")
            attach = f"ATTACH {literal(building)} AS building (ROW_GROUP_SIZE {_ROW_GROUP})"
            connection.execute(attach)
            connection.execute("USE building")
            point_at(connection, root)
            # one transaction: one flush for two hundred definitions
            connection.begin()
            fill(connection, root, universe, manifest, now, more)
            connection.commit()
            # closing a database also does this, but without an error when the disk is full
            connection.execute("CHECKPOINT building")
            connection.execute("USE memory")
            connection.execute("DETACH building")
        foreign_log = _move_log(root / f"{DATABASE}.wal")
        building.replace(root / DATABASE)
    except OSError as error:
        raise LakeWriteError(
            f"{root / DATABASE}: cannot be written ({error}); the previous one is unchanged"
        ) from error
    finally:
        with suppress(OSError):
            _discard(building)
    return foreign_log


def _move_log(log: Path) -> Path | None:
    if not log.exists():
        return None
    moved = log.with_name(f"{log.name}.set-aside")
    log.replace(moved)
    _log.warning("%s was left by another program and is set aside as %s", log, moved.name)
    return moved


def _overflow(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _discard(path: Path) -> None:
    shutil.rmtree(_overflow(path), ignore_errors=True)
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)
