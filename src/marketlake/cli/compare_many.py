"""Three or more instruments by calendar year, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .options import Format
from .output import percent, print_json, print_rows, say
from .side_by_side import NOTHING_JUDGED, paint_year, print_side_by_side, terms_of

if TYPE_CHECKING:
    from ..query.many_comparison import ComparedYear, ManyComparison

_CSV: Final = (
    *("year", "instrument_id", "simple_return", "start_session", "end_session", "complete", "quality"),
    *("year_complete", "winner", "runner_up", "lead"),
)


def tell_many(c: ManyComparison, output: Format) -> None:
    """The comparison in the format asked for; CSV has a line a year and instrument."""
    if output is Format.json:
        print_json(c.to_dict())
    elif output is Format.csv:
        print_rows([line for row in c.rows for line in _lines(row)], _CSV, output)
    else:
        _print(c, output)


def _lines(row: ComparedYear) -> list[dict[str, Any]]:
    year = row.to_dict()
    shared = {k: year[k] for k in ("year", "winner", "runner_up", "lead")} | {"year_complete": row.complete}
    return [one | shared for one in year["returns"]]


def _print(c: ManyComparison, output: Format) -> None:
    columns = ["year", *c.instruments, "ahead", "lead", "over", "quality"]
    years = [{one.instrument_id: one.simple_return for one in row.returns} for row in c.rows]
    trend = {name: [year.get(name) for year in years] for name in c.instruments}
    print_rows([_shown(row) for row in c.rows], columns, output, paint=paint_year, trend=trend)
    if output is Format.table:
        say()
        say(f"{_score(c)}.  {terms_of(c)}")
    if c.risk is not None:
        wins = {"figure": "years ahead"} | {name: f"{won} of {c.years}" for name, won in c.wins.items()}
        print_side_by_side(c.risk, c.instruments, output, wins)
    if output is Format.table:
        for note in c.notes:
            say(f"note: {note}")
        say(f"snapshot {c.snapshot}, {c.origin} data")


def _shown(row: ComparedYear) -> dict[str, Any]:
    returns = {one.instrument_id: _return(one.simple_return, one.complete) for one in row.returns}
    return {
        "year": str(row.year),
        **returns,
        "ahead": row.winner or ("" if row.complete else "incomplete"),
        "lead": None if row.lead is None else f"{row.lead * 100:+,.2f} points",
        "over": row.runner_up,
        "quality": row.quality,
    }


def _return(value: float | None, complete: bool) -> str | None:
    """A star marks a return of part of a year."""
    return None if value is None else percent(value) if complete else f"{percent(value)} *"


def _score(c: ManyComparison) -> str:
    if not c.years:
        return NOTHING_JUDGED
    ranked = sorted(c.wins.items(), key=lambda pair: -pair[1])
    told = [f"{name} ahead in {won}" for name, won in ranked if won] or ["nobody alone ahead"]
    return f"Of {c.years} years, {', '.join(told)}"
