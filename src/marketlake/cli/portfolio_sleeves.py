"""Other sizes of a plan's sleeve, and every window of history, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import percent
from .portfolio_tables import Table, ratio, unsigned

if TYPE_CHECKING:
    from ..portfolio import Figures, HistoryRow, PortfolioAnswer


def sizes(answer: PortfolioAnswer) -> Table:
    """A line a size of the sleeve."""
    return [
        {
            "sleeve": f"{(one.sleeve or 0) * 100:g} %",
            "end value": f"{one.end_value:,.2f}",
            "time-weighted": percent(_rate(one)),
            "money-weighted": percent(one.money_weighted_return),
            "volatility": unsigned(one.volatility),
            "return / volatility": ratio(one.return_per_volatility),
            "Sharpe": ratio(one.sharpe),
            "deepest fall": percent(one.drawdown.depth),
            "turnover": unsigned(one.turnover),
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
        "higher Sharpe": f"{row.higher_sharpe} of {row.sharpe_windows}" if row.sharpe_windows else "",
        "shallower fall": f"{row.calmer} of {windows}",
    }


def _rate(f: Figures) -> float:
    """A year, else in all, as the conventions below the tables say."""
    yearly = f.time_weighted_return_annualised
    return f.time_weighted_return if yearly is None else yearly
