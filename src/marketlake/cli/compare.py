"""Return and risk of compared instruments as a table: a line a figure, a column an instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

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
from .output import GOOD, QUIET, STALE, percent, print_json, print_rows, say

if TYPE_CHECKING:
    from ..answers.compare import ComparedYear, Comparison, ManyComparison, SideBySide, YearRow
    from ..answers.metrics import Figure


_NAMES: Final = {
    "cumulative_return": "cumulative return",
    "cagr": "a year (CAGR)",
    "volatility": "volatility",
    "max_drawdown": "max drawdown",
    "sharpe": "Sharpe ratio",
}

NOTHING_JUDGED: Final = (
    "No year can be judged: `marketlake status` tells what is stored, --from and --to choose years of it"
)


def print_side_by_side(
    risk: SideBySide, names: Sequence[str], output: Format, first: Mapping[str, Any] | None = None
) -> None:
    """The figures, under `first`, a line of the caller's own; with what they are taken from, for people."""
    by_key = {(f.metric, f.instrument_id): f for f in risk.figures}
    words = _NAMES | {"correlation": f"correlation with {risk.benchmark}"}
    lines: list[dict[str, Any]] = [
        {"figure": word, **{name: _figure_text(by_key.get((metric, name))) for name in names}}
        for metric, word in words.items()
    ]
    whole = {name: by_key["cumulative_return", name] for name in names}
    lines.append({"figure": "from", **{name: f.first_session for name, f in whole.items()}})
    lines.append({"figure": "to", **{name: f.last_session for name, f in whole.items()}})
    flags = {name: by_key["volatility", name].quality for name in names}
    lines.append({"figure": "quality of daily returns", **flags})
    say()
    print_rows([first, *lines] if first else lines, ["figure", *names], output)
    if output is Format.table:
        say()
        say(
            "Risk is taken from daily returns, with nothing riskless taken off; correlation on the sessions "
            "that the two share."
        )


def paint_year(column: str, row: Mapping[str, Any]) -> str:
    """The year's winner, and what is doubtful about the year."""
    if row["ahead"] == "incomplete":
        return QUIET
    if column == "quality":
        return STALE
    return GOOD if row["ahead"] and (column in {"ahead", row["ahead"]}) else ""


def _figure_text(figure: Figure | None) -> str | None:
    if figure is None:
        return None
    if figure.value is None:
        return figure.reason
    return percent(figure.value) if figure.unit == "fraction" else f"{figure.value:,.2f}"


def terms_of(c: Comparison | ManyComparison) -> str:
    """What kind of return the years of a comparison are."""
    worth = "real" if c.real else "nominal"
    return f"{c.basis} return, {c.currency}, {worth}, {c.convention}, {c.sessions} sessions"


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
        _print_many(c, output)


def _lines(row: ComparedYear) -> list[dict[str, Any]]:
    year = row.to_dict()
    shared = {k: year[k] for k in ("year", "winner", "runner_up", "lead")} | {"year_complete": row.complete}
    return [one | shared for one in year["returns"]]


def _print_many(c: ManyComparison, output: Format) -> None:
    columns = ["year", *c.instruments, "ahead", "lead", "over", "quality"]
    years = [{one.instrument_id: one.simple_return for one in row.returns} for row in c.rows]
    trend = {name: [year.get(name) for year in years] for name in c.instruments}
    print_rows([_shown_many(row) for row in c.rows], columns, output, paint=paint_year, trend=trend)
    if output is Format.table:
        say()
        say(f"{_score_many(c)}.  {terms_of(c)}")
    if c.risk is not None:
        wins = {"figure": "years ahead"} | {name: f"{won} of {c.years}" for name, won in c.wins.items()}
        print_side_by_side(c.risk, c.instruments, output, wins)
    if output is Format.table:
        for note in c.notes:
            say(f"note: {note}")
        say(f"snapshot {c.snapshot}, {c.origin} data")


def _shown_many(row: ComparedYear) -> dict[str, Any]:
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


def _score_many(c: ManyComparison) -> str:
    if not c.years:
        return NOTHING_JUDGED
    ranked = sorted(c.wins.items(), key=lambda pair: -pair[1])
    told = [f"{name} ahead in {won}" for name, won in ranked if won] or ["nobody alone ahead"]
    return f"Of {c.years} years, {', '.join(told)}"


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
    from ..model.settings import parse_instant

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
        from ..answers.compare import compare as compare_two

        _tell(compare_two(place, *ids, **terms, risk=risk), output)
        return
    from ..answers.compare import compare_many

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
