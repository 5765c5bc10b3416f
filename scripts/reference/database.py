"""docs/reference/database.md: what `market.duckdb` holds beside the stored tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from marketlake.engine.describe import COLUMNS
from marketlake.engine.scoreboard_sql import scoreboard_macros
from marketlake.engine.sql_text import read_heading, source
from marketlake.model.schema import TABLES

from .markdown import table

INTRODUCTION = """\
# market.duckdb

Written from the headings of the SQL files and from the comments that the database carries
(`FROM duckdb_columns()`). The [stored tables](tables.md) are views here, with the same columns; every
[metric](../metrics/README.md) is a macro `metric_<name>(...)`.
"""
MACROS: Final = ("compare", "price_as_of", "price_observed_by", "total_return_index")
ROOMS: Final = ("view", "mart", "check_result")
NO_HEADING: Final = {
    "instrument": "The instruments of `instruments.toml`.",
    "bar_version": "Every version of every bar, the current ones and those that were replaced.",
    "calendar_session": "The sessions of each calendar in use.",
    "lake": "What this file was built from: one row.",
    "quality_check": "The data checks.",
    "claim": "The claims of `claims.toml`.",
    "claim_opponent": "The instruments that a claim may also mean.",
    "claim_plan": "The plans that a claim about a sleeve is put to.",
    "claim_weight": "The weights of those plans.",
    "claim_sleeve": "Return and risk of those plans in each stretch of years, with the sleeve and without.",
}


def page() -> str:
    parts = [INTRODUCTION, "## Macros", ""]
    parts += [line for name in MACROS for line in macro(name)]
    parts += [
        "### scoreboard, scoreboard_years",
        "",
        "The standard metrics of all instruments over any window.",
        "",
    ]
    parts += [f"- `{signature(text)}`" for text in scoreboard_macros()]
    parts += [
        "",
        "### changes",
        "",
        "What the lake holds otherwise at one moment than at another: [What changed](../revisions.md).",
    ]
    parts += [
        "",
        "### check_bar",
        "",
        "The checks of rows over the stored bars of one instrument: [Data quality](../quality.md).",
    ]
    parts += ["", "## Views and tables", ""]
    parts += [line for name in COLUMNS if name not in TABLES for line in relation(name)]
    return "\n".join(parts)


def macro(name: str) -> Iterator[str]:
    head = read_heading(f"macro/{name}")
    yield f"### {name}"
    yield ""
    title = re.sub(rf"^{name}\([^)]*\): ", "", head.title, flags=re.IGNORECASE)
    yield f"`{signature(source(f'macro/{name}'))}`: {title}."
    yield ""
    yield from fields(head.fields)


def signature(text: str) -> str:
    """The macro's name with its arguments."""
    found = re.search(r"CREATE MACRO (.*?) AS TABLE", text, re.DOTALL)
    assert found
    return " ".join(found[1].split())


def relation(name: str) -> Iterator[str]:
    room = next((room for room in ROOMS if has(room, name)), None)
    yield f"### {name}"
    yield ""
    if room and name not in NO_HEADING:
        head = read_heading(f"{room}/{name}")
        yield f"{head.title}."
        yield ""
        yield from fields(head.fields)
    else:
        yield NO_HEADING[name]
        yield ""
    yield from table(("column", "what it holds"), [(f"`{n}`", told) for n, told in COLUMNS[name].items()])
    yield ""


def has(room: str, name: str) -> bool:
    try:
        source(f"{room}/{name}")
    except FileNotFoundError:
        return False
    return True


def fields(told: object) -> Iterator[str]:
    assert isinstance(told, dict)
    yield from (f"- {name}: {text}" for name, text in told.items())
    yield ""
