"""A user's own SQL on a lake: one read-only statement, without access to anything outside the
lake."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread, Timer, current_thread, main_thread
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ..engine.reader import DuckReader, brief, damaged_file, is_rewritten, stored_files
from ..model.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa


_MOST_ROWS: Final = 2_000_000
_MOST_BYTES: Final = 4 * 1024**3
_LONGEST_S: Final = 86_400
_REMEDY: Final = "aggregate it, add a LIMIT, or open market.duckdb with DuckDB itself"


@dataclass(frozen=True)
class Rows:
    """Column names and rows, in the order of the statement."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def query_rows(reader: DuckReader, text: str, timeout: float | None = None) -> Rows:
    """Run one SELECT (or FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE) on `market.duckdb`.

    `timeout`: seconds. Raises `UsageError` for anything else, for SQL errors and beyond the limits,
    `EmptyLakeError`, `CorruptLakeError`.
    """
    with _executed(reader, text, timeout) as result:
        names = tuple(column[0] for column in result.description or [])
        rows = result.fetchmany(_MOST_ROWS + 1)
        if len(rows) > _MOST_ROWS:
            raise UsageError(f"the result has more than {_MOST_ROWS:,} rows; {_REMEDY}")
        return Rows(names, tuple(rows))


def query(reader: DuckReader, text: str, timeout: float | None = None) -> pa.Table:
    """Like `query_rows`, as an Arrow table."""
    import pyarrow as pa

    with _executed(reader, text, timeout) as result:
        batches: list[pa.RecordBatch] = []
        stream, size = result.to_arrow_reader(), 0
        for batch in stream:
            size += batch.nbytes
            if size > _MOST_BYTES:
                raise UsageError(f"the result has more than {_MOST_BYTES // 1024**3} GiB; {_REMEDY}")
            batches.append(batch)
        return pa.Table.from_batches(batches, stream.schema)


@contextmanager
def _executed(reader: DuckReader, text: str, timeout: float | None) -> Iterator[duckdb.DuckDBPyConnection]:
    if timeout is not None and not 0 < timeout <= _LONGEST_S:
        raise UsageError(f"timeout = {timeout:g} must be from more than 0 to {_LONGEST_S:,} seconds")
    timer = Timer(timeout or 0, reader.connection.interrupt)
    timer.daemon = True
    try:
        _check_reading(reader, text)
        if timeout is not None:
            timer.start()
        with _interruptible(reader.connection):
            yield reader.execute(text)
    except duckdb.InterruptException as error:
        raise UsageError(f"the query took longer than {timeout:g} s; narrow it, or give more time") from error
    except duckdb.OutOfMemoryException as error:
        raise UsageError(
            f"the query needs more memory than it may use ({brief(error)}); aggregate or narrow it"
        ) from error
    except duckdb.Error as error:
        if is_rewritten(error) or damaged_file(reader.lake) is not None:
            with stored_files(reader.lake):
                raise
        raise UsageError(f"the query failed: {brief(error)}") from error
    finally:
        timer.cancel()


@contextmanager
def _interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Ctrl-C ends the query.

    Python's handler waits until DuckDB returns, and DuckDB asks for signals only where the main thread has
    nothing to compute: a thread is told of the signal immediately.
    """
    if current_thread() is not main_thread():
        yield
        return
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    listener = Thread(target=_heed, args=(told, connection), daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(tell)
        listener.join()
        os.close(told)


def _heed(told: int, connection: duckdb.DuckDBPyConnection) -> None:
    while number := os.read(told, 1):
        if number[0] == signal.SIGINT:
            connection.interrupt()


def _check_reading(reader: DuckReader, text: str) -> None:
    statements = reader.connection.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(
            "only one read-only statement is allowed: SELECT, FROM, WITH, VALUES, DESCRIBE or SHOW"
        )
