"""Open DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pyarrow as pa


def connect(database: str = ":memory:", **config: str | int) -> duckdb.DuckDBPyConnection:
    """A connection that prints nothing.

    By default DuckDB prints a progress bar for queries of more than two seconds to standard output,
    which would corrupt a command's JSON. In a notebook without ipywidgets there is no progress bar
    and the setting is refused, so it is read first.
    """
    connection = duckdb.connect(database, config=dict(config))
    [(shown,)] = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if shown:
        connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def in_memory(relations: Mapping[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with these relations and no access to anything else; closed at the end.

    One thread, so that the order of rows is fixed and the same tables give the same bytes.
    """
    with connect(threads=1) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        for name, table in relations.items():
            connection.register(name, table)
        yield connection
