"""docs/reference/database.md: what `market.duckdb` has on top of the stored tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from marketlake.engine.describe import ABOUT, COLUMNS, INTERNAL_RELATIONS, SESSIONS, STATES, SUMMARIES
from marketlake.engine.scoreboard_sql import scoreboard_macros
from marketlake.engine.sql_text import has_text, read_heading, source
from marketlake.model.layout import INTERNAL
from marketlake.model.schema import TABLES

from .markdown import item, names, paragraph
from .tables import Described, columns

INTRODUCTION: Final = """\
# market.duckdb

```sql
FROM compare('BTC', 'NASDAQ');
FROM price_as_of(TIMESTAMP '2020-06-01') WHERE instrument_id = 'NASDAQ' ORDER BY session DESC LIMIT 5;
SELECT table_name, comment FROM duckdb_columns() WHERE column_name = 'quality';
```

This page is written from the headings of the SQL files and from the comments in the database. The
[stored tables](tables.md) are views here, with the same columns. Every [metric](../metrics.md) is a
macro `metric_<name>(...)`. Every macro also takes `lake`, the name that the database is
[attached](../howto/duckdb.md#attach-it-to-another-database) as, by default `market`. A column is
described once, where it occurs first; keys are in `Grain`.
"""
MACROS: Final = ("compare", "price_as_of", "price_observed_by", "total_return_index", "aligned_returns")
ROOMS: Final = ("view", "mart", "check_result")
ALSO: Final = {
    "metrics": "`metrics(ids, first_day := NULL, last_day := NULL, basis := 'price')`: every metric that "
    "needs no benchmark, by default over the window that all `ids` have: [metrics](../metrics.md).",
    "changes": "`changes(since, until := now)`: the sessions that differ between two moments: "
    "[revisions](../revisions.md).",
    "check_bar": "`check_bar(id)`: the checks of rows over the stored bars of one instrument: "
    "[data quality](../quality.md).",
}

KEYS: Final = frozenset(
    (name, COLUMNS["bar"][name])
    for name in ("instrument_id", "session", "year", "asset_class", "calendar", "month")
)
FURTHER: Final = frozenset({"calendar_year", "claim_opponent", "claim_plan", "claim_weight", "claim_sleeve"})
"""Read by other tables: their columns are described in the database only."""


def page() -> str:
    lines = [INTRODUCTION, *point_in_time(), "## Macros", ""]
    for name in MACROS:
        lines += [*macro(name), ""]
    lines += ["### scoreboard, scoreboard_years", ""]
    lines += paragraph(
        "The standard metrics of all instruments over any window: [scoreboard](../scoreboard.md)."
    )
    lines += ["", *(f"- `{signature(text)}`" for text in scoreboard_macros()), ""]
    for name, text in ALSO.items():
        lines += [f"### {name}", "", *paragraph(text), ""]
    lines += ["## Views and tables", ""]
    stored = [name for name in TABLES if not name.startswith(INTERNAL)]
    described = {pair: table for table in reversed(stored) for pair in COLUMNS[table].items()}
    for name in COLUMNS:
        if name not in {*TABLES, *FURTHER, *INTERNAL_RELATIONS}:
            lines += [*relation(name, described), ""]
    lines += ["## Further tables", "", *paragraph(
        "Macros and other views read these. `FROM duckdb_columns()` describes their columns."
    ), ""]  # fmt: skip
    for name in COLUMNS:
        if name in FURTHER:
            lines += item(f"`{name}`: {title(name)}")
    lines.append("")
    return "\n".join(lines)


def point_in_time() -> Iterator[str]:
    """Which relations look ahead, and which do not."""
    yield "## Point in time"
    yield ""
    yield from paragraph(
        "No later session changes a row of these relations. The column in brackets holds from when the row "
        "could be known:"
    )
    yield ""
    yield from item(", ".join(f"`{name}` (`{column}`)" for name, column in SESSIONS.items()))
    yield ""
    yield from paragraph(
        "These hold the current state only, such as which sessions are late or in doubt; a later state "
        f"replaces a row: {names(sorted(STATES))}."
    )
    yield ""
    yield from paragraph(
        "Rows of a summary change with later sessions. `through_session` is the last one that a row is made "
        f"of: {names(sorted(SUMMARIES))}."
    )
    yield ""


def macro(name: str) -> Iterator[str]:
    head = read_heading(f"macro/{name}")
    yield f"### {name}"
    yield ""
    title = re.sub(rf"^{name}\([^)]*\): ", "", head.title, flags=re.IGNORECASE)
    yield from paragraph(f"`{signature(source(f'macro/{name}'))}`: {title}.")
    yield ""
    yield from fields(head.fields)


def signature(text: str) -> str:
    """The macro's name with its arguments."""
    match = re.search(r"CREATE MACRO (.*?) AS TABLE", text, re.DOTALL)
    assert match
    return " ".join(match[1].split())


def relation(name: str, described: Described) -> Iterator[str]:
    """What it is, and the columns that are not described before."""
    room = next((room for room in ROOMS if has_text(f"{room}/{name}")), None)
    yield f"### {name}"
    yield ""
    if room and name not in ABOUT:
        head = read_heading(f"{room}/{name}")
        yield from paragraph(f"{head.title}.")
        yield ""
        # units of columns are in their descriptions
        yield from fields({field: text for field, text in head.fields.items() if field != "Unit"})
    else:
        yield from paragraph(ABOUT[name])
        yield ""
    # the keys are in the comments of every relation, whether it has them or not
    rest = {column: text for column, text in COLUMNS[name].items() if (column, text) not in KEYS}
    if base := base_of(name):
        yield from item(f"The columns of `{base}`")
        rest = {column: text for column, text in rest.items() if COLUMNS[base].get(column) != text}
    yield from columns(
        name, rest, {column: f"`{column}`: {text}" for column, text in rest.items()}, described
    )


def title(name: str) -> str:
    """What an internal relation is, in a sentence."""
    room = next((room for room in ROOMS if has_text(f"{room}/{name}")), None)
    if name in ABOUT or room is None:
        return ABOUT[name].rstrip(".")
    return read_heading(f"{room}/{name}").title


def base_of(name: str) -> str | None:
    """The relation whose columns this one has too, six at least, all of them."""
    own = COLUMNS[name].items()
    earlier = list(COLUMNS)[: list(COLUMNS).index(name)]
    fits = [one for one in earlier if len(COLUMNS[one]) >= 6 and COLUMNS[one].items() <= own]
    return max(fits, key=lambda one: len(COLUMNS[one]), default=None)


def fields(heading: Mapping[str, str]) -> Iterator[str]:
    """The fields of a heading that say more than nothing."""
    for name in ("Formula", "Unit", "Grain"):
        if heading.get(name, "-") != "-":
            yield from item(f"{name}: {heading[name]}")
