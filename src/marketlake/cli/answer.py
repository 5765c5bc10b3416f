"""Commands that answer: compare, status, query. They change nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Format, Home, Lake, Now, Output, parse_year, settings_of
from .output import percent, print_json, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..claims import ClaimCheck
    from ..query import Comparison, YearRow


class Basis(StrEnum):
    """What a return is made of."""

    price = "price"
    total = "total"
    vendor_adjusted = "vendor_adjusted"


class Convention(StrEnum):
    """Which closes a calendar year's return spans."""

    year_end = "year_end"
    first_to_last = "first_to_last"
    december_average = "december_average"


class Sessions(StrEnum):
    """Whose sessions count."""

    own = "own"
    shared = "shared"


def compare(
    a: Annotated[str, typer.Argument(help="Instrument id, such as BTC.")],
    b: Annotated[str, typer.Argument(help="Instrument id, such as NASDAQ.")],
    start: Annotated[
        str | None, typer.Option("--from", help="First year; the first complete one if left out.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year; the last complete one if left out.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Convert both at the reference rates, such as EUR.")
    ] = None,
    basis: Annotated[Basis, typer.Option(help="Price alone, or with dividends.")] = Basis.price,
    real: Annotated[bool, typer.Option("--real", help="After consumer prices of the currency.")] = False,
    convention: Annotated[Convention, typer.Option(help="What a year's return spans.")] = Convention.year_end,
    sessions: Annotated[
        Sessions, typer.Option(help="Each one's own year end, or the last they share.")
    ] = Sessions.own,
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
    """Two instruments by calendar year: each one's return, who won, how often."""
    from ..query import compare as compare_years
    from ..settings import parse_instant

    comparison = compare_years(
        settings_of(home, lake, now, None).lake,
        a,
        b,
        first_year=parse_year(start) if start else None,
        last_year=parse_year(end) if end else None,
        currency=currency,
        basis=basis.value,
        real=real,
        convention=convention.value,
        sessions=sessions.value,
        as_of=parse_instant(as_of) if as_of else None,
        strict=strict,
    )
    if output is Format.json:
        print_json(comparison.to_dict())
        return
    if output is Format.csv:
        rows = [row.to_dict() for row in comparison.rows]
        print_rows(rows, list(rows[0]) if rows else ["year"], output)
        return
    _print(comparison, output)


def _print(comparison: Comparison, output: Format) -> None:
    shown = [_shown(comparison, row) for row in comparison.rows]
    columns = ["year", comparison.a, comparison.b, "difference", "ahead", "from", "to", "quality"]
    print_rows(shown, columns, output)
    if output is not Format.table:
        return
    c = comparison
    say()
    say(f"{_score(c)}.  {_terms(c)}")
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
        return "No year can be judged"
    return f"{c.a} ahead in {c.a_wins} of {c.years} years, {c.b} in {c.b_wins}"


def _terms(c: Comparison) -> str:
    worth = "real" if c.real else "nominal"
    return f"{c.basis} return, {c.currency}, {worth}, {c.convention}, {c.sessions} sessions"


def status(home: Home = None, lake: Lake = None, now: Now = None, output: Output = Format.table) -> None:
    """What is stored, how fresh it is, how the last runs ended, and how the claims fare."""
    from ..pipeline.status import status as lake_status

    found = lake_status(settings_of(home, lake, now, None))
    if output is Format.json:
        print_json(found.to_dict())
        return
    columns = ["instrument_id", "sessions_due", "last_session", "outcome", "source", "message"]
    print_rows([vars(one) for one in found.instruments], columns, output)
    if output is Format.table:
        say()
        say(f"{found.lake}: {found.origin} data, snapshot {found.snapshot}")
        say(f"{found.bars:,} bars, {found.revisions:,} revisions, {found.quarantined:,} rows in quarantine")
        if found.waiting:
            say(f"{found.waiting} raw batches wait to be stored: `marketlake run`")
        if not found.built:
            say("market.duckdb is older than the bars: `marketlake build`")
        _print_claims(found.claims)


def _print_claims(checks: Sequence[ClaimCheck]) -> None:
    for claim_id in dict.fromkeys(check.claim_id for check in checks):
        spans = [check for check in checks if check.claim_id == claim_id]
        say()
        say(f'"{spans[0].statement}" ({spans[0].source}, {spans[0].published})')
        for check in spans:
            when = "as published" if check.span == "published" else "today"
            say(f"  {when}, {check.first_year} to {check.last_year}: {check.verdict}; {check.reason}")


def query(
    sql: Annotated[
        str, typer.Argument(help="One reading statement, such as \"FROM compare('BTC', 'NASDAQ')\".")
    ],
    home: Home = None,
    lake: Lake = None,
    output: Output = Format.table,
) -> None:
    """Ask market.duckdb in SQL, read-only."""
    from ..query import sql as run_sql

    answer = run_sql(settings_of(home, lake, None, None).lake, sql)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    print_rows(rows, list(answer.columns), output)
