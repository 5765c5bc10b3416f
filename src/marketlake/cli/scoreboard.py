"""The command `scoreboard`: the standard metrics of all instruments, best first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from ..model.terms import STATE_BASES
from .options import (
    Format,
    end_option,
    engine_option,
    format_option,
    given,
    lake_of,
    named,
    settings_options,
    start_option,
    with_returns_argument,
)
from .output import STALE, drawn, figure_text, print_answer, print_rows, say, sparkline

if TYPE_CHECKING:
    from ..answers.scoreboard import Score, Scoreboard
    from ..model.settings import Settings


_TOP: Final = 20
_YEARS: Final = "by year"
_HEADINGS: Final = {"instrument_id": "instrument", "first_session": "from", "last_session": "to"}
_FIGURES: Final = (
    *("total_return", "cagr", "volatility", "max_drawdown", "sharpe", "sharpe_over_bill", "sortino"),
)


@click.command()
@with_returns_argument
@start_option
@end_option
@click.option(
    "--basis",
    type=click.Choice(STATE_BASES),
    default="price",
    help="Price return, or total return with dividends.",
)
@click.option(
    "--sort",
    default="Sharpe",
    help="Column to sort by, as the table names it; figures sort from the highest.",
)
@click.option(
    "--top", type=click.IntRange(min=1), help="Maximum number of rows; default: 20 in a table, else all."
)
@engine_option
@settings_options("home", "lake", "now")
@format_option
def scoreboard(
    ids: tuple[str, ...],
    start: str | None,
    end: str | None,
    basis: str,
    sort: str,
    top: int | None,
    engine: str,
    settings: Settings,
    output: Format,
) -> None:
    """Show the standard metrics of all instruments over a window, from stored states of their
    years."""
    column = named("--sort", sort, _sortable())
    options = given(start=start, end=end, basis=basis)
    answer = lake_of(settings, engine).scoreboard(ids, by_year=drawn(output), **options)
    rows = _sorted(answer.rows, column)
    best = replace(answer, rows=tuple(rows[:top]))
    print_answer(best, output, lambda _, how: _print(answer, rows[: top or _TOP], how))


def _sortable() -> dict[str, str]:
    """The columns by their names on a terminal."""
    from ..answers.scoreboard import COLUMNS
    from ..engine.metric_sql import BY_NAME

    of_figures = {name for name in COLUMNS if name.removesuffix("_over_bill") in BY_NAME}
    return {
        name: _heading(name) if name in of_figures else _HEADINGS.get(name, name.replace("_", " "))
        for name in COLUMNS
    }


def _sorted(rows: tuple[Score, ...], column: str) -> list[Score]:
    """Figures descending, text and dates ascending; None at the end."""
    with_value = [row for row in rows if getattr(row, column) is not None]
    numbers = all(isinstance(getattr(row, column), int | float) for row in with_value)
    ranked = sorted(with_value, key=lambda row: getattr(row, column), reverse=numbers)
    return ranked + [row for row in rows if getattr(row, column) is None]


def _print(answer: Scoreboard, rows: list[Score], output: Format) -> None:
    years = answer.by_year or {}
    lines = [_line(row) | {_YEARS: sparkline(years.get(row.instrument_id, ()))} for row in rows]
    # skip columns without values, such as a bill that is not stored
    figures = [name for name in map(_heading, _FIGURES) if any(line[name] is not None for line in lines)]
    columns = ["instrument", *[_YEARS] * bool(years), *figures, "n", "from", "to", "quality"]
    print_rows(lines, columns, output, paint=lambda column, _: STALE if column == "quality" else "")
    if output != "table":
        return
    say()
    terms = "own currency, own sessions, daily; Sharpe and Sortino without a risk-free rate"
    say(f"{answer.start} to {answer.end}: {answer.basis} return, {terms}")
    for note in answer.notes:
        say(f"note: {note}")
    say(f"snapshot {answer.snapshot}, {answer.origin} data")
    say(f"{len(rows)} of {len(answer.rows):,} instruments")


def _line(row: Score) -> dict[str, Any]:
    figures = {_heading(name): _shown(name, getattr(row, name)) for name in _FIGURES}
    return {
        "instrument": row.instrument_id,
        **figures,
        "n": row.n,
        "from": row.first_session,
        "to": row.last_session,
        "quality": row.quality,
    }


def _heading(name: str) -> str:
    from ..engine.metric_sql import label_of

    figure = name.removesuffix("_over_bill")
    return label_of(figure) + " over bill" * (figure != name)


def _shown(name: str, value: float | None) -> str | None:
    return None if value is None else figure_text(name.removesuffix("_over_bill"), value)
