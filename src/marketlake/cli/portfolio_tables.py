"""The tables of a portfolio's answer, for people and, flattened, for spreadsheets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .output import percent

if TYPE_CHECKING:
    from ..portfolio import Figures, HistoryRow, PortfolioAnswer

Table = list[dict[str, str]]


def side_by_side(answer: PortfolioAnswer) -> Table:
    """A line a figure: the plan, and where it has a sleeve the plan without it and the difference."""
    own, without = answer.with_sleeve, answer.without_sleeve
    if without is None:
        return [{"figure": name, "plan": shown} for name, shown in _lines(own).items()]
    beside, more = _lines(without), _differences(own, without)
    return [
        {
            "figure": name,
            f"with {answer.plan.sleeve}": shown,
            "without": beside[name],
            "difference": more.get(name, ""),
        }
        for name, shown in _lines(own).items()
    ]


def brought(answer: PortfolioAnswer) -> Table:
    """What each holding of the plan brought, the trading costs, and their sum."""
    own = answer.with_sleeve
    rows = [
        _share(part.id, part.weight, part.gain, part.return_contribution, part.risk_contribution)
        for part in own.holdings
    ]
    return [*rows, _share("plan", 1.0, own.gain, own.time_weighted_return, own.volatility)]


def sizes(answer: PortfolioAnswer) -> Table:
    """A line a size of the sleeve."""
    return [
        {
            "sleeve": f"{(one.sleeve or 0) * 100:g} %",
            "end value": f"{one.end_value:,.2f}",
            "time-weighted": percent(_rate(one)),
            "money-weighted": percent(one.money_weighted_return),
            "volatility": _unsigned(one.volatility),
            "return / volatility": _ratio(one.return_per_volatility),
            "deepest fall": percent(one.drawdown.depth),
            "turnover": _unsigned(one.turnover),
        }
        for one in answer.sweep
    ]


def past(answer: PortfolioAnswer) -> Table:
    """A line a size of the sleeve over all windows of history."""
    history = answer.history
    return [] if history is None else [_past(row, history.windows) for row in history.rows]


def past_title(answer: PortfolioAnswer) -> str:
    """What the windows of history are."""
    history = answer.history
    if history is None:
        return ""
    return (
        f"Every start at a month's end, {history.first_start:%Y-%m} to {history.last_start:%Y-%m}, "
        f"held {history.horizon} years: {history.windows} overlapping, dependent windows "
        f"(only {history.apart} fit one after another).\n"
        "End value against the plan without the sleeve:"
    )


def flat(figures: Figures) -> dict[str, Any]:
    """The figures as one line of plain cells; weights and holdings by instrument."""
    cells = asdict(figures)
    fall, parts, weights = cells.pop("drawdown"), cells.pop("holdings"), cells.pop("weights")
    cells |= {"max_drawdown": fall["depth"]} | {f"drawdown_{k}": v for k, v in fall.items() if k != "depth"}
    cells |= {f"weight_{name}": weight for name, weight in weights.items()}
    for part in parts:
        name = part["id"].replace(" ", "_")
        cells |= {f"{key}_{name}": part[key] for key in ("gain", "return_contribution", "risk_contribution")}
    return cells


def _lines(f: Figures) -> dict[str, str]:
    yearly = f.time_weighted_return_annualised is not None
    fall = f.drawdown
    return {
        "paid in": f"{f.paid_in:,.2f}",
        "end value": f"{f.end_value:,.2f}",
        "end value, real": "" if f.real_end_value is None else f"{f.real_end_value:,.2f}",
        "gain": f"{f.gain:,.2f}",
        "time-weighted return, total": percent(f.time_weighted_return),
        "time-weighted return, a year": percent(f.time_weighted_return_annualised),
        "the same, real": percent(f.real_time_weighted_return_annualised),
        f"money-weighted return, {'a year' if yearly else 'total'}": percent(f.money_weighted_return),
        "volatility, a year": _unsigned(f.volatility),
        "return / volatility": _ratio(f.return_per_volatility),
        "deepest fall": percent(fall.depth),
        "from its high": f"{fall.peak or ''}",
        "to its low": f"{fall.trough or ''}",
        "recovered": f"{fall.recovery or ('not yet' if fall.trough else '')}",
        "turnover by rebalancing, a year": _unsigned(f.turnover),
        "trading costs": f"{f.trading_costs:,.2f}",
        "fees": f"{f.fees:,.2f}",
    }


def _differences(a: Figures, b: Figures) -> dict[str, str]:
    real = (
        None if a.real_end_value is None or b.real_end_value is None else a.real_end_value - b.real_end_value
    )
    yearly = a.time_weighted_return_annualised is not None
    return {
        "end value": f"{a.end_value - b.end_value:+,.2f}",
        "end value, real": "" if real is None else f"{real:+,.2f}",
        "gain": f"{a.gain - b.gain:+,.2f}",
        "time-weighted return, total": _points(a.time_weighted_return, b.time_weighted_return),
        "time-weighted return, a year": _points(
            a.time_weighted_return_annualised, b.time_weighted_return_annualised
        ),
        "the same, real": _points(
            a.real_time_weighted_return_annualised, b.real_time_weighted_return_annualised
        ),
        f"money-weighted return, {'a year' if yearly else 'total'}": _points(
            a.money_weighted_return, b.money_weighted_return
        ),
        "volatility, a year": _points(a.volatility, b.volatility),
        "deepest fall": _points(a.drawdown.depth, b.drawdown.depth),
        "turnover by rebalancing, a year": _points(a.turnover, b.turnover),
        "trading costs": f"{a.trading_costs - b.trading_costs:+,.2f}",
        "fees": f"{a.fees - b.fees:+,.2f}",
    }


def _share(
    name: str, weight: float | None, gain: float, returned: float, risk: float | None
) -> dict[str, str]:
    return {
        "holding": name,
        "weight": _unsigned(weight),
        "gain": f"{gain:+,.2f}",
        "of the time-weighted return": percent(returned),
        "of the volatility": percent(risk),
    }


def _past(row: HistoryRow, windows: int) -> dict[str, str]:
    return {
        "sleeve": f"{row.sleeve * 100:g} %",
        "helped": f"{row.helped} of {windows} ({row.share_helped * 100:.0f} %)",
        "median": percent(row.median),
        "worst": percent(row.worst),
        "worst start": f"{row.worst_start}",
        "best": percent(row.best),
        "best start": f"{row.best_start}",
        "more return / volatility": f"{row.better_per_risk} of {windows}",
        "shallower fall": f"{row.calmer} of {windows}",
    }


def _rate(f: Figures) -> float:
    """A year, else in all, as the conventions below the tables say."""
    yearly = f.time_weighted_return_annualised
    return f.time_weighted_return if yearly is None else yearly


def _unsigned(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction * 100:,.2f} %"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _points(a: float | None, b: float | None) -> str:
    return "" if a is None or b is None else f"{(a - b) * 100:+,.2f} points"
