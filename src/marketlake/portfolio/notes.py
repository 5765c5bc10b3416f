"""The words of a portfolio answer: its summary, its conventions, quality flags and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from ..answers.notes import FLAGS
from ..model.instruments import is_simulated
from .figures import Figures, History
from .known import Known, to_date
from .market import Market
from .measure import Window
from .plan import PRO_RATA, Plan
from .rates import USUAL_BILL

Note = tuple[str, str]
"""A quality flag (empty where it is none) and a sentence."""
_PAY_DAYS: Final = {
    "month": "on the first of each month",
    "semimonthly": "on the first and the 15th of each month",
    "biweekly": "every 14 days from the start",
    "week": "every 7 days from the start",
}


def notes_of(market: Market, window: Window, figures: Figures, history: History | None) -> tuple[Note, ...]:
    """What the data of the window lacks, most important first."""
    money = figures.money_weighted_note
    return (
        *_simulated(market),
        *_levels(market),
        *_sessions(market, window),
        *_inflation(market, window),
        *_risk_free(market, window),
        *([("", f"no money-weighted return: {money}")] if money else []),
        *([("", _dependent(history))] if history else []),
    )


def _simulated(market: Market) -> Iterator[Note]:
    if market.simulated:
        names = ", ".join(market.simulated)
        yield (
            "simulated",
            f"prices of {names} are simulated{_between(market)}: the figures are an exercise and give no "
            "verdict",
        )


def _between(market: Market) -> str:
    if all(one.synthetic == "daily" for one in market.instruments if one.id in market.simulated):
        return " between the ends of months (--frequency monthly rests on published figures)"
    return ""


def _levels(market: Market) -> Iterator[Note]:
    for one in market.instruments:
        if one.price_index:
            yield (
                "price_index",
                f"{one.id} is a price index without dividends: its figures are price returns",
            )
        elif one.return_basis == "total":
            yield "", f"{one.id} is stored as total return only: its figures include distributions"
        if one.proxy_for:
            yield "proxy", f"{one.id} is a proxy for {one.proxy_for}"
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
            f"the lake's {market.unit}s do not reach further than {window.start} to {window.end}: "
            f"{market.bounds()}",
        )
    expected = market.expected[(market.expected >= start) & (market.expected <= end)]
    unpriced = market.unpriced[(market.unpriced >= start) & (market.unpriced <= end)]
    missing = np.setdiff1d(np.setdiff1d(expected, market.days), unpriced)
    if len(unpriced):
        yield (
            "no_rate",
            f"{_count(market, len(unpriced))} left out for want of a rate or price, "
            f"first {to_date(unpriced[0])}",
        )
    doubted = [n for n, days in market.suspects.items() if ((days > start) & (days <= end)).any()]
    if doubted:
        yield "suspect", f"{FLAGS['suspect']} ({', '.join(doubted)})"
    if len(missing):
        yield "gap", f"{_count(market, len(missing))} missing and spanned, first {to_date(missing[0])}"


def _count(market: Market, days: int) -> str:
    return f"{days:,} {market.unit}{'s' if days > 1 else ''}"


def _inflation(market: Market, window: Window) -> Iterator[Note]:
    index = market.deflator
    if index is None:
        yield "", f"no consumer price index for {market.currency} in instruments.toml, so no real figures"
    elif window.inflation is None:
        yield "", f"{index.id} does not reach over the window, so no real figures"
    elif is_simulated(index.synthetic, "monthly"):
        yield "simulated", f"{index.id} is simulated, so the real figures are simulated too"


def _risk_free(market: Market, window: Window) -> Iterator[Note]:
    risk_free = market.risk_free
    if risk_free.used is None:
        yield (
            "",
            f"no yields of {USUAL_BILL} in {market.currency} are stored, so no Sharpe ratio; name another "
            "13-week bill or a yearly fraction: --risk-free 0.02",
        )
        return
    unknown, everywhere = (int(np.isnan(one).sum()) for one in (window.risk_free, risk_free.returns[1:]))
    if everywhere:
        yield (
            "no_bill",
            f"no yield of {risk_free.used} is known for {unknown:,} of the {len(window.risk_free):,} returns "
            f"({everywhere:,} of {len(market.days) - 1:,} in all history); the Sharpe ratios leave them out",
        )
    if is_simulated(risk_free.synthetic, market.frequency):
        yield "simulated", f"{risk_free.used} is simulated, so the Sharpe ratios are simulated too"


def _dependent(history: History) -> str:
    return (
        f"the {history.windows} windows of {history.horizon} years overlap (independent: "
        f"at most {history.independent}), so shares of windows are not probabilities"
    )


def conventions_of(plan: Plan, market: Market, window: Window, known: Known) -> tuple[str, ...]:
    """How the figures are computed, from the prices to the costs."""
    return (
        f"{window.start} to {window.end}, {market.currency}, total return (dividends reinvested at the "
        f"ex-date's close), {_days(market, window)}; tax-free",
        *([f"only what was {known.moment}, windows of history included"] if known.moment else []),
        _years(window),
        f"volatility: simple returns between {market.unit}s, n - 1, {window.periods_per_year:.2f} periods a "
        "year; maximum drawdown: of the time-weighted index at these closes",
        f"return / volatility: CAGR over volatility; {_sharpe(market)}",
        "real: in money of the start, by consumer prices: December over December between year ends "
        "(payments: of the month before), otherwise last published",
        _paying(plan),
        _rebalancing(plan),
        _costs(plan),
        *_funding(plan),
    )


def _days(market: Market, window: Window) -> str:
    count = f"{window.last - window.first:,}"
    if market.frequency == "monthly":
        return f"at the ends of the {count} months after the start, of each holding's own last session"
    return f"on the {count} sessions after the start that all holdings share"


def _years(window: Window) -> str:
    if window.years < 1:
        return f"{window.years:.4f} years (days / 365.25): below one year no return is annualised"
    rule = "whole calendar years, exactly" if window.whole_years else "days / 365.25"
    return f"annualised over {window.years:.6g} years ({rule}); the money-weighted return uses the same years"


def _sharpe(market: Market) -> str:
    used = market.risk_free.used
    if used is None:
        return "no risk-free return is known, so there is no Sharpe ratio"
    if isinstance(used, float):
        return f"Sharpe ratio: over {used * 100:.4g} % annually, (1 + rate)^(days / 365.25)"
    return (
        f"Sharpe ratio: over the 13-week bill {used} by its discount yield as last known before each return"
    )


def _paying(plan: Plan) -> str:
    if not plan.contribute:
        return f"{plan.start:,.2f} at the close of the start, no contributions"
    when = _PAY_DAYS[plan.per]
    grown = f", growing {plan.pay_growth * 100:.4g} % at each anniversary" if plan.pay_growth else ""
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
    return f"rebalanced to target at the last close of each {unit}, but not at the end"


def _costs(plan: Plan) -> str:
    own = "".join(f", {h.id} {h.expense_ratio * 100:.4g} %" for h in plan.holdings if h.expense_ratio)
    return (
        f"annual fees by calendar day: plan {plan.plan_fee * 100:.4g} %{own}; a fund's expense ratio is in "
        f"its price already; trading costs {plan.trading_cost * 10_000:g} basis points of everything bought "
        "and sold, the start included"
    )


def _funding(plan: Plan) -> Iterator[str]:
    if plan.sleeve is None:
        return
    how = "all others pro rata" if plan.funded_by == PRO_RATA else plan.funded_by
    yield f"the sleeve {plan.sleeve} is funded from {how}; without it its share goes back there"


def summary_of(plan: Plan, market: Market, window: Window, own: Figures, without: Figures | None) -> str:
    """What the sleeve did, or how the plan did where it has none."""
    if without is None or not own.sleeve:
        text = _plain(market, window, own)
    else:
        text = f"{_subject(plan, own.sleeve)} {_change(market, own, without)}{_price(own, without)}"
    simulated = "With simulated prices, " if market.simulated else ""
    return f"{simulated}{text if simulated else text[0].upper() + text[1:]}."


def _plain(market: Market, window: Window, own: Figures) -> str:
    name, rate = ("total return", own.total_return) if own.cagr is None else ("CAGR", own.cagr)
    return (
        f"{own.paid_in:,.0f} {market.currency} paid in from {window.start} to {window.end} became "
        f"{own.end_value:,.0f}: {name} {_percent(rate)}, maximum drawdown {_percent(-own.max_drawdown.depth)}"
    )


def _subject(plan: Plan, sleeve: float) -> str:
    funded = "pro rata" if plan.funded_by == PRO_RATA else f"from {plan.funded_by}"
    article = "an" if sleeve * 100 in {8, 11, 18} else "a"
    return f"{article} {sleeve * 100:g} % sleeve of {plan.sleeve}, funded {funded},"


def _change(market: Market, own: Figures, without: Figures) -> str:
    if own.end_value == without.end_value:
        return f"left the end value at {own.end_value:,.0f} {market.currency}"
    verb = "raised" if own.end_value > without.end_value else "lowered"
    return f"{verb} the end value from {without.end_value:,.0f} to {own.end_value:,.0f} {market.currency}"


def _price(own: Figures, without: Figures) -> str:
    """Which risk is higher with the sleeve, then which is not."""
    pairs = [("a maximum drawdown", -own.max_drawdown.depth, -without.max_drawdown.depth)]
    if own.volatility is not None and without.volatility is not None:
        pairs.insert(0, ("a volatility", own.volatility, without.volatility))
    higher = [_instead(*pair) for pair in pairs if pair[1] > pair[2]]
    lower = [_instead(*pair) for pair in pairs if pair[1] <= pair[2]]
    price = f", at the price of {' and '.join(higher)}" if higher else ""
    return price + (f", with {' and '.join(lower)}" if lower else "")


def _instead(name: str, own: float, without: float) -> str:
    return f"{name} of {_percent(own)} instead of {_percent(without)}"


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.1f} %"
