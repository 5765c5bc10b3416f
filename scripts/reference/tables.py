"""docs/reference/tables.md, from the schemas of the stored tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa

from marketlake.engine.describe import ABOUT
from marketlake.model.layout import INTERNAL, SCHEMA_VERSION
from marketlake.model.schema import MARTS, RAW, TABLES

from .markdown import item, names, paragraph

INTRODUCTION: Final = f"""\
# Stored tables

```sql
FROM bar WHERE instrument_id = 'BTC' AND session >= '2024-12-01' ORDER BY session;
```

This page is written from the schemas, which are also in every Parquet file as the description of
each column. Version of the schema: {SCHEMA_VERSION}.

A table is a folder of plain Parquet, which any tool reads with a glob (`bar/*/*/part.parquet`). The
partitions are columns too: `asset_class` and `year`, or `month`. Moments are UTC. A `session` is a
label on the instrument's calendar. Returns, shares and rates are fractions, never percent. Names
that end in `_bp` are basis points (1/10,000), names that end in `_s` are seconds. A column marked
with `?` may be null. The views and macros on top are in [market.duckdb](database.md).
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
    (
        r".*(_return|_yield|mean_excess|risk_free|within|confidence|deviation|drawdown|best|worst)",
        "fraction",
    ),
    (
        r".*(level|level_low|level_high|_high|_low|(first|last|december|start)_(price|total|vendor)|first_growth)",
        "level",
    ),
    (r".*(factor|correlation)", "ratio"),
)
"""By the names of columns that hold numbers; the first that fits whole."""
UNSAID: Final = frozenset({"basis points", "seconds", "fraction", "exchange rate"})
"""Units that the introduction gives."""
BY_YEAR: Final = frozenset({"bar", "revision", *MARTS})
Described = dict[tuple[str, str], str]
"""The relation that describes a column of this name and description first."""


def page() -> str:
    described: Described = {}
    lines = [INTRODUCTION.rstrip()]
    for name, schema in TABLES.items():
        if name.startswith(INTERNAL):
            continue
        where = "asset_class=*/year=*" if name in BY_YEAR else "month=*"
        what = f"{ABOUT[name]} `{name}/{where}/part.parquet`"
        lines += ["", *section(name, what, schema, described)]
    lines += ["", *section("raw", "Vendor responses as served: immutable, one file per batch.", RAW, {}), ""]
    return "\n".join(lines)


def section(name: str, what: str, schema: pa.Schema, described: Described) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield from paragraph(what)
    yield ""
    texts = {field.name: text_of(field) for field in schema}
    lines = {field.name: f"`{field.name}`{kinds(field)}: {text_of(field)}" for field in schema}
    yield from columns(name, texts, lines, described)


def columns(
    name: str, texts: Mapping[str, str], lines: Mapping[str, str], described: Described
) -> Iterator[str]:
    """The columns of a relation; those that are described elsewhere by name only."""
    elsewhere: dict[str, list[str]] = {}
    for column, text in texts.items():
        if place := described.get((column, text)):
            elsewhere.setdefault(place, []).append(column)
    for place, known in elsewhere.items():
        yield from item(f"{names(known)}: as in `{place}`")
    for column, text in texts.items():
        if (column, text) not in described:
            yield from item(lines[column])
            described[column, text] = name


def text_of(field: pa.Field) -> str:
    return str(field.metadata[b"description"].decode())


def kinds(field: pa.Field) -> str:
    """Type and unit in brackets, with a mark where it may be null."""
    parts = [kind(field.type) + ("?" if field.nullable else "")]
    if (words := unit(field)) and words not in UNSAID:
        parts.append(words)
    return f" ({', '.join(parts)})"


def kind(arrow: pa.DataType) -> str:
    """The name that all readers know."""
    words = {"double": "float64", "date32[day]": "date", "timestamp[us, tz=UTC]": "timestamp"}
    return words.get(str(arrow), str(arrow))


def unit(field: pa.Field) -> str:
    """The unit of a number; a float without a unit is a mistake."""
    if not pa.types.is_floating(field.type):
        return ""
    for name, words in UNITS:
        if re.fullmatch(name, field.name):
            return words
    raise KeyError(f"say in UNITS what {field.name} is counted in")
