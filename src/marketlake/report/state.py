"""The state of the data as a table: how fresh, what is missing, restated, quarantined or disputed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any

from ..engine.reader import Reader
from ..engine.sql_text import statement

Row = dict[str, Any]


def read_state(reader: Reader) -> list[Row]:
    """A row an instrument of `instruments.toml`, in its order."""
    return reader.records(statement("report/report_state"))


def summary(rows: Sequence[Row]) -> str:
    """What is to be known before all details, in a sentence or two."""
    stored = [row for row in rows if row["bars"]]
    late = [row for row in stored if row["due"] > 5]
    total = {name: sum(row[name] or 0 for row in rows) for name in ("bars", "gaps", "revised", "quarantined")}
    off = [row for row in rows if row["sessions_off"]]
    compared = sum(row["sessions_compared"] is not None for row in rows)
    fresh = f"{len(stored) - len(late)} of {len(rows)} instruments are up to date"
    disputed = (
        f"sources were compared for {compared} of them and disagree on {len(off)}"
        if compared
        else "no two sources have been compared yet"
    )
    return (
        f"{total['bars']:,} bars are stored; {fresh}. {total['gaps']:,} sessions are missing in between, "
        f"{total['revised']:,} rows were restated by a vendor, {total['quarantined']:,} are in quarantine; "
        f"{disputed}."
    )


def table(rows: Sequence[Row]) -> str:
    """A line an instrument; what needs a look is marked and comes first in its words."""
    head = "".join(
        f'<th scope="col"{" class=num" if number else ""}>{name}</th>'
        for name, number in (
            ("instrument", 0),
            ("first", 0),
            ("last", 0),
            ("bars", 1),
            ("due", 1),
            ("gaps", 1),
            ("restated", 1),
            ("quarantined", 1),
            ("odd", 1),
            ("sources off", 1),
            ("last fetch", 0),
        )
    )
    body = "".join(map(_line, rows))
    return f'<table class="plain state"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _line(row: Row) -> str:
    compared, off = row["sessions_compared"], row["sessions_off"]
    disputed = "" if compared is None else f"{off:,} of {compared:,}"
    said = "; ".join(word for word in (_outcome(row), row["disagreement"]) if word)
    cells = [
        f'<th scope="row" title="{escape(row["name"])}">{escape(row["id"])}</th>',
        f"<td>{_day(row['first_session'])}</td>",
        f"<td>{_day(row['last_session'])}</td>",
        _count(row["bars"]),
        _count(row["due"], look=row["due"] > 5),
        _count(row["gaps"], look=row["gaps"] > 0),
        _count(row["revised"]),
        _count(row["quarantined"], look=row["quarantined"] > 0),
        _count(row["noted"]),
        f'<td class="num{" look" if off else ""}">{disputed}</td>',
        f'<td class="words">{escape(said)}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _outcome(row: Row) -> str:
    outcome = str(row["outcome"]).replace("_", " ")
    return f"{outcome}: {row['message']}" if row["message"] else outcome


def _count(value: int, look: bool = False) -> str:
    return (
        f'<td class="num{" look" if look else ""}">{value:,}</td>' if value else '<td class="num nil">0</td>'
    )


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%Y-%m-%d}"
