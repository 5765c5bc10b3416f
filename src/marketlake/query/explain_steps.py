"""The returns of one instrument while its changed rows are replaced one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import duckdb

from .connection import records
from .text import bound, chain, statement

_ROWS_AT_ONCE: Final = 2_000_000
_RETURNS: Final = {
    "pose": "explain/pose",
    "posed_row": "explain/posed_row",
    "bar": "explain/posed_bar",
    "instrument": "explain/posed_instrument",
    "exchange_rate": "explain/posed_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
}

Returns = Mapping[int, float | None]
"""By year; a year without a row is not in it."""


@dataclass(frozen=True)
class Steps:
    """`rows[n]` is replaced between `returns[n]` and `returns[n + 1]`; in the last of `returns` all are."""

    rows: tuple[tuple[str, date], ...]
    """Instrument and session."""
    returns: tuple[Returns, ...]


def take_steps(connection: duckdb.DuckDBPyConnection, values: Mapping[str, object]) -> Steps:
    """`values` are the parameters of sql/explain."""
    _keep(connection, "held_row", chain({"bar_version": "query/bar_version"}, "explain/held_row"), values)
    _keep(connection, "step", statement("explain/step"), values)
    found = connection.execute("SELECT instrument_id, session FROM step ORDER BY place").fetchall()
    rows = tuple((name, session) for name, session in found)
    returns: list[dict[int, float | None]] = [{} for _ in range(len(rows) + 2)]
    for row in _returns(connection, {**values, "steps": len(rows)}):
        returns[row["step"]][row["year"]] = row["simple_return"]
    return Steps(rows, tuple(returns))


def _returns(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """A row a step and year; so many steps at a time that memory is bounded."""
    (held,) = connection.execute("SELECT count(*) FROM held_row").fetchone() or (0,)
    at_once = max(1, _ROWS_AT_ONCE // max(held, 1))
    text = chain(_RETURNS, "explain/step_return")
    found: list[dict[str, Any]] = []
    for low in range(0, values["steps"] + 2, at_once):
        found += records(connection, text, {**values, "low": low, "high": low + at_once - 1})
    return found


def _keep(connection: duckdb.DuckDBPyConnection, name: str, text: str, values: Mapping[str, object]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {bound(text, values)}")
