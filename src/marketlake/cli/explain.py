"""The command `explain`: how far a return moved between two moments, and because of which rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .changes import LISTED, Since, Until, change_text
from .options import Basis, Convention, Format, Home, Lake, Now, Output, complete_ids, parse_year, settings_of
from .output import percent, print_json, print_rows, say, text_of

if TYPE_CHECKING:
    from ..query.explain_answer import Explanation, MovedFigure, Part

_CSV: Final = (
    *("instrument_id", "figure", "before", "after", "difference"),
    *("row", "session", "kind", "what", "seen", "contribution"),
)
_ENTERING: Final = ("close", "dividend", "split")
"""What a return is made of."""


def explain(
    ids: Annotated[
        list[str],
        typer.Argument(help="Instrument ids, one or more, such as BTC.", autocompletion=complete_ids),
    ],
    since: Since,
    until: Until = None,
    start: Annotated[
        str | None, typer.Option("--from", help="First year; the first stored one if left out.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year; the last stored one if left out.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Convert all at the reference rates, such as EUR.")
    ] = None,
    basis: Annotated[Basis, typer.Option(help="Price alone, or with dividends.")] = Basis.price,
    convention: Annotated[Convention, typer.Option(help="What a year's return spans.")] = Convention.year_end,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """How far calendar-year returns moved between two moments, as this lake saw them, and by which rows."""
    from ..query.explain import explain as told_apart
    from ..settings import parse_instant

    found = told_apart(
        settings_of(home, lake, now, None).lake,
        ids,
        parse_instant(since),
        parse_instant(until) if until else None,
        first_year=parse_year(start) if start else None,
        last_year=parse_year(end) if end else None,
        basis=basis.value,
        convention=convention.value,
        currency=currency,
    )
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        print_rows([line for figure in found.figures for line in _lines(figure)], _CSV, output)
    else:
        _print(found, output)


def _lines(figure: MovedFigure) -> list[dict[str, Any]]:
    """A line a row; one for a figure that no row moved."""
    shared = {
        "instrument_id": figure.instrument_id,
        "figure": figure.name,
        "before": figure.before,
        "after": figure.after,
        "difference": figure.difference,
    }
    lines = [shared | _told(part) | {"contribution": part.contribution} for part in figure.parts]
    return lines or [shared]


def _print(e: Explanation, output: Format) -> None:
    before, after = text_of(e.since), text_of(e.until) if e.until else "now"
    columns = ["instrument", "figure", before, after, "difference", "rows"]
    print_rows([_figure(figure, before, after) for figure in e.figures], columns, output)
    for figure in e.figures:
        if figure.parts:
            _print_parts(figure, output)
    if output is not Format.table:
        return
    say()
    say(f"{e.basis} return, {e.currency}, {e.convention}; what the lake had seen by either moment.")
    if any(figure.parts for figure in e.figures):
        say("A row's part is how far the return moves when its turn comes: rows are replaced oldest first.")
    say(f"snapshot {e.snapshot}, {e.origin} data")


def _figure(figure: MovedFigure, before: str, after: str) -> dict[str, Any]:
    return {
        "instrument": figure.instrument_id,
        "figure": figure.name,
        before: percent(figure.before),
        after: percent(figure.after),
        "difference": _points(figure.difference),
        "rows": len(figure.parts),
    }


def _print_parts(figure: MovedFigure, output: Format) -> None:
    """The largest parts, in the order in which rows were replaced."""
    by_size = sorted(figure.parts, key=lambda part: -abs(part.contribution))
    largest = set(map(id, by_size[:LISTED]))
    shown = [
        _told(part) | {"part": _points(part.contribution)} for part in figure.parts if id(part) in largest
    ]
    rest = by_size[LISTED:]
    if rest:
        total = sum(part.contribution for part in rest)
        shown.append({"what": f"{len(rest):,} more rows", "part": _points(total)})
    say()
    name = f"{figure.instrument_id} {figure.name}"
    columns = [name, "session", "kind", "what", "seen", "part"]
    print_rows([{**row, name: row.get("row")} for row in shown], columns, output)


def _told(part: Part) -> dict[str, Any]:
    change = part.change
    return {
        "row": change.instrument_id,
        "session": change.session,
        "kind": change.kind,
        "what": change_text(change, _ENTERING),
        "seen": change.seen,
    }


def _points(difference: float | None) -> str:
    return "" if difference is None else f"{difference * 100:+,.4f} points"
