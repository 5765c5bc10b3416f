"""The command `compare`: two or more instruments by calendar year."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from .options import (
    Format,
    as_of_option,
    basis_option,
    convention_option,
    currency_option,
    end_option,
    engine_option,
    format_option,
    given,
    lake_of,
    named_argument,
    real_option,
    sessions_option,
    settings_options,
    start_option,
    strict_option,
)
from .output import GOOD, QUIET, STALE, figure_text, percent, print_answer, print_rows, say

if TYPE_CHECKING:
    from ..answers.compare import ComparedYear, Comparison, Risk
    from ..answers.metrics import Figure
    from ..model.settings import Settings

_CSV: Final = (
    *("year", "instrument_id", "simple_return", "start_session", "end_session", "complete", "quality"),
    *("year_complete", "winner", "runner_up", "lead"),
)
_NOTHING_JUDGED: Final = (
    "No year can be judged: `marketlake status` shows what is stored, --from and --to select years"
)


@click.command()
@named_argument
@start_option
@end_option
@currency_option
@basis_option
@real_option
@convention_option
@sessions_option
@as_of_option
@strict_option
@click.option(
    "--risk", is_flag=True, help="Also show return and risk over all years; always on for three or more."
)
@click.option("--dates", is_flag=True, help="Also show the sessions that each return runs between.")
@engine_option
@settings_options("home", "lake", "now")
@format_option
def compare(
    ids: tuple[str, ...],
    start: str | None,
    end: str | None,
    currency: str | None,
    basis: str,
    real: bool,
    convention: str,
    sessions: str,
    as_of: str | None,
    strict: bool,
    risk: bool,
    dates: bool,
    engine: str,
    settings: Settings,
    output: Format,
) -> None:
    """Compare instruments by calendar year: returns, winner, lead and number of wins."""
    options = given(
        start=start,
        end=end,
        currency=currency or settings.currency,
        basis=basis,
        real=real,
        convention=convention,
        sessions=sessions,
        as_of=as_of,
        strict=strict,
    )
    answer = lake_of(settings, engine).compare(ids, risk=risk or len(ids) > 2, **options)
    print_answer(answer, output, partial(_print, dates=dates), columns=_CSV)


def _print(c: Comparison, output: Format, *, dates: bool) -> None:
    two = len(c.instruments) == 2
    behind = ["difference", "ahead"] if two else ["ahead", "lead", "over"]
    columns = ["year", *c.instruments, *behind, *["from", "to"] * dates, "quality"]
    trend = {name: c.returns_of(name) for name in c.instruments}
    rows = [(_of_two(row) if two else _of_many(row)) | _dates(row) for row in c.rows]
    print_rows(rows, columns, output, paint=_paint, trend=trend)
    if output == "table":
        say()
        say(f"{_score(c)}.  {_terms(c)}")
    if c.risk is not None:
        _print_risk(c, c.risk, output)
    if output == "table":
        for note in c.notes:
            say(f"note: {note}")
        say(f"snapshot {c.snapshot}, {c.origin} data")


def _of_two(row: ComparedYear) -> dict[str, Any]:
    return {
        "year": str(row.year),
        **{one.instrument_id: percent(one.simple_return) for one in row.returns},
        "difference": None if row.difference is None else f"{row.difference * 100:+z,.2f} points",
        "ahead": row.winner or ("" if row.complete else "incomplete"),
        "quality": row.quality,
    }


def _dates(row: ComparedYear) -> dict[str, str]:
    """All dates are shown where they differ."""
    days = {
        "from": [one.start_session for one in row.returns],
        "to": [one.end_session for one in row.returns],
    }
    return {name: " / ".join(dict.fromkeys(str(day) for day in own if day)) for name, own in days.items()}


def _of_many(row: ComparedYear) -> dict[str, Any]:
    """A star marks the return of an incomplete year."""
    returns = {
        one.instrument_id: one.simple_return
        if one.simple_return is None
        else percent(one.simple_return) + " *" * (not one.complete)
        for one in row.returns
    }
    return {
        "year": str(row.year),
        **returns,
        "ahead": row.winner or ("" if row.complete else "incomplete"),
        "lead": None if row.lead is None else f"{row.lead * 100:+z,.2f} points",
        "over": row.runner_up,
        "quality": row.quality,
    }


def _score(c: Comparison) -> str:
    if not c.years:
        return _NOTHING_JUDGED
    if len(c.instruments) == 2:
        (a, a_wins), (b, b_wins) = c.wins.items()
        return f"{a} ahead in {a_wins} of {c.years} years, {b} in {b_wins}"
    ranked = sorted(c.wins.items(), key=lambda pair: -pair[1])
    ahead = [f"{name} ahead in {won}" for name, won in ranked if won] or ["no single winner"]
    return f"Of {c.years} years, {', '.join(ahead)}"


def _terms(c: Comparison) -> str:
    worth = "real" if c.real else "nominal"
    return f"{c.basis} return, {c.currency}, {worth}, {c.convention}, {c.sessions} sessions"


def _print_risk(c: Comparison, risk: Risk, output: Format) -> None:
    """One line per figure, one column per instrument, then dates and quality."""
    from ..answers.compare import SHOWN
    from ..engine.metric_sql import label_of

    names = c.instruments
    by_key = {(f.metric, f.instrument_id): f for f in risk.figures}
    words = {metric: label_of(metric) for metric in SHOWN}
    words["correlation"] += f" with {risk.benchmark}"
    whole = {name: by_key["total_return", name] for name in names}
    flags = {name: by_key["volatility", name].quality for name in names}
    lines: list[dict[str, Any]] = [
        *([] if len(names) == 2 else [{"figure": "years ahead", **_years_ahead(c)}]),
        *(
            {"figure": word, **{name: _figure_text(by_key.get((metric, name))) for name in names}}
            for metric, word in words.items()
        ),
        {"figure": "from", **{name: f.first_session for name, f in whole.items()}},
        {"figure": "to", **{name: f.last_session for name, f in whole.items()}},
        {"figure": "quality of daily returns", **flags},
    ]
    say()
    print_rows(lines, ["figure", *names], output)
    if output == "table":
        say()
        say(
            "Risk figures use daily returns and no risk-free rate; correlation uses the sessions "
            "that both share."
        )


def _years_ahead(c: Comparison) -> dict[str, str]:
    return {name: f"{won} of {c.years}" for name, won in c.wins.items()}


def _paint(column: str, row: Mapping[str, Any]) -> str:
    """Mark the year's winner, incomplete years and quality flags."""
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
    return figure_text(figure.metric, figure.value)
