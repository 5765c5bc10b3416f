"""The scoreboard as macros: whole years from stored blocks of years alone, days with the cut years beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from .sql_text import chain, constant

WIDER: Final = (2, 4, 8, 16, 32)
"""Numbers of years that blocks have beside one."""
_FINAL: Final = "query/scoreboard"
# relation: its text, each over those before it
_YEARS: Final = {
    "span_block": "query/span_block",
    "span_sum": "query/block_sum",
    "span_path": "query/block_path",
    "span_moment": "query/span_moment",
    "span_quality": "query/block_quality",
}
_DAYS: Final = {
    "span_block": "query/span_block",
    "block_sum": "query/block_sum",
    "block_path": "query/block_path",
    "edge_return": "query/edge_return",
    "edge_sum": "query/edge_sum",
    "edge_fall": "query/edge_fall",
    "span_sum": "query/span_sum",
    "span_path": "query/span_path",
    "span_moment": "query/span_moment",
    "span_quality": "query/span_quality",
}
# a macro's argument hides a column of its name
_OF_YEARS: Final = {
    "first_year": "from_year",
    "last_year": "to_year",
    "first_day": "make_date(from_year, 1, 1)",
    "last_day": "make_date(to_year, 12, 31)",
}
_NOT_FIRST: Final = "month(first_day) > 1 OR dayofmonth(first_day) > 1"
_NOT_LAST: Final = "month(last_day) < 12 OR dayofmonth(last_day) < 31"
_OF_DAYS: Final = {
    "first_year": f"(year(first_day) + CASE WHEN {_NOT_FIRST} THEN 1 ELSE 0 END)",
    "last_year": f"(year(last_day) - CASE WHEN {_NOT_LAST} THEN 1 ELSE 0 END)",
}
_PARAMETER: Final = re.compile(r"\$([a-z_]+)")


def scoreboard_macro(first: date, last: date, basis: str) -> str:
    """The call of the macro for a window."""
    name = "scoreboard_years" if _whole_years(first, last) else "scoreboard"
    ends = (first.year, last.year) if _whole_years(first, last) else (first, last)
    return f"main.{name}({', '.join(map(constant, ends))}, basis := {constant(basis)})"


def scoreboard_parts(first: date, last: date) -> Mapping[str, str]:
    """By relation the texts that the scoreboard of a window is made of, each over those before it."""
    return (_YEARS if _whole_years(first, last) else _DAYS) | {"scoreboard": _FINAL}


def window_values(first: date, last: date, basis: str) -> dict[str, object]:
    """The parameters of the texts for a window: its days, and the years that lie within it whole."""
    before = (first.month, first.day) != (1, 1)
    after = (last.month, last.day) != (12, 31)
    years = {"first_year": first.year + before, "last_year": last.year - after}
    return {"first_day": first, "last_day": last, "basis": basis, **years}


def _whole_years(first: date, last: date) -> bool:
    return (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)


def scoreboard_macros() -> Iterator[str]:
    """The statements that make `scoreboard` and `scoreboard_years` table macros of a database."""
    yield _macro("scoreboard(first_day, last_day", _DAYS, _OF_DAYS)
    yield _macro("scoreboard_years(from_year, to_year", _YEARS, _OF_YEARS)


def _macro(signature: str, parts: Mapping[str, str], arguments: Mapping[str, str]) -> str:
    text = _PARAMETER.sub(lambda found: arguments.get(found[1], found[1]), chain(parts, _FINAL))
    return f"CREATE MACRO {signature}, basis := 'price') AS TABLE {text}"
