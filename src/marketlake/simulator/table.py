"""Reading a user's file: a table with lower-case column names, its dates, its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..calendars import Days
from ..errors import ConfigError
from .series import Floats

_MAX_BYTES: Final = 1024 * 1024 * 1024
_DATES: Final = ("date", "session", "observation_date", "open_time")
_FIRST_DAY, _LAST_DAY = np.datetime64("1900-01-01"), np.datetime64("2099-12-31")


def read_table(path: Path) -> pa.Table:
    """The file's columns; text stays text. `ConfigError` when it cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path} is larger than {_MAX_BYTES} bytes; is it one symbol's daily rows?")
        table = _read_csv(path) if path.suffix.lower() == ".csv" else _read_parquet(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {str(error)[:200]}") from error
    names = [name.strip().lower() for name in table.column_names]
    if len(set(names)) < len(names):
        raise ConfigError(f"{path}: a column name stands there twice: {', '.join(names)[:200]}")
    return table.rename_columns(names)


def _read_csv(path: Path) -> pa.Table:
    # everything as text: a date is cut, a number converted, where it is understood
    from pyarrow import csv

    with path.open("rb") as file:
        header = csv.read_csv(pa.BufferReader(file.readline())).column_names
    options = csv.ConvertOptions(
        column_types={name: pa.string() for name in header}, strings_can_be_null=True
    )
    return csv.read_csv(path, convert_options=options)


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path).read()


def dates(path: Path, table: pa.Table) -> Days:
    """The session of each row, a label in the venue's own calendar."""
    name = next((name for name in _DATES if name in table.column_names), None)
    if name is None:
        raise ConfigError(
            f"{path}: no column of {', '.join(_DATES)}; it has {', '.join(table.column_names)[:200]}"
        )
    try:
        days = _days(table[name], milliseconds=name == "open_time")
    except (pa.ArrowException, ValueError) as error:
        raise ConfigError(
            f"{path}: column {name} must hold dates such as 2024-12-31: {str(error)[:120]}"
        ) from error
    if not ((days >= _FIRST_DAY) & (days <= _LAST_DAY)).all():
        raise ConfigError(
            f"{path}: column {name} must hold dates from {_FIRST_DAY} to {_LAST_DAY} in every row"
        )
    return days


def _days(column: pa.ChunkedArray, *, milliseconds: bool) -> Days:
    if milliseconds:
        column = column.cast(pa.int64()).cast(pa.timestamp("ms"))
    if pa.types.is_timestamp(column.type) and column.type.tz:
        # the label that the file shows is local
        column = pc.local_timestamp(column)
    label = pc.utf8_slice_codeunits(column.cast(pa.string()), 0, 10)
    return np.asarray(label.cast(pa.date32()).to_numpy(), dtype="datetime64[D]")


def number_column(path: Path, table: pa.Table, names: tuple[str, ...]) -> Floats:
    """The first of these columns as numbers; not a number where a value, or the column, is missing."""
    name = next((name for name in names if name in table.column_names), None)
    if name is None:
        return np.full(len(table), np.nan)
    column = table[name]
    if pa.types.is_string(column.type):
        column = pc.if_else(pc.is_in(column, pa.array(["", ".", "NaN", "nan", "null"])), None, column)
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowException as error:
        raise ConfigError(f"{path}: column {name} must hold numbers: {str(error)[:120]}") from error
