"""Rows as they are kept when they are put aside or noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ..normalise import Window
from ..schema import FINDING, QUARANTINE, UTC_INSTANT


def put_aside(rows: pa.Table, reason: str, run_id: str, windows: Mapping[str, Window]) -> pa.Table:
    """Rows with the columns of a bar as rows of `quarantine`."""
    return _with(rows, QUARANTINE, windows, reason=reason, run_id=run_id)


def noted(rows: pa.Table, check: str, windows: Mapping[str, Window]) -> pa.Table:
    """Rows with a message as rows of `finding`."""
    return _with(rows, FINDING, windows, check=check)


def served_at(rows: pa.Table, windows: Mapping[str, Window]) -> pa.Array:
    """The moment of each row's answer."""
    return _of_window(rows, [window.at for window in _windows(rows, windows)], UTC_INSTANT)


def _with(rows: pa.Table, schema: pa.Schema, windows: Mapping[str, Window], **constants: str) -> pa.Table:
    """Add the constants, when each row was served and by whom."""
    columns: dict[str, Any] = {n: pa.repeat(pa.scalar(value), len(rows)) for n, value in constants.items()}
    columns["observed_at"] = served_at(rows, windows)
    columns["source"] = _of_window(rows, [window.source for window in _windows(rows, windows)], pa.string())
    return pa.table([columns[n] if n in columns else rows[n] for n in schema.names], schema=schema)


def _windows(rows: pa.Table, windows: Mapping[str, Window]) -> list[Window]:
    names = rows["instrument_id"].combine_chunks().dictionary_encode().dictionary
    return [windows[name] for name in names.to_pylist()]


def _of_window(rows: pa.Table, values: list[Any], kind: pa.DataType) -> pa.Array:
    """Each row's value, of one value an instrument in order of appearance."""
    ids = rows["instrument_id"].combine_chunks().dictionary_encode()
    return pa.array(values, kind).take(ids.indices)
