"""The scoreboard as macros: whole years from stored blocks of years alone, days with the cut years beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from .text import chain

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


def scoreboard_macros() -> Iterator[str]:
    """The statements that make `scoreboard` and `scoreboard_years` table macros of a database."""
    yield _macro("scoreboard(first_day, last_day", _DAYS, _OF_DAYS)
    yield _macro("scoreboard_years(from_year, to_year", _YEARS, _OF_YEARS)


def _macro(signature: str, parts: Mapping[str, str], arguments: Mapping[str, str]) -> str:
    text = _PARAMETER.sub(lambda found: arguments.get(found[1], found[1]), chain(parts, _FINAL))
    return f"CREATE MACRO {signature}, basis := 'price') AS TABLE {text}"
