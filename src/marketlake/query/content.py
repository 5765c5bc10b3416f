"""What goes into `market.duckdb`: views over the stored files, small real tables, macros, comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ..instruments import Universe
from ..schema import TABLES
from .claim import Claim
from .describe import add_comments, heading
from .metric_texts import macros
from .tables import calendar_session_table, claim_opponent_table, claim_table, instrument_table
from .text import chain, glob_safe, literal, statement

_PARTITIONS: Final = {"bar": ("asset_class", "year"), "revision": ("asset_class", "year")}
# expressions, not bare columns: DuckDB 1.5 fails on min() and max() of a bare hive column of a single file;
# a filter on them still skips files
_KEYS: Final = {
    "asset_class": "asset_class || '' AS asset_class",
    "year": "CAST(year AS INTEGER) AS year",
    "month": "month || '' AS month",
}
_VIEWS: Final = ("view/action", "view/return_index")
_MARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "mart/calendar_year": {},
    "mart/calendar_year_return": {"level": "mart/level", "year_level": "mart/year_level"},
    "mart/claim_grid": {
        "bar": "mart/claim_bar",
        "return_index": "view/return_index",
        "claim_inflation": "mart/claim_inflation",
        "claim_side": "mart/claim_side",
        "level": "mart/claim_level",
        # from here on the names mean the pairs and the sessions they share; main.* are the stored relations
        "calendar_session": "mart/claim_session",
        "instrument": "mart/claim_instrument",
        "calendar_year": "mart/calendar_year",
        "year_level": "mart/year_level",
        "calendar_year_return": "mart/calendar_year_return",
        "claim_year": "mart/claim_year",
    },
    "mart/claim_check": {},
    "mart/claim_window": {
        "bar": "mart/claim_bar",
        "return_index": "view/return_index",
        "level": "mart/level",
    },
}
_MACROS: Final = ("macro/total_return_index", "macro/price_as_of", "macro/price_observed_by", "macro/compare")


def fill(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    universe: Universe,
    claims: Sequence[Claim],
    about: pa.Table,
) -> None:
    """Define everything in an empty database; `about` is the one row of table `lake`."""
    connection.execute("SET TimeZone = 'UTC'")
    for table in TABLES:
        connection.execute(_stored_view(root, table))
    _create(connection, "lake", about)
    _create(connection, "instrument", instrument_table(universe))
    _create(connection, "claim", claim_table(claims))
    _create(connection, "claim_opponent", claim_opponent_table(claims, universe))
    last = about.column("built_at")[0].as_py().year
    sessions = calendar_session_table(universe.calendars, _first_year(connection, last), last)
    _create(connection, "calendar_session", sessions)
    for name in _VIEWS:
        _define(connection, "VIEW", name, statement(name))
    for name, before in _MARTS.items():
        _define(connection, "TABLE", name, chain(before, name) if before else statement(name))
    for name in _MACROS:
        connection.execute(statement(name))
    for metric in macros():
        connection.execute(metric)
    add_comments(connection)


def _stored_view(root: Path, table: str) -> str:
    """The view of one stored table, bound to absolute paths."""
    partitions = _PARTITIONS.get(table, ("month",))
    pattern = "/".join([glob_safe(root), table, *(f"{key}=*" for key in partitions), "part.parquet"])
    columns = ", ".join([*(f'"{name}"' for name in TABLES[table].names), *(_KEYS[key] for key in partitions)])
    origin = f"read_parquet({literal(pattern)}, hive_partitioning = true, hive_types_autocast = false)"
    return f'CREATE VIEW "{table}" AS SELECT {columns} FROM {origin}'  # noqa: S608 (names are ours, paths quoted)


def _create(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("incoming", rows)
    connection.execute(f"CREATE TABLE {name} AS FROM incoming")
    connection.unregister("incoming")


def _define(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    relation = name.rsplit("/", 1)[-1]
    connection.execute(f"CREATE {kind} {relation} AS {text}")
    connection.execute(f"COMMENT ON {kind} {relation} IS {literal(heading(name))}")


def _first_year(connection: duckdb.DuckDBPyConnection, last: int) -> int:
    row = connection.execute("SELECT min(year) FROM bar WHERE asset_class <> 'none'").fetchone()
    return last if row is None or row[0] is None else min(int(row[0]), last)
