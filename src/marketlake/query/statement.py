"""A user's own SQL on a lake: one reading statement, nothing outside the lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ..errors import UsageError
from .connection import brief, damaged_file, open_lake, stored_files

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Answer:
    """Column names and rows, in the order of the statement."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def sql(lake: Path, text: str) -> Answer:
    """Run one SELECT (or FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE) on `market.duckdb`.

    Raises `UsageError` for anything else and for what DuckDB refuses, `EmptyLakeError`, `CorruptLakeError`.
    """
    with _executed(lake, text) as result:
        names = tuple(column[0] for column in result.description or [])
        return Answer(names, tuple(result.fetchall()))


def sql_table(lake: Path, text: str) -> pa.Table:
    """As `sql`, with the answer as an Arrow table."""
    with _executed(lake, text) as result:
        return result.to_arrow_table()


@contextmanager
def _executed(lake: Path, text: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_lake(lake) as connection:
        try:
            _check_reading(connection, text)
            yield connection.execute(text)
        except duckdb.Error as error:
            if damaged_file(lake) is not None:
                with stored_files(lake):
                    raise
            raise UsageError(f"the query cannot be run: {brief(error)}") from error


def _check_reading(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    statements = connection.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(
            "only one reading statement can be run: SELECT, FROM, WITH, VALUES, DESCRIBE or SHOW"
        )
