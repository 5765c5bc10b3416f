"""The command `scoreboard`: the standard metrics of all instruments, best first."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ..model.errors import UsageError
from .options import (
    Engine,
    EngineName,
    Format,
    Home,
    Lake,
    Now,
    Output,
    complete_ids,
    engine_of,
    parse_day,
    settings_of,
)
from .output import STALE, drawn, percent, print_json, print_rows, say, sparkline

if TYPE_CHECKING:
    from pathlib import Path

    from ..answers.prices import Trends
    from ..answers.scoreboard import Score, Scoreboard


_TOP: Final = 20
_YEARS: Final = "by year"
# heading: the figure, and whether it is a fraction
_SHOWN: Final = {
    "in all": ("cumulative_return", True),
    "a year": ("cagr", True),
    "volatility": ("volatility", True),
    "deepest fall": ("max_drawdown", True),
    "Sharpe": ("sharpe", False),
    "over bill": ("sharpe_over_bill", False),
    "Sortino": ("sortino", False),
}


class StateBasis(StrEnum):
    """What a return is made of."""

    price = "price"
    total = "total"


def scoreboard(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            help="Instrument ids; all that have a return if left out.", autocompletion=complete_ids
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="First year or day; the first complete year if left out.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year or day; the last complete year if left out.")
    ] = None,
    basis: Annotated[StateBasis, typer.Option(help="Price alone, or with dividends.")] = StateBasis.price,
    sort: Annotated[
        str, typer.Option(help="Figure to sort by, the highest first; or another column.")
    ] = "sharpe",
    top: Annotated[
        int | None, typer.Option(min=1, help="How many rows; 20 of a table, else all, if left out.")
    ] = None,
    engine: Engine = EngineName.duckdb,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """The standard metrics of all instruments over a window, from stored states of their years."""
    from ..answers.scoreboard import COLUMNS
    from ..answers.scoreboard import scoreboard as score

    if sort not in COLUMNS:
        raise UsageError(f"there is no column {sort[:40]!r} to sort by; choose one of {', '.join(COLUMNS)}")
    settings = settings_of(home, lake, now, None)
    found = score(
        settings.lake,
        ids,
        start=parse_day(start, "01-01") if start else None,
        end=parse_day(end, "12-31") if end else None,
        basis=basis.value,
        engine=engine_of(engine, settings),
    )
    rows = _sorted(found.rows, sort)
    if output is Format.json:
        print_json(found.to_dict() | {"rows": [row.to_dict() for row in rows[:top]]})
    elif output is Format.csv:
        print_rows([vars(row) for row in rows[:top]], COLUMNS, output)
    else:
        place = settings_of(home, lake, now, None).lake
        _print(found, rows[: top or _TOP], _years(place, found) if drawn(output) else {}, output)


def _sorted(rows: tuple[Score, ...], column: str) -> list[Score]:
    """Figures from the highest on, text and dates in their order; what has none at the end."""
    with_value = [row for row in rows if getattr(row, column) is not None]
    numbers = all(isinstance(getattr(row, column), int | float) for row in with_value)
    ranked = sorted(with_value, key=lambda row: getattr(row, column), reverse=numbers)
    return ranked + [row for row in rows if getattr(row, column) is None]


def _years(lake: Path, found: Scoreboard) -> Trends:
    from ..answers.prices import yearly

    return yearly(lake, found.basis, found.start.year, found.end.year)


def _print(found: Scoreboard, rows: list[Score], years: Trends, output: Format) -> None:
    lines = [_line(row) | {_YEARS: sparkline(years.get(row.instrument_id, ()))} for row in rows]
    # no column of a bill that the lake does not have
    figures = [name for name in _SHOWN if any(line[name] is not None for line in lines)]
    columns = ["instrument", *[_YEARS] * bool(years), *figures, "n", "from", "to", "quality"]
    print_rows(lines, columns, output, paint=lambda column, _: STALE if column == "quality" else "")
    if output is not Format.table:
        return
    say()
    terms = "own currency, own sessions, daily; Sharpe and Sortino over zero"
    say(f"{found.start} to {found.end}: {found.basis} return, {terms}")
    for note in found.notes:
        say(f"note: {note}")
    say(f"snapshot {found.snapshot}, {found.origin} data")
    say(f"{len(rows)} of {len(found.rows):,} instruments")


def _line(row: Score) -> dict[str, Any]:
    figures = {heading: _shown(getattr(row, name), fraction) for heading, (name, fraction) in _SHOWN.items()}
    return {
        "instrument": row.instrument_id,
        **figures,
        "n": row.n,
        "from": row.first_session,
        "to": row.last_session,
        "quality": row.quality,
    }


def _shown(value: float | None, fraction: bool) -> str | None:
    if value is None:
        return None
    return percent(value) if fraction else f"{value:,.2f}"
