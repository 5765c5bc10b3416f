"""The values of a portfolio answer: returns, weights and risk are fractions, money is in its
currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..answers.result import Answer
from .plan import Plan

COSTS: Final = "trading costs"
"""The name under which they are listed with the holdings, so that the parts add up to the whole."""


@dataclass(frozen=True)
class Drawdown:
    """The maximum drawdown of the time-weighted index; a date is None where there is none (yet)."""

    depth: float
    """0 or below."""
    peak: date | None
    trough: date | None
    recovery: date | None


@dataclass(frozen=True)
class HoldingShare:
    """What one holding contributed; with the trading costs each column adds up to the plan's
    figure."""

    id: str
    weight: float | None
    gain: float
    """Of the plan's gain in money."""
    return_contribution: float
    """Of the total return over the window."""
    risk_contribution: float | None
    """Of the volatility."""


@dataclass(frozen=True)
class Figures:
    """One plan over one window."""

    sleeve: float | None
    """The sleeve's target share; None where the plan has no sleeve."""
    weights: dict[str, float]
    end_value: float
    real_end_value: float | None
    """In money of the start; None without a price index that reaches."""
    paid_in: float
    """The start amount and all contributions."""
    gain: float
    total_return: float
    """Time-weighted, over the window."""
    cagr: float | None
    """Of the total return; None below one year."""
    real_cagr: float | None
    """The same after consumer prices."""
    money_weighted_return: float | None
    """Annualised; over the window where that is shorter than a year."""
    money_weighted_note: str
    """Why it is unavailable."""
    real_money_weighted_return: float | None
    """The same of payments and end value in money of the start."""
    volatility: float | None
    """Annualised."""
    return_per_volatility: float | None
    """CAGR over volatility, no interest deducted."""
    sharpe: float | None
    """Mean over deviation of the returns over the risk-free ones, annualised; None where none are
    known."""
    max_drawdown: Drawdown
    turnover: float
    """Half of what rebalancing bought and sold, annualised, as a share of the average value."""
    trading_costs: float
    fees: float
    holdings: tuple[HoldingShare, ...]


@dataclass(frozen=True)
class HistoryRow:
    """One size of the sleeve in every window of history, against the plan without it in the same
    window."""

    sleeve: float
    helped: int
    """Windows with a higher end value."""
    share_helped: float
    smaller_drawdown: int
    """Windows with a smaller maximum drawdown."""
    higher_return_per_volatility: int
    """Windows with more return per volatility."""
    sharpe_windows: int
    """Windows in which both have a Sharpe ratio."""
    higher_sharpe: int
    """Of those, the ones with a higher ratio."""
    median: float
    """Of the end value with the sleeve over that without it, less 1."""
    best: float
    best_start: date
    worst: float
    worst_start: date


@dataclass(frozen=True)
class HistoryWindow:
    """One window of history: the plan with its own sleeve, and without."""

    start: date
    end: date
    end_value: float
    end_value_without: float
    max_drawdown: float
    max_drawdown_without: float
    return_per_volatility: float | None
    return_per_volatility_without: float | None
    sharpe: float | None
    sharpe_without: float | None


@dataclass(frozen=True)
class History:
    """Every start at the end of a month with the horizon's end in the lake."""

    horizon: int
    """Years."""
    windows: int
    independent: int
    """How many of them do not overlap."""
    first_start: date
    last_start: date
    rows: tuple[HistoryRow, ...]
    """A row a size of the sleeve."""
    by_start: tuple[HistoryWindow, ...]
    """A row a start."""


@dataclass(frozen=True)
class PortfolioAnswer(Answer):
    """How a plan did, with and without its sleeve, and what to know before quoting it."""

    summary: str
    plan: Plan
    currency: str
    frequency: str
    """daily or monthly: what returns and drawdowns are taken from."""
    start: date
    end: date
    years: float
    sessions: int
    """Closes after the start."""
    periods_per_year: float
    inflation: float | None
    """Consumer prices at the end over those at the start."""
    with_sleeve: Figures
    """The plan as it is written."""
    without_sleeve: Figures | None
    """None where the plan has no sleeve."""
    sweep: tuple[Figures, ...]
    history: History | None
    quality: tuple[str, ...]
    """Of simulated, proxy, price_index, gap, suspect, no_rate, no_bill, shortened."""
    notes: tuple[str, ...]
    conventions: tuple[str, ...]
    risk_free: float | str | None
    """What the Sharpe ratios are over: a yearly return or the id of a 13-week bill; None: there are
    none."""
    as_of: datetime | None
    """Only what could be known then is in the answer."""
    strict: bool
    """Whether that is what this lake itself had stored then."""
    snapshot: str
    origin: str

    def remarks(self) -> list[str]:
        """The lines below the notebook view: the answer in words first."""
        return [self.summary, *super().remarks()]

    def lines(self) -> tuple[type[Figures], tuple[Figures, ...]]:
        """A row a size of the sleeve; the plan's own where it has none."""
        return Figures, self.sweep or (self.with_sleeve,)
