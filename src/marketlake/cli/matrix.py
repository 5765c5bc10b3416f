"""The command `matrix`: every instrument against every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .metrics import Frequency
from .options import Basis, Convention, Format, Home, Lake, Now, Output, complete_ids, parse_day, settings_of
from .output import print_json, print_rows, say

if TYPE_CHECKING:
    from ..answers.matrix import Matrix, Pair


_SQUARE: Final = 16
"""More than this do not fit side by side: a line a pair then."""
_COLUMNS: Final = (
    *("a", "b", "a_wins", "b_wins", "ties", "years", "first_year", "last_year"),
    *("correlation", "n", "first_session", "last_session", "quality"),
)


def matrix(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            help="Instrument ids; all that have a return if left out.", autocompletion=complete_ids
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First year or day; as far back as each pair reaches if left out."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year or day; as far as each pair reaches if left out.")
    ] = None,
    frequency: Annotated[
        Frequency, typer.Option(help="Of the returns that are correlated.")
    ] = Frequency.daily,
    currency: Annotated[
        str | None, typer.Option(help="Convert all at the reference rates, such as EUR.")
    ] = None,
    basis: Annotated[Basis, typer.Option(help="Price alone, or with dividends.")] = Basis.price,
    real: Annotated[bool, typer.Option("--real", help="After consumer prices of the currency.")] = False,
    convention: Annotated[Convention, typer.Option(help="What a year's return spans.")] = Convention.year_end,
    as_of: Annotated[
        str | None, typer.Option(help="Only what could be known then, such as 2024-06-30.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --as-of: only what this lake had seen then.")
    ] = False,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """All against all: how many calendar years each beat each other, and how their returns correlate."""
    from ..answers.matrix import matrix as all_against_all
    from ..model.settings import parse_instant

    settings = settings_of(home, lake, now, None)
    found = all_against_all(
        settings.lake,
        ids,
        start=parse_day(start, "01-01") if start else None,
        end=parse_day(end, "12-31") if end else None,
        frequency=frequency.value,
        currency=currency or settings.currency,
        basis=basis.value,
        real=real,
        convention=convention.value,
        as_of=parse_instant(as_of) if as_of else None,
        strict=strict,
    )
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        print_rows([pair.to_dict() for pair in found.pairs()], _COLUMNS, output)
    else:
        _print(found, output)


def _print(m: Matrix, output: Format) -> None:
    if len(m.instruments) > _SQUARE:
        print_rows(
            [_line(pair) for pair in m.pairs()], ["pair", "years", "correlation", "n", "from", "to"], output
        )
    else:
        print_rows(_wins(m), ["years won by", *m.instruments], output)
        say()
        print_rows(_correlation(m), ["correlation", *m.instruments], output)
    if output is not Format.table:
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
    return (
        f"{window}: {m.basis} return, {m.currency}, {worth}. Years: {m.convention}, own sessions. "
        f"Correlations: of {of} {m.frequency} returns, each pair on the sessions that both have."
    )
