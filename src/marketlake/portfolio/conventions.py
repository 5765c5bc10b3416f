"""Every convention behind an answer's figures, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .known import Known
from .market import Market
from .plan import PRO_RATA, Plan
from .window import Window

_PAY_DAYS: Final = {
    "month": "on the first of each month",
    "semimonthly": "on the first and the 15th of each month",
    "biweekly": "every 14 days from the start",
    "week": "every 7 days from the start",
}


def conventions_of(plan: Plan, market: Market, window: Window, known: Known) -> tuple[str, ...]:
    """From what the figures are taken to what they cost."""
    return (
        f"{window.start} to {window.end}, {market.currency}, total return (dividends reinvested at the "
        f"ex-date's close), on the {window.last - window.first:,} sessions after the start that all holdings "
        "share; tax-free",
        *([f"only what was {known.moment}, windows of history included"] if known.moment else []),
        _years(window),
        f"volatility: simple returns between shared sessions, n - 1, {window.periods_per_year:.2f} periods a "
        "year; deepest fall: of the time-weighted index at closes",
        f"return / volatility: over zero; {_sharpe(market)}",
        "real: in money of the start, by consumer prices: December over December between year ends "
        "(payments: of the month before), otherwise last published",
        _paying(plan),
        _rebalancing(plan),
        _costs(plan),
        *_funding(plan),
    )


def _years(window: Window) -> str:
    if window.years < 1:
        return (
            f"{window.years:.4f} years (days / 365.25): no return is annualised, the money-weighted neither"
        )
    rule = "whole calendar years, exactly" if window.whole_years else "days / 365.25"
    return f"annualised over {window.years:.6g} years ({rule}); the money-weighted return uses the same years"


def _sharpe(market: Market) -> str:
    used = market.riskless.used
    if used is None:
        return "no riskless return is known, so there is no Sharpe ratio"
    if isinstance(used, float):
        return f"Sharpe ratio: over {used * 100:.4g} % a year, (1 + rate)^(days / 365.25)"
    return (
        f"Sharpe ratio: over the 13-week bill {used} by its discount yield as last known before each return"
    )


def _paying(plan: Plan) -> str:
    if not plan.contribute:
        return f"{plan.start:,.2f} at the close of the start, no contributions"
    when = _PAY_DAYS[plan.per]
    grown = f", {plan.pay_growth * 100:+.4g} % at each anniversary of the start" if plan.pay_growth else ""
    return (
        f"{plan.start:,.2f} at the close of the start; {plan.contribute:,.2f} due {when}{grown}, paid at the "
        "close of the first session on or after it, never at the last, and bought at target weights"
    )


def _rebalancing(plan: Plan) -> str:
    if plan.band is not None:
        return f"rebalanced to target at any close where a weight is more than {plan.band * 100:g} points off"
    if plan.rebalance == "never":
        return "never rebalanced"
    unit = {"monthly": "month", "quarterly": "quarter", "yearly": "year"}[plan.rebalance]
    return f"rebalanced to target at the close of the last shared session of each {unit}, but not at the end"


def _costs(plan: Plan) -> str:
    own = "".join(f", {h.id} {h.expense_ratio * 100:.4g} %" for h in plan.holdings if h.expense_ratio)
    return (
        f"fees a year by calendar day: plan {plan.plan_fee * 100:.4g} %{own}; a fund's expense ratio is in "
        f"its price already; trading costs {plan.trading_cost * 10_000:g} basis points of everything bought "
        "and sold, the start included"
    )


def _funding(plan: Plan) -> Iterator[str]:
    if plan.sleeve is None:
        return
    how = "all others pro rata" if plan.funded_by == PRO_RATA else plan.funded_by
    yield f"the sleeve {plan.sleeve} is funded from {how}; without it its share goes back there"
