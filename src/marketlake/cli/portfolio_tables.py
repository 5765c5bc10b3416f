"""The figures of a plan, for people and, flattened, for spreadsheets."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .output import percent

if TYPE_CHECKING:
    from ..portfolio import Figures, PortfolioAnswer

Table = list[dict[str, str]]


def side_by_side(answer: PortfolioAnswer) -> Table:
    """A line a figure: the plan, and where it has a sleeve the plan without it and the difference."""
    own, without, over = answer.with_sleeve, answer.without_sleeve, sharpe_over(answer)
    if without is None:
        return [{"figure": name, "plan": shown} for name, shown in _lines(own, over).items()]
    beside, more = _lines(without, over), _differences(own, without, over)
    return [
        {
            "figure": name,
            f"with {answer.plan.sleeve}": shown,
            "without": beside[name],
            "difference": more.get(name, ""),
        }
        for name, shown in _lines(own, over).items()
    ]


def sharpe_over(answer: PortfolioAnswer) -> str:
    """The Sharpe ratio's name, with what it is over."""
    match answer.risk_free:
        case None:
            return "Sharpe ratio"
        case float() as rate:
            return f"Sharpe ratio over {rate * 100:.4g} %"
    return f"Sharpe ratio over {answer.risk_free}"


def brought(answer: PortfolioAnswer) -> Table:
    """What each holding of the plan brought, the trading costs, and their sum."""
    own = answer.with_sleeve
    rows = [
        _share(part.id, part.weight, part.gain, part.return_contribution, part.risk_contribution)
        for part in own.holdings
    ]
    return [*rows, _share("plan", 1.0, own.gain, own.time_weighted_return, own.volatility)]


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


def _lines(f: Figures, over: str) -> dict[str, str]:
    span = _span(f)
    fall = f.drawdown
    return {
        "paid in": f"{f.paid_in:,.2f}",
        "end value": f"{f.end_value:,.2f}",
        "end value, real": "" if f.real_end_value is None else f"{f.real_end_value:,.2f}",
        "gain": f"{f.gain:,.2f}",
        "time-weighted return, total": percent(f.time_weighted_return),
        "time-weighted return, a year": percent(f.time_weighted_return_annualised),
        "time-weighted, a year, real": percent(f.real_time_weighted_return_annualised),
        f"money-weighted return, {span}": percent(f.money_weighted_return),
        f"money-weighted, {span}, real": percent(f.real_money_weighted_return),
        "volatility, a year": unsigned(f.volatility),
        "return / volatility": ratio(f.return_per_volatility),
        over: ratio(f.sharpe),
        "deepest fall": percent(fall.depth),
        "from its high": f"{fall.peak or ''}",
        "to its low": f"{fall.trough or ''}",
        "recovered": f"{fall.recovery or ('not yet' if fall.trough else '')}",
        "turnover by rebalancing, a year": unsigned(f.turnover),
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
        "time-weighted return, total": _points(a.time_weighted_return, b.time_weighted_return),
        "time-weighted return, a year": _points(
            a.time_weighted_return_annualised, b.time_weighted_return_annualised
        ),
        "time-weighted, a year, real": _points(
            a.real_time_weighted_return_annualised, b.real_time_weighted_return_annualised
        ),
        f"money-weighted return, {span}": _points(a.money_weighted_return, b.money_weighted_return),
        f"money-weighted, {span}, real": _points(a.real_money_weighted_return, b.real_money_weighted_return),
        "volatility, a year": _points(a.volatility, b.volatility),
        "return / volatility": _more(a.return_per_volatility, b.return_per_volatility),
        over: _more(a.sharpe, b.sharpe),
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
        "weight": unsigned(weight),
        "gain": f"{gain:+,.2f}",
        "of the time-weighted return": percent(returned),
        "of the volatility": percent(risk),
    }


def _span(f: Figures) -> str:
    """What the money-weighted return is over."""
    return "total" if f.time_weighted_return_annualised is None else "a year"


def unsigned(fraction: float | None) -> str:
    """A percentage without a plus."""
    return "" if fraction is None else f"{fraction * 100:,.2f} %"


def ratio(value: float | None) -> str:
    """Two digits."""
    return "" if value is None else f"{value:.2f}"


def _more(a: float | None, b: float | None) -> str:
    return "" if a is None or b is None else f"{a - b:+.2f}"


def _points(a: float | None, b: float | None) -> str:
    return "" if a is None or b is None else f"{(a - b) * 100:+,.2f} points"
