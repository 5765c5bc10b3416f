"""A connection for our texts over tables in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from .quiet import connect

if TYPE_CHECKING:
    import pyarrow as pa


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
