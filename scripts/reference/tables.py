"""docs/reference/tables.md, from the schemas of the stored tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from marketlake.model.layout import SCHEMA_VERSION
from marketlake.model.schema import MARTS, RAW, TABLES

from .markdown import table

INTRODUCTION = f"""\
# Tables

Written from the schemas, which also stand in every Parquet file as the description of each column.
Version of the schema: {SCHEMA_VERSION}.

A table is a folder of plain Parquet, which any tool reads with a glob (`bar/*/*/part.parquet`). The
partitions are columns too: `asset_class` and `year`, or `month`. Instants are UTC; `session` is a label
on the instrument's calendar; returns, shares and rates are fractions, never percent; what ends in `_bp` is in
basis points (1/10,000).
"""
QUOTE: Final = "quote currency"
UNITS: Final = (
    (r"(open|high|low|close|dividend|consensus_close|first_close|last_close)", QUOTE),
    (r"volume", "units"),
    (r"split", "new per old"),
    (r"(old|new)", "of the field"),
    (r".*_bp", "basis points"),
    (r".*_rate", "exchange rate"),
    (r"(.*m2|.*downside)", "fraction squared"),
    (r"m3", "fraction cubed"),
    (r"m4", "fraction to the fourth"),
    (r".*_s", "seconds"),
    (r".*(_return|_yield|mean_excess|risk_free|within|confidence|deviation|drawdown|best|worst)", "fraction"),
    (
        r".*(level|level_low|level_high|_high|_low|_low_ahead|(first|last|december|start)_(price|total|vendor)|first_growth)",
        "level",
    ),
    (r".*(factor|correlation)", "ratio"),
)
"""By the names of columns that hold numbers; the first that fits whole."""
FOLDERS: Final = {
    "bar": "Current bars, sorted by instrument and session.",
    "revision": "Rows that were replaced, with the moment at which they were.",
    "run": "One row an instrument and run: outcome, coverage, counts.",
    "quarantine": "Rows that failed a check, with the reason.",
    "finding": "Oddities that were stored all the same.",
    "gap": "Sessions that were asked for and not served, a row a change.",
    "correction": "Corrections by hand as they came to stand or were removed.",
    "claim_history": "Verdicts on claims, a row a change.",
    "reconciliation": "What several sources said of a session.",
    "reconciliation_pair": "How two sources compared over a window.",
    "daily_return": "A row a session: returns on both bases, the bill's, levels of the year.",
    "year_state": "A row an instrument, year and basis: what any span of years merges from.",
    "year_level": "A row an instrument and year: what a calendar-year return is made of.",
    "year_close": "The close that each instrument's next return runs from.",
}
BY_YEAR: Final = frozenset({"bar", "revision", *MARTS})


def page() -> str:
    parts = [INTRODUCTION]
    for name, schema in TABLES.items():
        where = "asset_class=*/year=*" if name in BY_YEAR else "month=*"
        parts.append("\n".join(section(name, f"{FOLDERS[name]} `{name}/{where}/part.parquet`", schema)))
    parts.append("\n".join(section("raw", "Every answer as it was served: immutable, a file a batch.", RAW)))
    return "\n".join(parts)


def section(name: str, what: str, schema: pa.Schema) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield what
    yield ""
    rows = [
        (f"`{f.name}`", kind(f.type), unit(f), "may be null" if f.nullable else "", told(f)) for f in schema
    ]
    yield from table(("column", "type", "unit", "null", "what it holds"), rows)
    yield ""


def told(field: pa.Field) -> str:
    return str(field.metadata[b"description"].decode())


def kind(arrow: pa.DataType) -> str:
    """In words that all readers share."""
    words = {"double": "float64", "date32[day]": "date", "timestamp[us, tz=UTC]": "timestamp"}
    return words.get(str(arrow), str(arrow))


def unit(field: pa.Field) -> str:
    """What a number is counted in; a float without a unit is a mistake."""
    if pa.types.is_timestamp(field.type):
        return "UTC"
    if not pa.types.is_floating(field.type):
        return ""
    for name, words in UNITS:
        if re.fullmatch(name, field.name):
            return words
    raise KeyError(f"say in UNITS what {field.name} is counted in")
