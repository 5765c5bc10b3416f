"""The command `matrix`: every instrument against every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from .options import (
    Format,
    as_of_option,
    basis_option,
    convention_option,
    currency_option,
    end_option,
    format_option,
    frequency_option,
    given,
    lake_of,
    real_option,
    settings_options,
    start_option,
    strict_option,
    with_returns_argument,
)
from .output import print_answer, print_rows, say

if TYPE_CHECKING:
    from ..answers.matrix import Matrix, Pair
    from ..model.settings import Settings


_SQUARE: Final = 16
"""Larger matrices do not fit side by side and are printed as one line per pair."""


@click.command()
@with_returns_argument
@start_option
@end_option
@frequency_option
@currency_option
@basis_option
@real_option
@convention_option
@as_of_option
@strict_option
@settings_options("home", "lake", "now")
@format_option
def matrix(
    ids: tuple[str, ...],
    start: str | None,
    end: str | None,
    frequency: str,
    currency: str | None,
    basis: str,
    real: bool,
    convention: str,
    as_of: str | None,
    strict: bool,
    settings: Settings,
    output: Format,
) -> None:
    """Compare all against all: calendar years won, and correlation of returns."""
    options = given(
        start=start,
        end=end,
        frequency=frequency,
        currency=currency or settings.currency,
        basis=basis,
        real=real,
        convention=convention,
        as_of=as_of,
        strict=strict,
    )
    answer = lake_of(settings).matrix(ids, **options)
    print_answer(answer, output, _print)


def _print(m: Matrix, output: Format) -> None:
    if len(m.instruments) > _SQUARE:
        print_rows(
            [_line(pair) for pair in m.pairs()], ["pair", "years", "correlation", "n", "from", "to"], output
        )
    else:
        print_rows(_wins(m), ["years won by", *m.instruments], output)
        say()
        print_rows(_correlation(m), ["correlation", *m.instruments], output)
    if output != "table":
        return
    say()
    say(_terms(m))
    for note in m.notes:
        say(f"note: {note}")
    say(f"snapshot {m.snapshot}, {m.origin} data")


def _line(pair: Pair) -> dict[str, Any]:
    return {
        "pair": f"{pair.a} {pair.b}",
        "years": f"{pair.a_wins} to {pair.b_wins}",
        "correlation": _two(pair.correlation),
        "n": pair.n,
        "from": pair.first_session,
        "to": pair.last_session,
    }


def _wins(m: Matrix) -> list[dict[str, Any]]:
    return [
        {"years won by": a} | {b: _score(m, i, j) for j, b in enumerate(m.instruments) if i != j}
        for i, a in enumerate(m.instruments)
    ]


def _score(m: Matrix, i: int, j: int) -> str:
    years = m.won.years[i, j]
    return f"{m.won.wins[i, j]} of {years}" if years else "-"


def _correlation(m: Matrix) -> list[dict[str, Any]]:
    return [
        {"correlation": a} | {b: _two(m.pair(a, b).correlation) for b in m.instruments} for a in m.instruments
    ]


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _terms(m: Matrix) -> str:
    counts = [pair.n for pair in m.pairs()]
    worth = "real" if m.real else "nominal"
    low, high = min(counts), max(counts)
    of = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    window = f"{m.start or 'the first'} to {m.end or 'the last'}"
    sessions = "between own month ends" if m.frequency == "monthly" else "on the sessions that both have"
    return (
        f"{window}: {m.basis} return, {m.currency}, {worth}. Years: {m.convention}, own sessions. "
        f"Correlations: {of} {m.frequency} returns per pair, {sessions}."
    )
