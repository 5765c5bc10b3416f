"""The one place that opens DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pyarrow as pa


def connect(database: str = ":memory:", **config: str | int) -> duckdb.DuckDBPyConnection:
    """A connection that prints nothing.

    By itself DuckDB shows the progress of a query of more than two seconds on standard output, where a
    command's JSON goes. In a notebook without ipywidgets it shows none and refuses the setting, so it is
    asked first.
    """
    connection = duckdb.connect(database, config=dict(config))
    [(shown,)] = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if shown:
        connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def in_memory(relations: Mapping[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that knows these relations and can reach nothing else; closed at the end.

    One thread, so that rows come in one order and the same tables give the same bytes.
    """
    with connect(threads=1) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        for name, table in relations.items():
            connection.register(name, table)
        yield connection
