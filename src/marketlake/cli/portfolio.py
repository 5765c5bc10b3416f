"""The command `portfolio`: a retirement plan with and without a sleeve."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ..model.errors import UsageError
from ..model.terms import CLOSES, PAY_PERIODS, REBALANCING
from .options import (
    Format,
    as_of_option,
    close_before,
    currency_option,
    end_option,
    format_option,
    given,
    lake_of,
    risk_free_of,
    risk_free_option,
    settings_options,
    strict_option,
)
from .output import percent, print_answer, print_rows, say

if TYPE_CHECKING:
    from ..model.settings import Settings
    from ..portfolio.figures import Figures, HistoryRow, PortfolioAnswer

Table = list[dict[str, str]]


@click.command()
@click.argument("plan", help='Weights, "57 SPY, 40 AGG, 3 BTC", or a .toml file.')
@click.option("--sleeve", help="Compare the plan with and without this holding.")
@click.option("--funded-by", help="pro-rata [default], or the holding that funds the sleeve.")
@click.option("--from", "start", help="First year, or starting close; default: as early as possible.")
@end_option
@click.option(
    "--rebalance", type=click.Choice(REBALANCING), help="When weights return to target [default: yearly]."
)
@click.option("--band", type=float, help="With band: allowed deviation of a weight in points, such as 5.")
@click.option("--start", "amount", type=float, help="Initial amount [default: 10000].")
@click.option("--contribute", type=float, help="Contribution per pay period [default: 0].")
@click.option("--per", type=click.Choice(PAY_PERIODS), help="The pay period [default: month].")
@click.option("--pay-growth", type=float, help="Percent per year [default: 0].")
@click.option("--plan-fee", type=float, help="Percent of the plan per year [default: 0].")
@click.option(
    "--expense",
    multiple=True,
    help="Percent per year for a holding that is no fund, such as BTC=0.25; may be repeated.",
)
@click.option("--trading-cost", type=float, help="Basis points of all purchases and sales [default: 0].")
@click.option("--horizon", type=int, help="Years per window of history [default: 5, where stored].")
@click.option(
    "--frequency",
    type=click.Choice(CLOSES),
    default="daily",
    help="Shared sessions, or the ends of months, each holding's own.",
)
@currency_option
@risk_free_option
@as_of_option
@strict_option
@settings_options("home", "lake", "now")
@format_option
def portfolio(
    plan: str,
    sleeve: str | None,
    funded_by: str | None,
    start: str | None,
    end: str | None,
    rebalance: str | None,
    band: float | None,
    amount: float | None,
    contribute: float | None,
    per: str | None,
    pay_growth: float | None,
    plan_fee: float | None,
    expense: tuple[str, ...],
    trading_cost: float | None,
    horizon: int | None,
    frequency: str,
    currency: str | None,
    risk_free: str | None,
    as_of: str | None,
    strict: bool,
    settings: Settings,
    output: Format,
) -> None:
    """Backtest a retirement plan: value, return and risk, with and without a sleeve."""
    plan_settings = {
        "sleeve": sleeve,
        "funded_by": funded_by,
        "rebalance": rebalance,
        "band": band,
        "start": amount,
        "contribute": contribute,
        "per": per,
        "pay_growth": pay_growth,
        "plan_fee": plan_fee,
        "expenses": dict(map(_expense, expense)) if expense else None,
        "trading_cost": trading_cost,
    }
    options = given(
        start=close_before(start) if start else None,
        end=end,
        frequency=frequency,
        currency=currency,
        risk_free=risk_free_of(risk_free),
        as_of=as_of,
        strict=strict,
    )
    opened = lake_of(settings)
    answer = opened.portfolio(plan, plan_settings, horizon=horizon, **options)
    rows = [flat(figures) for figures in answer.lines()[1]]
    print_answer(answer, output, _print, columns=list(rows[0]), rows=rows)


def side_by_side(answer: PortfolioAnswer) -> Table:
    """One line per figure: the plan and, if it has a sleeve, the plan without it and the
    difference."""
    own, without, over = answer.with_sleeve, answer.without_sleeve, sharpe_over(answer)
    if without is None:
        return [{"figure": name, "plan": shown} for name, shown in _lines(own, over).items()]
    other, more = _lines(without, over), _differences(own, without, over)
    return [
        {
            "figure": name,
            f"with {answer.plan.sleeve}": shown,
            "without": other[name],
            "difference": more.get(name, ""),
        }
        for name, shown in _lines(own, over).items()
    ]


def sharpe_over(answer: PortfolioAnswer) -> str:
    """The label of the Sharpe ratio, with its risk-free rate."""
    match answer.risk_free:
        case None:
            return "Sharpe"
        case float() as rate:
            return f"Sharpe over {rate * 100:.4g} %"
    return f"Sharpe over {answer.risk_free}"


def contributions(answer: PortfolioAnswer) -> Table:
    """The contribution of each holding of the plan and of the trading costs, and their sum."""
    own = answer.with_sleeve
    rows = [
        _share(part.id, part.weight, part.gain, part.return_contribution, part.risk_contribution)
        for part in own.holdings
    ]
    return [*rows, _share("plan", 1.0, own.gain, own.total_return, own.volatility)]


def flat(figures: Figures) -> dict[str, Any]:
    """The figures as one row; weights and holdings become one column per instrument."""
    cells = asdict(figures)
    drawdown, parts, weights = cells.pop("max_drawdown"), cells.pop("holdings"), cells.pop("weights")
    cells |= {"max_drawdown": drawdown.pop("depth")} | {f"drawdown_{k}": v for k, v in drawdown.items()}
    cells |= {f"weight_{name}": weight for name, weight in weights.items()}
    for part in parts:
        name = part["id"].replace(" ", "_")
        cells |= {f"{key}_{name}": part[key] for key in ("gain", "return_contribution", "risk_contribution")}
    return cells


def _lines(f: Figures, over: str) -> dict[str, str]:
    span = _span(f)
    drawdown = f.max_drawdown
    return {
        "paid in": f"{f.paid_in:,.2f}",
        "end value": f"{f.end_value:,.2f}",
        "end value, real": "" if f.real_end_value is None else f"{f.real_end_value:,.2f}",
        "gain": f"{f.gain:,.2f}",
        "total return": percent(f.total_return),
        "CAGR": percent(f.cagr),
        "CAGR, real": percent(f.real_cagr),
        f"money-weighted return, {span}": percent(f.money_weighted_return),
        f"money-weighted return, {span}, real": percent(f.real_money_weighted_return),
        "volatility": percent(f.volatility, plus=False),
        "return / volatility": ratio(f.return_per_volatility),
        over: ratio(f.sharpe),
        "maximum drawdown": percent(drawdown.depth, plus=False),
        "from its high": f"{drawdown.peak or ''}",
        "to its low": f"{drawdown.trough or ''}",
        "recovered": f"{drawdown.recovery or ('not yet' if drawdown.trough else '')}",
        "turnover by rebalancing, annualised": percent(f.turnover, plus=False),
        "trading costs": f"{f.trading_costs:,.2f}",
        "fees": f"{f.fees:,.2f}",
    }


def _differences(a: Figures, b: Figures, over: str) -> dict[str, str]:
    real = (
        None if a.real_end_value is None or b.real_end_value is None else a.real_end_value - b.real_end_value
    )
    span = _span(a)
    return {
        "end value": f"{a.end_value - b.end_value:+,.2f}",
        "end value, real": "" if real is None else f"{real:+,.2f}",
        "gain": f"{a.gain - b.gain:+,.2f}",
        "total return": _points(a.total_return, b.total_return),
        "CAGR": _points(a.cagr, b.cagr),
        "CAGR, real": _points(a.real_cagr, b.real_cagr),
        f"money-weighted return, {span}": _points(a.money_weighted_return, b.money_weighted_return),
        f"money-weighted return, {span}, real": _points(
            a.real_money_weighted_return, b.real_money_weighted_return
        ),
        "volatility": _points(a.volatility, b.volatility),
        "return / volatility": _more(a.return_per_volatility, b.return_per_volatility),
        over: _more(a.sharpe, b.sharpe),
        "maximum drawdown": _points(a.max_drawdown.depth, b.max_drawdown.depth),
        "turnover by rebalancing, annualised": _points(a.turnover, b.turnover),
        "trading costs": f"{a.trading_costs - b.trading_costs:+,.2f}",
        "fees": f"{a.fees - b.fees:+,.2f}",
    }


def _share(
    name: str, weight: float | None, gain: float, returned: float, risk: float | None
) -> dict[str, str]:
    return {
        "holding": name,
        "weight": percent(weight, plus=False),
        "gain": f"{gain:,.2f}",
        "of the total return": percent(returned),
        "of the volatility": percent(risk, plus=False),
    }


def _span(f: Figures) -> str:
    """Whether the money-weighted return is total or annualised."""
    return "total" if f.cagr is None else "annualised"


def ratio(value: float | None) -> str:
    """Two decimals."""
    return "" if value is None else f"{value:.2f}"


def _more(a: float | None, b: float | None) -> str:
    return "" if a is None or b is None else f"{a - b:+z.2f}"


def _points(a: float | None, b: float | None) -> str:
    return "" if a is None or b is None else f"{(a - b) * 100:+z,.2f} points"


def sizes(answer: PortfolioAnswer) -> Table:
    """One line per size of the sleeve."""
    rate = "total return" if answer.with_sleeve.cagr is None else "CAGR"
    return [
        {
            "sleeve": f"{(one.sleeve or 0) * 100:g} %",
            "end value": f"{one.end_value:,.2f}",
            rate: percent(one.total_return if one.cagr is None else one.cagr),
            "money-weighted return": percent(one.money_weighted_return),
            "volatility": percent(one.volatility, plus=False),
            "return / volatility": ratio(one.return_per_volatility),
            "Sharpe": ratio(one.sharpe),
            "maximum drawdown": percent(one.max_drawdown.depth, plus=False),
            "turnover": percent(one.turnover, plus=False),
        }
        for one in answer.sweep
    ]


def past(answer: PortfolioAnswer) -> Table:
    """One line per size of the sleeve, over all windows of history."""
    history = answer.history
    return [] if history is None else [_past(row, history.windows) for row in history.rows]


def past_title(answer: PortfolioAnswer) -> str:
    """A description of the windows of history."""
    history = answer.history
    if history is None:
        return ""
    return (
        f"Every start at a month's end, {history.first_start:%Y-%m} to {history.last_start:%Y-%m}, "
        f"held {history.horizon} years: {history.windows} overlapping windows "
        f"(at most {history.independent} of them independent).\n"
        "End value against the plan without the sleeve:"
    )


def _past(row: HistoryRow, windows: int) -> dict[str, str]:
    return {
        "sleeve": f"{row.sleeve * 100:g} %",
        "helped": f"{row.helped} of {windows} ({row.share_helped * 100:.0f} %)",
        "median": percent(row.median),
        "worst": percent(row.worst),
        "worst start": f"{row.worst_start}",
        "best": percent(row.best),
        "best start": f"{row.best_start}",
        "more return / volatility": f"{row.higher_return_per_volatility} of {windows}",
        "higher Sharpe": f"{row.higher_sharpe} of {row.sharpe_windows}" if row.sharpe_windows else "",
        "smaller drawdown": f"{row.smaller_drawdown} of {windows}",
    }


def _expense(text: str) -> tuple[str, float]:
    name, _, rate = text.partition("=")
    try:
        return name, float(rate)
    except ValueError:
        raise UsageError(
            f"{text[:40]!r} is not an instrument with percent per year; write it like BTC=0.25"
        ) from None


def _print(answer: PortfolioAnswer, output: Format) -> None:
    say(answer.summary)
    _section("", side_by_side(answer), output)
    _section("What each holding contributed to the plan (columns add up):", contributions(answer), output)
    _section("Other sizes of the sleeve over the same dates:", sizes(answer), output)
    _section(past_title(answer), past(answer), output)
    say()
    bullet = "- " if output == "markdown" else ""
    for line in (*answer.conventions, *(f"note: {note}" for note in answer.notes)):
        say(f"{bullet}{line}")
    say(f"{bullet}snapshot {answer.snapshot}, {answer.origin} data")


def _section(title: str, table: Table, output: Format) -> None:
    if not table:
        return
    say()
    if title:
        say(f"{title}\n")
    shown = _aligned(table) if output == "table" else table
    print_rows(shown, list(shown[0]), output)


def _aligned(table: Table) -> Table:
    """Right-align all columns but the first, headings included."""
    first, *others = table[0]
    widths = {name: max(len(name), *(len(row[name]) for row in table)) for name in others}
    return [
        {first: row[first]} | {name.rjust(width): row[name].rjust(width) for name, width in widths.items()}
        for row in table
    ]
