"""What a matrix reads: levels as a square of numbers, years won as another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from .compared import YEARS, Asked, bars_of, values_of
from .connection import run
from .matrix_answer import Wins
from .matrix_grid import Days, Levels
from .metric_texts import DAY_NUMBER
from .question import STATE_BASES
from .text import chain

_CONVERTED: Final = {
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
    "consumer_price": "metric_input/consumer_price",
    "metric_level": "metric_input/metric_level",
}
_NATIVE: Final = {"return_index": "view/return_index", "metric_level": "query/native_level"}
MISSING: Final = ("", "no_rate", "no_price", "no_cpi")


@dataclass(frozen=True, eq=False)
class Stored:
    """Levels of instruments by day; columns in the order of their ids."""

    days: Days
    level: Levels
    missing: NDArray[np.int8]
    """Why a bar has no level: a place in `MISSING`, or 0 where it has one; -1 where there is no bar."""


def read_levels(connection: duckdb.DuckDBPyConnection, asked: Asked, last: date) -> Stored:
    """What one unit of each has become, up to `last`, in the currency and on the basis asked for."""
    values = values_of(asked) | {"last_day": last, "cpi": asked.deflator.id if asked.deflator else ""}
    connection.execute(f"CREATE TEMP MACRO {DAY_NUMBER}")
    return _squared(_arrays(connection, _level_text(asked), values), len(asked.wanted))


def _level_text(asked: Asked) -> str:
    q = asked.question
    plain = not asked.rates and not q.real
    member = {"matrix_member": "query/matrix_member"}
    if plain and q.as_of is None and q.basis in STATE_BASES:
        return chain(member, "query/stored_level")
    bars = {"bar": bars_of(q), "instrument": "query/instrument"}
    return chain(member | bars | (_NATIVE if plain else _CONVERTED), "query/matrix_level")


def _squared(found: Mapping[str, NDArray[Any]], count: int) -> Stored:
    day, place = found["day"], found["place"]
    base = int(day.min()) if len(day) else 0
    span = int(day.max()) - base + 1 if len(day) else 0
    level = np.full((span, count), np.nan)
    level[day - base, place] = found["level"]
    missing = np.full((span, count), -1, np.int8)
    missing[day - base, place] = found["missing"]
    rows = np.flatnonzero((missing >= 0).any(axis=1))
    return Stored(rows + base, level[rows], missing[rows])


def read_sessions(connection: duckdb.DuckDBPyConnection, calendars: set[str]) -> dict[str, Days]:
    """Each calendar's sessions as day numbers, in order."""
    text = "SELECT unix_date(session) AS day FROM calendar_session WHERE calendar = $name ORDER BY session"
    return {name: _arrays(connection, text, {"name": name})["day"] for name in sorted(calendars)}


def read_wins(connection: duckdb.DuckDBPyConnection, asked: Asked, first: int, last: int) -> Wins:
    """Years won among instruments in the order of their ids, from the stored table where it tells them."""
    q = asked.question
    parts = {"matrix_member": "query/matrix_member", "bar": bars_of(q)}
    # nothing to convert, deflate or know by then: the table has it
    stored = not asked.rates and not q.real and q.as_of is None
    parts |= {"inflation": "query/inflation"} if stored else YEARS
    parts |= {"year_figure": "query/year_figure"}
    values = values_of(asked) | {"first_year": first, "last_year": last}
    found = _arrays(connection, chain(parts, "query/year_win"), values)
    at, shape = (found["a"], found["b"]), (len(asked.wanted),) * 2
    squares = {name: np.zeros(shape, np.int64) for name in Wins.__dataclass_fields__}
    for name, square in squares.items():
        square[at] = found[name]
    return Wins(**squares)


def _arrays(
    connection: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, object]
) -> dict[str, NDArray[Any]]:
    """The columns of one of our texts, whole numbers as 64 bits."""
    found: dict[str, Any] = run(connection, text, values).fetchnumpy()
    return {
        name: np.asarray(column, np.float64 if column.dtype.kind == "f" else np.int64)
        for name, column in found.items()
    }
