"""The one place that opens DuckDB."""

from __future__ import annotations

import duckdb


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
