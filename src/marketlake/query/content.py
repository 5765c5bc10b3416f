"""What goes into `market.duckdb`: views over the stored files, small real tables, macros, comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ..instruments import Universe
from ..location import address_of
from ..schema import TABLES
from ..store.layout import YEARLY
from .check_texts import check_bar, check_result
from .claim import Claim
from .claim_marts import CLAIM_MARTS, SCRATCH
from .claim_tables import claim_tables
from .connection import COPY
from .describe import add_comments, heading
from .metric_texts import macros
from .scoreboard_texts import WIDER, scoreboard_macros
from .tables import calendar_session_table, check_table, instrument_table
from .text import bound, chain, glob_safe, literal, statement

# expressions, not bare columns: DuckDB 1.5 fails on min() and max() of a bare hive column of a single file;
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
    "view/reconciled",
    "view/reconciled_pair",
    "view/session_hole",
    "view/health",
)
_MARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "mart/calendar_year": {},
    "mart/calendar_grid": {},
    "mart/calendar_year_return": {},
    "mart/metric_state": {},
    "mart/odd_session": {},
    "mart/instrument_coverage": {},
    "mart/block_state": {},
    **CLAIM_MARTS,
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
    _create(connection, "quality_check", check_table())
    _create(connection, "instrument", instrument_table(universe))
    for table, rows in claim_tables(claims, universe).items():
        _create(connection, table, rows)
    last = about.column("built_at")[0].as_py().year
    sessions = calendar_session_table(universe.calendars, _first_year(connection, last), last)
    _create(connection, "calendar_session", sessions)
    # before the marts: some of them count days with a macro of the metrics
    for metric in macros():
        connection.execute(metric)
    for name in _VIEWS:
        _define(connection, "VIEW", name, statement(name))
    for name, before in _MARTS.items():
        text = chain(before, name) if before else statement(name)
        if name in SCRATCH:
            connection.execute(f"CREATE TEMP TABLE {_relation(name)} AS {text}")
        else:
            _define(connection, "TABLE", name, text)
    _widen_blocks(connection)
    for name in _MACROS:
        connection.execute(statement(name))
    for macro in scoreboard_macros():
        connection.execute(macro)
    connection.execute(f"CREATE MACRO changes(since, until := TIMESTAMP '9999-12-31') AS TABLE {_changes()}")
    connection.execute(f"CREATE VIEW check_result AS {check_result()}")
    connection.execute(f"COMMENT ON VIEW check_result IS {literal(heading('check_result/check_result'))}")
    connection.execute(f"CREATE MACRO check_bar(id) AS TABLE {check_bar()}")
    add_comments(connection)


def _widen_blocks(connection: duckdb.DuckDBPyConnection) -> None:
    """Merge blocks of years two by two, up to the widest."""
    for years in WIDER:
        merged = bound(statement("mart/block_merge"), {"years": years})
        connection.execute(f"INSERT INTO block_state {merged}")
    _define(
        connection, "TABLE", "mart/year_block", bound(statement("mart/year_block"), {"widest": WIDER[-1]})
    )


def _changes() -> str:
    return statement("query/change").replace("$since", "since").replace("$until", "until")


def _stored_view(root: Path, table: str) -> str:
    """The view of one stored table, bound to absolute paths."""
    partitions = ("asset_class", "year") if table in YEARLY else ("month",)
    below = "/".join(["", table, *(f"{key}=*" for key in partitions), "part.parquet"])
    columns = ", ".join([*(f'"{name}"' for name in TABLES[table].names), *(_KEYS[key] for key in partitions)])
    origin = f"read_parquet({_files(root, below)}, hive_partitioning = true, hive_types_autocast = false)"
    return f'CREATE VIEW "{table}" AS SELECT {columns} FROM {origin}'  # noqa: S608 (names are ours, paths quoted)


def _files(root: Path, below: str) -> str:
    """The glob of a table; in a bucket's database the bucket's own, unless a reader names its copy."""
    address = address_of(root)
    if address is None:
        return literal(glob_safe(root) + below)
    return f"coalesce(getvariable({literal(COPY)}), {literal(str(address))}) || {literal(below)}"


def _create(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("incoming", rows)
    connection.execute(f"CREATE TABLE {name} AS FROM incoming")
    connection.unregister("incoming")


def _define(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    relation = _relation(name)
    connection.execute(f"CREATE {kind} {relation} AS {text}")
    connection.execute(f"COMMENT ON {kind} {relation} IS {literal(heading(name))}")


def _relation(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _first_year(connection: duckdb.DuckDBPyConnection, last: int) -> int:
    row = connection.execute("SELECT min(year) FROM bar WHERE asset_class <> 'none'").fetchone()
    return last if row is None or row[0] is None else min(int(row[0]), last)
