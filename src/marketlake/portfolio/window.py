"""The window of a plan: its first and last session, how long it is, what consumer prices did in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from ..errors import UsageError
from .market import Market, to_date
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
    inflation: float | None
    """Consumer prices at the end over those at the start; None where no index tells."""
    shortened: bool
    """The market does not reach as far as was asked."""


def window_of(market: Market, start: date | None, end: date | None) -> Window:
    """The last shared session on or before each date; where none is, the first or last that there is."""
    days = market.days
    if start is not None and end is not None and start >= end:
        raise UsageError(f"the window starts on {start} and ends on {end}; it must end later than it starts")
    first = _on_or_before(market, start) if start else 0
    last = _on_or_before(market, end) if end else len(days) - 1
    if last <= max(first, 0):
        reach = f"{to_date(days[0])} to {to_date(days[-1])}"
        raise UsageError(f"no two sessions of all holdings lie in the window; they share {reach}")
    shortened = first < 0 or bool(end and last == len(days) - 1 and _missed(market, end))
    return span(market, max(first, 0), last, shortened)


def span(market: Market, first: int, last: int, shortened: bool = False) -> Window:
    """The window between two sessions."""
    days = market.days
    years, whole = year_fraction(days, market.ends(12), first, last)
    deflator = market.deflator
    return Window(
        first=first,
        last=last,
        start=to_date(days[first]),
        end=to_date(days[last]),
        years=years,
        whole_years=whole,
        periods_per_year=(last - first) / years,
        inflation=deflator.ratio(days[first], days[last], whole) if deflator else None,
        shortened=shortened,
    )


def _on_or_before(market: Market, day: date) -> int:
    """-1 where there is none."""
    return int(np.searchsorted(market.days, np.datetime64(day), side="right")) - 1


def _missed(market: Market, end: date) -> bool:
    """Whether the calendars have a session between the last stored one and `end`."""
    later = (market.expected > market.days[-1]) & (market.expected <= np.datetime64(end))
    return bool(later.any())
