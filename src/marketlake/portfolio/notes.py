"""What to know before quoting an answer: flags and notes on the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .figures import Figures, History
from .market import Market, to_date
from .riskless import USUAL_BILL
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
        *_riskless(market, window),
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
            f"the lake's shared sessions do not reach further than {window.start} to {window.end}: "
            f"{market.bounds()}",
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


def _riskless(market: Market, window: Window) -> Iterator[Note]:
    riskless = market.riskless
    if riskless.used is None:
        yield (
            "",
            f"no yields of {USUAL_BILL} in {market.currency} are stored, so no Sharpe ratio; name another "
            "13-week bill or a fraction a year: --risk-free 0.02",
        )
        return
    unknown, everywhere = (int(np.isnan(one).sum()) for one in (window.riskless, riskless.returns[1:]))
    if everywhere:
        yield (
            "no_bill",
            f"no yield of {riskless.used} is known for {unknown:,} of the {len(window.riskless):,} returns "
            f"({everywhere:,} of {len(market.days) - 1:,} in all history), which no Sharpe ratio has in it",
        )
    if riskless.synthetic != "no":
        yield "simulated", f"{riskless.used} is made up, and the Sharpe ratios with it"


def _dependent(history: History) -> str:
    return (
        f"the {history.windows} windows of {history.horizon} years overlap and are dependent: "
        f"only {history.apart} fit one after another, so shares of windows are not probabilities"
    )
