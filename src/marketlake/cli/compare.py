"""The command `compare`: two or more instruments by calendar year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import (
    Basis,
    Convention,
    Engine,
    EngineName,
    Format,
    Home,
    Lake,
    Now,
    Output,
    Sessions,
    complete_ids,
    engine_of,
    parse_year,
    settings_of,
)
from .output import percent, print_json, print_rows, say
from .side_by_side import NOTHING_JUDGED, paint_year, print_side_by_side, terms_of

if TYPE_CHECKING:
    from ..query import Comparison, YearRow


def compare(
    ids: Annotated[
        list[str],
        typer.Argument(help="Instrument ids, two or more, such as BTC NASDAQ.", autocompletion=complete_ids),
    ],
    start: Annotated[
        str | None, typer.Option("--from", help="First year; the first complete one if left out.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year; the last complete one if left out.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Convert all at the reference rates, such as EUR.")
    ] = None,
    basis: Annotated[Basis, typer.Option(help="Price alone, or with dividends.")] = Basis.price,
    real: Annotated[bool, typer.Option("--real", help="After consumer prices of the currency.")] = False,
    convention: Annotated[Convention, typer.Option(help="What a year's return spans.")] = Convention.year_end,
    sessions: Annotated[
        Sessions, typer.Option(help="Each one's own year end, or the last they all share.")
    ] = Sessions.own,
    as_of: Annotated[
        str | None, typer.Option(help="Only what could be known then, such as 2024-06-30.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --as-of: only what this lake had seen then.")
    ] = False,
    risk: Annotated[
        bool, typer.Option("--risk", help="Of two, also return and risk over all years; more show it anyway.")
    ] = False,
    engine: Engine = EngineName.duckdb,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """Two or more instruments by calendar year: each one's return, who won, by how much, how often."""
    from ..settings import parse_instant

    settings = settings_of(home, lake, now, None)
    place = settings.lake
    terms: dict[str, Any] = {
        "first_year": parse_year(start) if start else None,
        "last_year": parse_year(end) if end else None,
        "currency": currency or settings.currency,
        "basis": basis.value,
        "real": real,
        "convention": convention.value,
        "sessions": sessions.value,
        "as_of": parse_instant(as_of) if as_of else None,
        "strict": strict,
        "engine": engine_of(engine, settings),
    }
    if len(ids) == 2:
        from ..query import compare as compare_two

        _tell(compare_two(place, *ids, **terms, risk=risk), output)
        return
    from ..query import compare_many
    from .compare_many import tell_many

    tell_many(compare_many(place, ids, **terms), output)


def _tell(comparison: Comparison, output: Format) -> None:
    if output is Format.json:
        print_json(comparison.to_dict())
        return
    if output is Format.csv:
        rows = [row.to_dict() for row in comparison.rows]
        print_rows(rows, list(rows[0]) if rows else ["year"], output)
        return
    _print(comparison, output)


def _print(c: Comparison, output: Format) -> None:
    columns = ["year", c.a, c.b, "difference", "ahead", "from", "to", "quality"]
    trend = {c.a: [row.a_return for row in c.rows], c.b: [row.b_return for row in c.rows]}
    print_rows([_shown(c, row) for row in c.rows], columns, output, paint=paint_year, trend=trend)
    if output is Format.table:
        say()
        say(f"{_score(c)}.  {terms_of(c)}")
    if c.risk is not None:
        print_side_by_side(c.risk, (c.a, c.b), output)
    if output is Format.table:
        for note in c.notes:
            say(f"note: {note}")
        say(f"snapshot {c.snapshot}, {c.origin} data")


def _shown(comparison: Comparison, row: YearRow) -> dict[str, Any]:
    spans = [f"{d:%Y-%m-%d}" if d else "" for d in (row.a_from, row.a_to, row.b_from, row.b_to)]
    difference = None if row.difference is None else f"{row.difference * 100:+,.2f} points"
    return {
        "year": str(row.year),
        comparison.a: percent(row.a_return),
        comparison.b: percent(row.b_return),
        "difference": difference,
        "ahead": row.winner or ("" if row.complete else "incomplete"),
        # where the two differ, both are told
        "from": spans[0] if spans[0] == spans[2] else f"{spans[0]} / {spans[2]}",
        "to": spans[1] if spans[1] == spans[3] else f"{spans[1]} / {spans[3]}",
        "quality": row.quality,
    }


def _score(c: Comparison) -> str:
    if not c.years:
        return NOTHING_JUDGED
    return f"{c.a} ahead in {c.a_wins} of {c.years} years, {c.b} in {c.b_wins}"
