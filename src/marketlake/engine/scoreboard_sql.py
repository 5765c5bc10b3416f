"""The scoreboard as macros: whole years from stored blocks, cut years from daily returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from .sql_text import PARAMETER, chain, constant

WIDER: Final = (2, 4, 8, 16, 32)
"""Widths of blocks in years, apart from one."""
_FINAL: Final = "query/scoreboard"
# text by relation; each reads those before it
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
# an argument of a macro hides a column of the same name
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


def scoreboard_macro(first: date, last: date, basis: str) -> str:
    """The call of the macro for a window."""
    name = "scoreboard_years" if _whole_years(first, last) else "scoreboard"
    ends = (first.year, last.year) if _whole_years(first, last) else (first, last)
    given = ", ".join(map(constant, ends))
    return f"main.{name}({given}, basis := {constant(basis)}, all_classes := TRUE)"


def scoreboard_parts(first: date, last: date) -> Mapping[str, str]:
    """The texts of the scoreboard of a window by relation; each reads those before it."""
    return (_YEARS if _whole_years(first, last) else _DAYS) | {"scoreboard": _FINAL}


def window_values(first: date, last: date, basis: str) -> dict[str, object]:
    """The parameters of the texts for a window: its days, and the whole years within it."""
    before = (first.month, first.day) != (1, 1)
    after = (last.month, last.day) != (12, 31)
    years = {"first_year": first.year + before, "last_year": last.year - after}
    return {"first_day": first, "last_day": last, "basis": basis, "all_classes": True, **years}


def _whole_years(first: date, last: date) -> bool:
    return (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)


def scoreboard_macros() -> Iterator[str]:
    """The statements that create the table macros `scoreboard` and `scoreboard_years`."""
    yield _macro("scoreboard(first_day, last_day", _DAYS, _OF_DAYS)
    yield _macro("scoreboard_years(from_year, to_year", _YEARS, _OF_YEARS)


def _macro(signature: str, parts: Mapping[str, str], arguments: Mapping[str, str]) -> str:
    text = PARAMETER.sub(lambda match: arguments.get(match[1], match[1]), chain(parts, _FINAL))
    return f"CREATE MACRO {signature}, basis := 'price', all_classes := FALSE) AS TABLE {text}"
