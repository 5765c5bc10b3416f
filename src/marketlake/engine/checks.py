"""Every check of the data: name, severity and input; the text is `sql/check/<name>.sql`.

The headings of the texts have the description and the remedy. Some checks run in Python, where
their inputs are; they are listed here as well, so that each name is defined once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from .sql_text import bound, chained, read_heading, statement

FAIL, WARN = "fail", "warn"
"""fail: the row is quarantined; warn: it is stored, with a finding."""

WHOLE: Final = ("split_not_applied", "unit_change", "shifted_dates")
"""Of rows; they quarantine the whole answer of the instrument."""
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
    "range_spike",
    "off_calendar",
    "jump",
    "spike",
    "reused_ticker",
    "split_suspected",
    "stale_repeat",
    "dividend_not_in_price",
    "dividend_out_of_line",
    "dividend_repeated",
)
"""Of rows that passed."""
DIVIDENDS: Final = ("dividend_not_in_price", "dividend_out_of_line", "dividend_repeated")
"""What they find makes figures with dividends suspect."""
SUSPECT: Final = ("jump", "spike", "reused_ticker", "split_suspected", *DIVIDENDS)
"""A figure across a session that one of these finds has the quality `suspect`."""
SERVED_FAILS: Final = ("served_twice", "future_date", "wrong_currency")
"""Of rows as served, before they are bars."""
SERVED_WARNS: Final = ("unsorted", "capital_gain")
LAKE: Final = ("missing_session", "late", "sources_disagree", "correction_not_applied")
"""Of the lake as a whole."""
RESCALED: Final = "rescaled"
OTHER_SERIES: Final = "other_series"
NO_OVERLAP: Final = "no_overlap"
SYMBOL_CHANGED: Final = "symbol_changed"
ZONE_CHANGED: Final = "zone_changed"
MASS_REVISION: Final = "mass_revision"
CORRECTION_MISMATCH: Final = "correction_mismatch"
CORRECTION_NOT_NEEDED: Final = "correction_not_needed"


@dataclass(frozen=True)
class Check:
    """What one check finds, and the remedy."""

    name: str
    severity: str
    looks_at: str
    """served: only answers; bar: rows of answers and stored bars; lake: all stored data."""
    description: str
    remedy: str


_CONFIRM: Final = (
    "the next run requests it again; if the vendor's new figures are right, "
    "`marketlake backfill ID --from DAY --replace` stores them as revisions"
)
_ELSEWHERE: Final = (
    Check(
        RESCALED,
        FAIL,
        "served",
        "An answer in which most stored sessions, or a long beginning, are multiplied by one factor that "
        "no split explains",
        _CONFIRM,
    ),
    Check(
        OTHER_SERIES,
        FAIL,
        "served",
        "An answer in which most stored sessions have other prices and other returns: another "
        "instrument under the symbol, or shifted dates",
        _CONFIRM,
    ),
    Check(
        NO_OVERLAP,
        FAIL,
        "served",
        "An answer without any stored session that begins far from the last stored close, or of a "
        "total-return series, whose scale only stored sessions show",
        _CONFIRM,
    ),
    Check(
        SYMBOL_CHANGED,
        FAIL,
        "served",
        "An answer to another symbol than the one under which the source served the instrument before",
        "`marketlake backfill ID --from DAY --replace` confirms the symbol; if it is another instrument, "
        "correct the symbol or list it under a new id",
    ),
    Check(
        ZONE_CHANGED,
        FAIL,
        "served",
        "An answer with another time zone than the one in which the source served the instrument before: "
        "its moments may fall on other days",
        _CONFIRM,
    ),
    Check(
        MASS_REVISION,
        WARN,
        "served",
        "An answer that revises more than half of the stored sessions that it has, or more than 11",
        "compare another source (`marketlake reconcile ID --from DAY`); "
        "`marketlake changes ID --since DAY` lists the revisions",
    ),
    Check(
        CORRECTION_MISMATCH,
        FAIL,
        "served",
        "A session with a manual correction and a value that is neither the old nor the new one",
        "set old to what the vendor now serves, or remove the entry",
    ),
    Check(
        CORRECTION_NOT_NEEDED,
        WARN,
        "served",
        "A correction to a value that the vendor now serves itself",
        "remove the entry from corrections.toml",
    ),
)


@cache
def checks() -> tuple[Check, ...]:
    """All checks, by input and then in the order in which they run."""
    served = [_read(name, "served") for name in (*SERVED_FAILS, *SERVED_WARNS)]
    rows = [_read(name, "bar") for name in (*WHOLE, *FAILS, *WARNS)]
    return (*served, *_ELSEWHERE, *rows, *(_read(name, "lake") for name in LAKE))


def _read(name: str, looks_at: str) -> Check:
    head = read_heading(f"check/{name}")
    severity = head.fields["Severity"].split()[0]
    return Check(name, severity, looks_at, head.title, head.fields["Remedy"])


ROWS = (*WHOLE, *FAILS, *WARNS)
"""Checks that apply to stored bars and to served rows."""
_FOUND = '"check", instrument_id, session, message, source, seen_at'


def of_rows(names: tuple[str, ...] = ROWS) -> str:
    """The findings of these checks of rows in the relation `checked`, as rows of `found`."""
    return _union(
        f"SELECT '{name}' AS \"check\", instrument_id, session, message, source, observed_at AS seen_at "  # noqa: S608
        f"FROM ({statement(f'check/{name}')})"
        for name in names
    )


def of_lake(now: str) -> str:
    """The findings of the checks of the whole lake at the SQL moment `now`, as rows of `found`."""
    return _union(
        f"SELECT '{name}' AS \"check\", instrument_id, session, message, '' AS source, "  # noqa: S608
        f"CAST({now} AS TIMESTAMPTZ) AS seen_at FROM ({statement(f'check/{name}').replace('$now', now)})"
        for name in LAKE
    )


def recorded(name: str) -> str:
    """`quarantined` or `noted`, as rows of `found`."""
    return f"SELECT {_FOUND} FROM ({statement(f'check_result/{name}')})"  # noqa: S608 (our own texts)


def check_result() -> str:
    """The view of market.duckdb: findings about served rows and about the whole lake."""
    parts = (recorded("quarantined"), recorded("noted"), of_lake("(SELECT built_at FROM lake)"))
    return chained({"found": _union(parts)}, statement("check_result/check_result"))


def suspect_session() -> str:
    """The table of market.duckdb: the sessions whose return is in doubt."""
    parts = {
        "subject": statement("check_input/stored_subject"),
        "unchecked": statement("check_input/suspect_row"),
        "checked": statement("check_input/checked"),
        "found": of_rows(SUSPECT),
        "quarantined": recorded("quarantined"),
    }
    values = {"suspect": list(SUSPECT), "dividends": [*DIVIDENDS, "dividend_size"]}
    return bound(chained(parts, statement("mart/suspect_session")), values)


def check_bar() -> str:
    """The macro of market.duckdb: the checks of rows over the stored bars of one instrument."""
    parts = {
        "subject": statement("check_input/stored_subject"),
        "unchecked": statement("check_input/stored_row").replace("BETWEEN $first AND $last", "= $id"),
        "checked": statement("check_input/checked"),
        "found": of_rows(),
    }
    return chained(parts, statement("check_result/check_result"))


def _union(parts: Iterator[str] | tuple[str, ...]) -> str:
    return "\nUNION ALL\n".join(f"({part})" for part in parts)
