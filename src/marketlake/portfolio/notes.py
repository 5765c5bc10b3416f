"""What to know before quoting an answer: flags, notes on the data, the conventions used."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .figures import Figures, History
from .market import Market, to_date
from .plan import PRO_RATA, Plan
from .window import Window

Note = tuple[str, str]
"""A quality flag (empty where it is none) and a sentence."""


def notes_of(market: Market, window: Window, figures: Figures, history: History | None) -> tuple[Note, ...]:
    """What the data of the window lacks, most important first."""
    money = figures.money_weighted_note
    return (
        *_simulated(market),
        *_levels(market),
        *_sessions(market, window),
        *_inflation(market, window),
        *([("", f"no money-weighted return: {money}")] if money else []),
        *([("", _dependent(history))] if history else []),
    )


def _simulated(market: Market) -> Iterator[Note]:
    if market.simulated:
        names = ", ".join(market.simulated)
        yield (
            "simulated",
            f"daily prices of {names} are made up (year ends may be published figures): volatility, falls "
            "and all that happens between year ends are an exercise and give no verdict",
        )


def _levels(market: Market) -> Iterator[Note]:
    for one in market.instruments:
        if one.price_index:
            yield (
                "price_index",
                f"{one.id} is a price index: no dividends are in it, its figures are price returns",
            )
        elif one.return_basis == "total":
            yield "", f"{one.id} is stored as total return only: its distributions are in its figures"
        if one.proxy_for:
            yield "proxy", f"{one.id} stands in for {one.proxy_for}"
        if one.quote_currency != market.currency:
            yield (
                "",
                f"{one.id} is quoted in {one.quote_currency}, converted at reference rates",
            )
    calendars = {one.calendar for one in market.instruments}
    if "24/7" in calendars and len(calendars) > 1:
        names = ", ".join(one.id for one in market.instruments if one.calendar == "24/7")
        yield "", f"a day of {names} ends at midnight UTC, hours after the sessions of the others"


def _sessions(market: Market, window: Window) -> Iterator[Note]:
    start, end = np.datetime64(window.start), np.datetime64(window.end)
    if window.shortened:
        yield (
            "shortened",
            f"the lake's shared sessions do not reach further than {window.start} to {window.end}",
        )
    expected = market.expected[(market.expected >= start) & (market.expected <= end)]
    unpriced = market.unpriced[(market.unpriced >= start) & (market.unpriced <= end)]
    missing = np.setdiff1d(np.setdiff1d(expected, market.days), unpriced)
    if len(unpriced):
        yield (
            "no_rate",
            f"{_count(len(unpriced))} without a rate or price are left out, first {to_date(unpriced[0])}",
        )
    if len(missing):
        yield "gap", f"{_count(len(missing))} missing and spanned, first {to_date(missing[0])}"


def _count(sessions: int) -> str:
    return f"{sessions:,} shared session{'s' if sessions > 1 else ''}"


def _inflation(market: Market, window: Window) -> Iterator[Note]:
    index = market.deflator
    if index is None:
        yield "", f"no consumer price index for {market.currency} in instruments.toml, so no real figures"
    elif window.inflation is None:
        yield "", f"{index.id} does not reach over the window, so no real figures"
    elif index.synthetic == "all" or (index.synthetic == "daily" and not window.whole_years):
        yield "simulated", f"{index.id} is made up between Decembers, and the real figures with it"


def _dependent(history: History) -> str:
    return (
        f"the {history.windows} windows of {history.horizon} years overlap and are dependent: "
        f"only {history.apart} fit one after another, so shares of windows are not probabilities"
    )


def conventions_of(plan: Plan, window: Window, currency: str) -> tuple[str, ...]:
    """Every convention behind the figures, in sentences."""
    return (
        f"{window.start} to {window.end}, {currency}, total return (dividends reinvested at the ex-date's "
        f"close), on the {window.last - window.first:,} sessions after the start that all holdings share; "
        "tax-free",
        _years(window),
        f"volatility: simple returns between shared sessions, n - 1, {window.periods_per_year:.2f} periods a "
        "year; deepest fall: of the time-weighted index at closes",
        "real: in money of the start, by consumer prices: December over December between year ends, "
        "otherwise last published",
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


def _paying(plan: Plan) -> str:
    if not plan.contribute:
        return f"{plan.start:,.2f} at the close of the start, no contributions"
    when = "on the first of each month" if plan.per == "month" else "every 14 days from the start"
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
