"""The texts of the checks over what is stored, put together."""

from __future__ import annotations

from collections.abc import Iterator

from .checks import FAILS, LAKE, WARNS, WHOLE
from .text import chained, statement

ROWS = (*WHOLE, *FAILS, *WARNS)
"""Checks that apply to stored bars as they do to served ones."""
_FOUND = '"check", instrument_id, session, message, source, seen_at'


def of_rows() -> str:
    """What the checks of rows find in the relation `checked`, as rows of `found`."""
    return _together(
        f"SELECT '{name}' AS \"check\", instrument_id, session, message, source, observed_at AS seen_at "  # noqa: S608
        f"FROM ({statement(f'check/{name}')})"
        for name in ROWS
    )


def of_lake(now: str) -> str:
    """What the checks of the whole lake find at the SQL moment `now`, as rows of `found`."""
    return _together(
        f"SELECT '{name}' AS \"check\", instrument_id, session, message, '' AS source, "  # noqa: S608
        f"CAST({now} AS TIMESTAMPTZ) AS seen_at FROM ({statement(f'check/{name}').replace('$now', now)})"
        for name in LAKE
    )


def recorded(name: str) -> str:
    """`quarantined` or `noted`, as rows of `found`."""
    return f"SELECT {_FOUND} FROM ({statement(f'check_result/{name}')})"  # noqa: S608 (our own texts)


def check_result() -> str:
    """The view of market.duckdb: what was found when rows were served, and what the whole lake shows."""
    parts = (recorded("quarantined"), recorded("noted"), of_lake("(SELECT built_at FROM lake)"))
    return chained({"found": _together(parts)}, statement("check_result/check_result"))


def check_bar() -> str:
    """The macro of market.duckdb: the checks of rows over the stored bars of one instrument."""
    parts = {
        "subject": statement("check_input/stored_subject"),
        "unchecked": statement("check_input/stored_row").replace("$first", "id").replace("$last", "id"),
        "checked": statement("check_input/checked"),
        "found": of_rows(),
    }
    return chained(parts, statement("check_result/check_result"))


def _together(parts: Iterator[str] | tuple[str, ...]) -> str:
    return "\nUNION ALL\n".join(f"({part})" for part in parts)
