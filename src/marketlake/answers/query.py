"""A user's own SQL on a lake: one reading statement, nothing outside the lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ..engine.reader import brief, damaged_file, open_lake, steady, stored_files
from ..model.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa


_MOST_ROWS: Final = 2_000_000
_MOST_BYTES: Final = 4 * 1024**3
_REMEDY: Final = "sum it up, add a LIMIT, or open market.duckdb with DuckDB itself"


@dataclass(frozen=True)
class Answer:
    """Column names and rows, in the order of the statement."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@steady
def sql(lake: Path, text: str) -> Answer:
    """Run one SELECT (or FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE) on `market.duckdb`.

    Raises `UsageError` for anything else and for what DuckDB refuses, `EmptyLakeError`, `CorruptLakeError`.
    """
    with _executed(lake, text) as result:
        names = tuple(column[0] for column in result.description or [])
        rows = result.fetchmany(_MOST_ROWS + 1)
        if len(rows) > _MOST_ROWS:
            raise UsageError(f"the answer has more than {_MOST_ROWS:,} rows; {_REMEDY}")
        return Answer(names, tuple(rows))


@steady
def sql_table(lake: Path, text: str) -> pa.Table:
    """As `sql`, with the answer as an Arrow table."""
    import pyarrow as pa

    with _executed(lake, text) as result:
        reader = result.to_arrow_reader()
        batches: list[pa.RecordBatch] = []
        size = 0
        for batch in reader:
            size += batch.nbytes
            if size > _MOST_BYTES:
                raise UsageError(f"the answer has more than {_MOST_BYTES // 1024**3} GiB; {_REMEDY}")
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)


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
