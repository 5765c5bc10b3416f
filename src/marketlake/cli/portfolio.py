"""The command `portfolio`: a retirement plan with and without its sleeve."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .options import Format, Home, Lake, Now, Output, parse_close_before, parse_day, settings_of
from .output import print_json, print_rows, say
from .portfolio_sleeves import past, past_title, sizes
from .portfolio_tables import Table, brought, flat, side_by_side

if TYPE_CHECKING:
    from ..portfolio import PortfolioAnswer


class Rebalance(StrEnum):
    """When weights go back to target."""

    never = "never"
    monthly = "monthly"
    quarterly = "quarterly"
    yearly = "yearly"
    band = "band"


class Per(StrEnum):
    """How often pay comes."""

    month = "month"
    semimonthly = "semimonthly"
    biweekly = "biweekly"
    week = "week"


def portfolio(
    plan: Annotated[str, typer.Argument(help='Weights such as "57 SPY, 40 AGG, 3 BTC", or a .toml file.')],
    sleeve: Annotated[
        str | None, typer.Option(help="The holding to judge the plan with and without.")
    ] = None,
    funded_by: Annotated[
        str | None, typer.Option(help="pro-rata [default], or the holding that makes room for the sleeve.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First year, or the close to start from; as far back as all reach."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last year, or the close to end at; as far as all reach.")
    ] = None,
    rebalance: Annotated[
        Rebalance | None, typer.Option(help="When weights go back to target [default: yearly].")
    ] = None,
    band: Annotated[
        float | None, typer.Option(help="With band: points that a weight may be off, such as 5.")
    ] = None,
    amount: Annotated[
        float | None, typer.Option("--start", help="Money at the start [default: 10000].")
    ] = None,
    contribute: Annotated[
        float | None, typer.Option(help="Money paid in each pay period [default: 0].")
    ] = None,
    per: Annotated[Per | None, typer.Option(help="The pay period [default: month].")] = None,
    pay_growth: Annotated[float | None, typer.Option(help="Percent a year [default: 0].")] = None,
    plan_fee: Annotated[float | None, typer.Option(help="Percent of the plan a year [default: 0].")] = None,
    expense: Annotated[
        list[str] | None,
        typer.Option(
            help="Percent a year of a holding that is not a fund, such as BTC=0.25; may be repeated."
        ),
    ] = None,
    trading_cost: Annotated[
        float | None, typer.Option(help="Basis points of everything bought and sold [default: 0].")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(help="Years of each window of history [default: 5, where stored].")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Convert all at the reference rates.")] = None,
    risk_free: Annotated[
        str | None,
        typer.Option(
            help="A yearly fraction such as 0.02, or a 13-week bill [default: TBILL_13W, if stored]."
        ),
    ] = None,
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
    """A retirement plan: value, return and risk, with and without a sleeve, in every window of history."""
    from ..portfolio import portfolio as evaluate
    from ..portfolio import read_plan
    from ..settings import parse_instant

    terms = {
        "sleeve": sleeve,
        "funded_by": funded_by,
        "rebalance": rebalance.value if rebalance else None,
        "band": band,
        "start": amount,
        "contribute": contribute,
        "per": per.value if per else None,
        "pay_growth": pay_growth,
        "plan_fee": plan_fee,
        "expenses": dict(map(_expense, expense)) if expense else None,
        "trading_cost": trading_cost,
    }
    answer = evaluate(
        settings_of(home, lake, now, None).lake,
        read_plan(plan, terms),
        start=parse_close_before(start) if start else None,
        end=parse_day(end, "12-31") if end else None,
        currency=currency,
        horizon=horizon,
        risk_free=risk_free,
        as_of=parse_instant(as_of) if as_of else None,
        strict=strict,
    )
    if output is Format.json:
        print_json(answer.to_dict())
    elif output is Format.csv:
        rows = [flat(figures) for figures in answer.sweep or (answer.with_sleeve,)]
        print_rows(rows, list(rows[0]), output)
    else:
        _print(answer, output)


def _expense(text: str) -> tuple[str, float]:
    name, _, rate = text.partition("=")
    try:
        return name, float(rate)
    except ValueError:
        raise UsageError(
            f"{text[:40]!r} is not an instrument and its percent a year; write it like BTC=0.25"
        ) from None


def _print(answer: PortfolioAnswer, output: Format) -> None:
    say(answer.summary)
    _section("", side_by_side(answer), output)
    _section("What each holding brought to the plan (columns add up):", brought(answer), output)
    _section("Other sizes of the sleeve over the same dates:", sizes(answer), output)
    _section(past_title(answer), past(answer), output)
    say()
    bullet = "- " if output is Format.markdown else ""
    for line in (*answer.conventions, *(f"note: {note}" for note in answer.notes)):
        say(f"{bullet}{line}")
    say(f"{bullet}snapshot {answer.snapshot}, {answer.origin} data")


def _section(title: str, table: Table, output: Format) -> None:
    if not table:
        return
    say()
    if title:
        say(f"{title}\n")
    shown = _aligned(table) if output is Format.table else table
    print_rows(shown, list(shown[0]), output)


def _aligned(table: Table) -> Table:
    """Headings and figures of all columns but the first set to the right."""
    first, *others = table[0]
    widths = {name: max(len(name), *(len(row[name]) for row in table)) for name in others}
    return [
        {first: row[first]} | {name.rjust(width): row[name].rjust(width) for name, width in widths.items()}
        for row in table
    ]
