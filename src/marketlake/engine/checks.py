"""Every check of the data: its name, how severe it is, what it looks at; the text is `sql/check/<name>.sql`.

The headings of the texts say the rest. Three checks are not made in SQL, because what they need is at hand
elsewhere: they stand here all the same, so that each name is stated once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from .sql_text import chained, read_heading, statement

FAIL, WARN = "fail", "warn"
"""A row that fails is quarantined; one that is odd is stored and noted."""

WHOLE: Final = ("split_not_applied", "unit_change")
"""Of rows; they put the instrument's whole answer aside."""
FAILS: Final = (
    "not_positive",
    "split_ratio",
    "dividend_size",
    "unit_spike",
    "high_below_low",
    "far_outside_range",
)
"""Of rows; the first that applies is the reason."""
WARNS: Final = (
    "close_outside_range",
    "open_outside_range",
    "high_just_below_low",
    "off_calendar",
    "jump",
    "stale_repeat",
    "dividend_not_in_price",
)
"""Of rows that passed."""
SERVED_FAILS: Final = ("served_twice", "future_date", "wrong_currency")
"""Of rows as served, before they are bars."""
SERVED_WARNS: Final = ("unsorted",)
LAKE: Final = ("missing_session", "late", "sources_disagree", "correction_not_applied")
"""Of the lake as a whole."""
RESCALED: Final = "rescaled"
CORRECTION_MISMATCH: Final = "correction_mismatch"
CORRECTION_NOT_NEEDED: Final = "correction_not_needed"


@dataclass(frozen=True)
class Check:
    """What one check finds, and what to do about it."""

    name: str
    severity: str
    looks_at: str
    """served: answers alone; bar: rows of answers, and stored bars again; lake: all that is stored."""
    description: str
    remedy: str


_ELSEWHERE: Final = (
    Check(
        RESCALED,
        FAIL,
        "served",
        "An answer whose stored sessions came back times one factor, with no split to say why",
        "the next run asks again; if the vendor stays with it, list the series under a new id",
    ),
    Check(
        CORRECTION_MISMATCH,
        FAIL,
        "served",
        "A session that is corrected by hand and whose value is neither the old nor the new one",
        "set old to what the vendor now serves, or remove the entry",
    ),
    Check(
        CORRECTION_NOT_NEEDED,
        WARN,
        "served",
        "A correction whose new value the vendor now serves itself",
        "remove the entry from corrections.toml",
    ),
)


@cache
def checks() -> tuple[Check, ...]:
    """All of them, by what they look at and then in the order in which they are made."""
    served = [_read(name, "served") for name in (*SERVED_FAILS, *SERVED_WARNS)]
    rows = [_read(name, "bar") for name in (*WHOLE, *FAILS, *WARNS)]
    return (*served, *_ELSEWHERE, *rows, *(_read(name, "lake") for name in LAKE))


def _read(name: str, looks_at: str) -> Check:
    head = read_heading(f"check/{name}")
    severity = head.fields["Severity"].split()[0]
    return Check(name, severity, looks_at, head.title, head.fields["Remedy"])


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
