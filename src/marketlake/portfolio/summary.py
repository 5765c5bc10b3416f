"""The answer in a sentence."""

from __future__ import annotations

from .figures import Figures
from .market import Market
from .plan import PRO_RATA, Plan
from .window import Window


def summary_of(plan: Plan, market: Market, window: Window, own: Figures, without: Figures | None) -> str:
    """What the sleeve did, or how the plan did where it has none."""
    if without is None or not own.sleeve:
        said = _plain(market, window, own)
    else:
        said = f"{_subject(plan, own.sleeve)} {_change(market, own, without)}{_price(own, without)}"
    made_up = "With simulated prices, " if market.simulated else ""
    return f"{made_up}{said if made_up else said[0].upper() + said[1:]}."


def _plain(market: Market, window: Window, own: Figures) -> str:
    rate = own.time_weighted_return_annualised
    returned = f"{_percent(own.time_weighted_return)} in all" if rate is None else f"{_percent(rate)} a year"
    return (
        f"{own.paid_in:,.0f} {market.currency} paid in from {window.start} to {window.end} became "
        f"{own.end_value:,.0f}: time-weighted {returned}, deepest fall {_percent(-own.drawdown.depth)}"
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
    """What got rougher, then what did not, with and without."""
    pairs = [("a deepest fall", -own.drawdown.depth, -without.drawdown.depth)]
    if own.volatility is not None and without.volatility is not None:
        pairs.insert(0, ("a volatility", own.volatility, without.volatility))
    rougher = [_instead(*pair) for pair in pairs if pair[1] > pair[2]]
    calmer = [_instead(*pair) for pair in pairs if pair[1] <= pair[2]]
    price = f", at the price of {' and '.join(rougher)}" if rougher else ""
    return price + (f", with {' and '.join(calmer)}" if calmer else "")


def _instead(name: str, own: float, without: float) -> str:
    return f"{name} of {_percent(own)} instead of {_percent(without)}"


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.1f} %"
