"""The window of a plan: its sessions, how long it is, what consumer prices and riskless money did in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from ..errors import UsageError
from .market import Market, to_date
from .plan import Floats
from .schedule import year_fraction


@dataclass(frozen=True)
class Window:
    """Sessions `first` to `last` of a market; `years` by the rule of annualising."""

    first: int
    last: int
    start: date
    end: date
    years: float
    whole_years: bool
    periods_per_year: float
    """Returns between shared sessions in a year of this window."""
    prices: Floats
    """Consumer prices at the start and each close after it over those at the start, (N + 1,); not a number
    where no index tells."""
    riskless: Floats
    """The riskless return to each close after the start, (N,); not a number where it is not known."""
    shortened: bool
    """The market does not reach as far as was asked."""

    @property
    def inflation(self) -> float | None:
        """Consumer prices at the end over those at the start; None where no index tells."""
        return None if np.isnan(self.prices[-1]) else float(self.prices[-1])


def window_of(market: Market, start: date | None, end: date | None) -> Window:
    """The last shared session on or before each date; where none is, the first or last that there is."""
    days = market.days
    if start is not None and end is not None and start >= end:
        raise UsageError(f"the window starts on {start} and ends on {end}; it must end later than it starts")
    first = _on_or_before(market, start) if start else 0
    last = _on_or_before(market, end) if end else len(days) - 1
    if last <= max(first, 0):
        raise UsageError(
            f"no two sessions of all holdings lie in the window; they share {to_date(days[0])} to "
            f"{to_date(days[-1])}: {market.bounds()}"
        )
    shortened = first < 0 or bool(end and last == len(days) - 1 and _missed(market, end))
    return span(market, max(first, 0), last, shortened)


def span(market: Market, first: int, last: int, shortened: bool = False) -> Window:
    """The window between two sessions."""
    days = market.days[first : last + 1]
    years, whole = year_fraction(market.days, market.ends(12), first, last)
    deflator = market.deflator
    return Window(
        first=first,
        last=last,
        start=to_date(days[0]),
        end=to_date(days[-1]),
        years=years,
        whole_years=whole,
        periods_per_year=(last - first) / years,
        prices=deflator.levels(days, whole) if deflator else np.full(len(days), np.nan),
        riskless=market.riskless.returns[first + 1 : last + 1],
        shortened=shortened,
    )


def _on_or_before(market: Market, day: date) -> int:
    """-1 where there is none."""
    return int(np.searchsorted(market.days, np.datetime64(day), side="right")) - 1


def _missed(market: Market, end: date) -> bool:
    """Whether the calendars have a session between the last stored one and `end`."""
    later = (market.expected > market.days[-1]) & (market.expected <= np.datetime64(end))
    return bool(later.any())
