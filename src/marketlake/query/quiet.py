"""The one place that opens DuckDB."""

from __future__ import annotations

import duckdb


def connect(database: str = ":memory:", **config: str | int) -> duckdb.DuckDBPyConnection:
    """A connection that prints nothing.

    By itself DuckDB shows the progress of a query of more than two seconds on standard output, where a
    command's JSON goes.
    """
    connection = duckdb.connect(database, config=dict(config))
    connection.execute("SET enable_progress_bar = false")
    return connection
