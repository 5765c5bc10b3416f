"""The command `changes`: what a lake holds otherwise than at an earlier moment, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ..query.change_answer import FIELDS
from .options import Format, Home, Lake, Now, Output, complete_ids, settings_of
from .output import percent, print_json, print_rows, say, text_of

if TYPE_CHECKING:
    from ..query.change_answer import Change, Changes, ChangeSummary

LISTED: Final = 40
"""Rows that people are shown; programs get all."""
_CSV: Final = ("instrument_id", "session", "kind", "field", "old", "new", "source", "seen_before", "seen")


Since = Annotated[str, typer.Option("--since", help="A moment, such as 2026-01-02T12:00Z or 2026-01-02.")]
Until = Annotated[str | None, typer.Option("--until", help="A later moment; now if left out.")]


def changes(
    since: Since,
    ids: Annotated[
        list[str] | None, typer.Argument(help="Instrument ids; all if left out.", autocompletion=complete_ids)
    ] = None,
    until: Until = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind, such as vendor_restatement; may be given again.")
    ] = None,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """What changed between two moments, as this lake saw it: each session, old and new values, and why."""
    from ..query.changes import changes as between
    from ..settings import parse_instant

    found = between(
        settings_of(home, lake, now, None).lake,
        parse_instant(since),
        parse_instant(until) if until else None,
        ids or (),
        kinds=kind or (),
        most=LISTED if output in {Format.table, Format.markdown} else None,
    )
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        print_rows([line for row in found.rows for line in _lines(row)], _CSV, output)
    else:
        _print(found, output)


def _lines(row: Change) -> list[dict[str, Any]]:
    """A line for each value that differs."""
    shared = {name: getattr(row, name) for name in _CSV if hasattr(row, name)}
    return [shared | {"field": one.name, "old": one.old, "new": one.new} for one in row.fields]


def change_text(row: Change, names: Sequence[str] = FIELDS) -> str:
    """What happened to a session in a few words, by these fields; of a new one its close, and its events."""
    if row.seen_before is not None:
        told = [one for one in row.fields if one.name in names]
        return ", ".join(f"{one.name} {text_of(one.old)} -> {text_of(one.new)}" for one in told)
    usual = {"dividend": 0.0, "split": 1.0}
    told = [one for one in row.fields if one.name == "close" or one.new != usual.get(one.name, one.new)]
    return ", ".join(f"{one.name} {text_of(one.new)}" for one in told)


def _print(c: Changes, output: Format) -> None:
    columns = ["instrument", "kind", "sessions", "first", "last", "seen", "largest move"]
    print_rows([_summary(one) for one in c.summary], columns, output)
    if c.rows:
        say()
        shown = [
            {
                "instrument": row.instrument_id,
                "session": row.session,
                "kind": row.kind,
                "what": change_text(row),
                "source": row.source,
                "seen": row.seen,
            }
            for row in c.rows
        ]
        print_rows(shown, ["instrument", "session", "kind", "what", "source", "seen"], output)
    if output is Format.table:
        say()
        for line in _words(c):
            say(line)


def _summary(one: ChangeSummary) -> dict[str, Any]:
    first, last = text_of(one.first_seen), text_of(one.last_seen)
    return {
        "instrument": one.instrument_id,
        "kind": one.kind,
        "sessions": one.sessions,
        "first": one.first_session,
        "last": one.last_session,
        "seen": first if first == last else f"{first} to {last}",
        "largest move": percent(one.largest_move),
    }


def _words(c: Changes) -> list[str]:
    until = f"by {text_of(c.until)}" if c.until else "now"
    lines = [f"{c.sessions:,} sessions are held otherwise {until} than by {text_of(c.since)}."]
    if c.sessions > len(c.rows):
        lines.append(f"{len(c.rows)} of them are listed; --format csv or json lists all, --kind chooses.")
    if c.settled:
        lines.append(
            f"note: {sum(c.settled.values()):,} volumes settled in place in between "
            f"({', '.join(c.settled)}): which ones, and from what, is not kept"
        )
    lines.append(f"snapshot {c.snapshot}, {c.origin} data")
    return lines
