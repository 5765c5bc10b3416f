"""The commands `changes` and `explain`: what changed between two moments, and the effect on
returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from ..answers.changes import FIELDS
from .options import (
    Format,
    basis_option,
    complete_ids,
    convention_option,
    currency_option,
    end_option,
    format_option,
    given,
    lake_of,
    named_argument,
    settings_options,
    since_option,
    start_option,
    until_option,
)
from .output import percent, print_answer, print_rows, say, text_of

if TYPE_CHECKING:
    from ..answers.changes import Change, Changes, ChangeSummary
    from ..answers.explain import Explanation, MovedFigure, Part
    from ..model.settings import Settings


LISTED: Final = 40
"""Maximum number of rows in a table; CSV and JSON have all."""
_CSV: Final = ("instrument_id", "session", "kind", "field", "old", "new", "source", "seen_before", "seen")


@click.command()
@since_option
@click.argument("ids", nargs=-1, help="Instrument ids; all if left out.", shell_complete=complete_ids)
@until_option
@click.option("--kind", multiple=True, help="Only this kind, such as vendor_restatement; may be repeated.")
@settings_options("home", "lake", "now")
@format_option
def changes(
    since: str,
    ids: tuple[str, ...],
    until: str | None,
    kind: tuple[str, ...],
    settings: Settings,
    output: Format,
) -> None:
    """List the sessions that changed between two moments, with old and new values and the cause."""
    answer = lake_of(settings).changes(
        since,
        until,
        ids,
        kinds=kind,
        most=LISTED if output in {"table", "markdown"} else None,
    )
    lines = (line for row in answer.rows for line in _lines(row))
    print_answer(answer, output, _print, columns=_CSV, rows=lines)


def _lines(row: Change) -> list[dict[str, Any]]:
    """One line per value that differs."""
    shared = {name: getattr(row, name) for name in _CSV if hasattr(row, name)}
    return [shared | {"field": one.name, "old": one.old, "new": one.new} for one in row.fields]


def change_text(row: Change, names: Sequence[str] = FIELDS) -> str:
    """A short description of a change, limited to these fields.

    For a new session: its close, and its dividend or split.
    """
    if row.seen_before is not None:
        changed = [one for one in row.fields if one.name in names]
        return ", ".join(f"{one.name} {text_of(one.old)} -> {text_of(one.new)}" for one in changed)
    usual = {"dividend": 0.0, "split": 1.0}
    unusual = [one for one in row.fields if one.name == "close" or one.new != usual.get(one.name, one.new)]
    return ", ".join(f"{one.name} {text_of(one.new)}" for one in unusual)


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
    if output == "table":
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
    until = text_of(c.until) if c.until else "now"
    lines = [f"{c.sessions:,} sessions changed between {text_of(c.since)} and {until}."]
    if c.sessions > len(c.rows):
        lines.append(f"{len(c.rows)} of them are listed; --format csv or json lists all, --kind filters.")
    if c.settled:
        lines.append(
            f"note: {sum(c.settled.values()):,} volumes settled in place meanwhile "
            f"({', '.join(c.settled)}): their old values are not stored"
        )
    lines.append(f"snapshot {c.snapshot}, {c.origin} data")
    return lines


_EXPLAIN_CSV: Final = (
    *("instrument_id", "figure", "before", "after", "difference", "quality"),
    *("row", "session", "kind", "what", "seen", "contribution"),
)
_ENTERING: Final = ("close", "dividend", "split")
"""The fields that returns depend on."""


@click.command()
@named_argument
@since_option
@until_option
@start_option
@end_option
@currency_option
@basis_option
@convention_option
@settings_options("home", "lake", "now")
@format_option
def explain(
    ids: tuple[str, ...],
    since: str,
    until: str | None,
    start: str | None,
    end: str | None,
    currency: str | None,
    basis: str,
    convention: str,
    settings: Settings,
    output: Format,
) -> None:
    """Show how far calendar-year returns moved between two moments, and which rows moved them."""
    options = given(start=start, end=end, currency=currency, basis=basis, convention=convention)
    answer = lake_of(settings).explain(ids, since, until, **options)
    lines = (line for figure in answer.figures for line in _explain_lines(figure))
    print_answer(answer, output, _print_explanation, columns=_EXPLAIN_CSV, rows=lines)


def _explain_lines(figure: MovedFigure) -> list[dict[str, Any]]:
    """One line per row; one line for a figure that no row moved."""
    shared = {
        "instrument_id": figure.instrument_id,
        "figure": figure.figure,
        "before": figure.before,
        "after": figure.after,
        "difference": figure.difference,
        "quality": figure.quality,
    }
    lines = [shared | _change_cells(part) | {"contribution": part.contribution} for part in figure.parts]
    return lines or [shared]


def _print_explanation(e: Explanation, output: Format) -> None:
    before, after = text_of(e.since), text_of(e.until) if e.until else "now"
    columns = ["instrument", "figure", before, after, "difference", "rows", "quality"]
    print_rows([_figure(figure, before, after) for figure in e.figures], columns, output)
    for figure in e.figures:
        if figure.parts:
            _print_parts(figure, output)
    if output != "table":
        return
    say()
    say(f"{e.basis} return, {e.currency}, {e.convention}; from what the lake had seen by each moment.")
    if any(figure.parts for figure in e.figures):
        say("Rows are replaced one by one, oldest first; a row's part is the resulting move of the return.")
    for note in e.notes:
        say(f"note: {note}")
    say(f"snapshot {e.snapshot}, {e.origin} data")


def _figure(figure: MovedFigure, before: str, after: str) -> dict[str, Any]:
    return {
        "instrument": figure.instrument_id,
        "figure": figure.figure,
        before: percent(figure.before),
        after: percent(figure.after),
        "difference": _points(figure.difference),
        "rows": len(figure.parts),
        "quality": figure.quality,
    }


def _print_parts(figure: MovedFigure, output: Format) -> None:
    """The largest parts, in the order of replacement."""
    by_size = sorted(figure.parts, key=lambda part: -abs(part.contribution))
    largest = set(map(id, by_size[:LISTED]))
    shown = [
        _change_cells(part) | {"part": _points(part.contribution)}
        for part in figure.parts
        if id(part) in largest
    ]
    rest = by_size[LISTED:]
    if rest:
        total = sum(part.contribution for part in rest)
        shown.append({"what": f"{len(rest):,} more rows", "part": _points(total)})
    say()
    name = f"{figure.instrument_id} {figure.figure}"
    columns = [name, "session", "kind", "what", "seen", "part"]
    print_rows([{**row, name: row.get("row")} for row in shown], columns, output)


def _change_cells(part: Part) -> dict[str, Any]:
    change = part.change
    return {
        "row": change.instrument_id,
        "session": change.session,
        "kind": change.kind,
        "what": change_text(change, _ENTERING),
        "seen": change.seen,
    }


def _points(difference: float | None) -> str:
    return "" if difference is None else f"{difference * 100:+z,.4f} points"
