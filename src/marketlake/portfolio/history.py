"""The sleeve in every window of history: all start months and all sizes of the sleeve in one walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .engine import invested, track, walk
from .figures import History, HistoryRow
from .market import Market, to_date
from .plan import Floats, Plan
from .schedule import year_fraction

Starts = tuple[tuple[int, ...], tuple[int, ...]]
"""First and last session of each window."""
_ROUNDING: Final = 1e-12


@dataclass(frozen=True)
class Outcome:
    """How S windows ended for K sizes of the sleeve, each (S, K)."""

    end_value: Floats
    drawdown: Floats
    return_per_volatility: Floats
    """Not a number where nothing varied."""


def windows_of(market: Market, years: int) -> Starts:
    """Windows from the end of a month to the end of the same month `years` later, where both are stored."""
    ends = np.flatnonzero(market.ends(1))
    months = market.days[ends].astype("datetime64[M]")
    later = months + np.timedelta64(12 * years, "M")
    there = np.isin(later, months)
    first = ends[there]
    last = ends[np.searchsorted(months, later[there])]
    return tuple(map(int, first)), tuple(map(int, last))


def history_of(market: Market, plan: Plan, years: int) -> History | None:
    """The sleeve against the plan without it; None where no window of that length is stored."""
    windows = windows_of(market, years)
    if not windows[0]:
        return None
    sleeves = plan.sweep()
    found = outcomes(market, plan, windows, sleeves)
    starts = market.days[list(windows[0])]
    rows = (_row(found, sleeves, k, starts) for k in range(len(sleeves)) if sleeves[k] > 0)
    return History(
        horizon=years,
        windows=len(windows[0]),
        apart=_apart(windows),
        first_start=to_date(starts[0]),
        last_start=to_date(starts[-1]),
        rows=tuple(rows),
    )


def outcomes(market: Market, plan: Plan, windows: Starts, sleeves: Sequence[float]) -> Outcome:
    """Walk all windows at once, keeping only what the figures need."""
    weights = np.stack([plan.weights(sleeve) for sleeve in sleeves], axis=1)
    shape = len(windows[0]), len(sleeves)
    end_value = np.full(shape, invested(plan))
    index = np.full(shape, invested(plan) / plan.start)
    high, drawdown = index.copy(), np.zeros(shape)
    total, squares = np.zeros(shape), np.zeros(shape)
    for step in walk(track(market.days, market.levels, plan, *windows), weights, plan):
        at = step.plans
        grown = step.grown.sum(axis=0)
        change = (grown - step.cost) / step.before.sum(axis=0) - 1
        index[at] *= 1 + change
        high[at] = np.maximum(high[at], index[at])
        drawdown[at] = np.minimum(drawdown[at], index[at] / high[at] - 1)
        total[at] += change
        squares[at] += change * change
        end_value[at] = grown + step.flow - step.cost
    return Outcome(end_value, drawdown, _per_risk(market, windows, index, total, squares))


def _per_risk(market: Market, windows: Starts, index: Floats, total: Floats, squares: Floats) -> Floats:
    """As the answer's return_per_volatility, from running sums."""
    year_end = market.ends(12)
    pairs = list(zip(*windows, strict=True))
    years = np.array([year_fraction(market.days, year_end, *pair)[0] for pair in pairs])[:, None]
    count = np.array([last - first for first, last in pairs])[:, None]
    variance = np.maximum(squares - total * total / count, 0.0) / (count - 1)
    volatility = np.sqrt(variance * count / years)
    rate = index ** (1 / years) - 1
    ratio: Floats = np.divide(rate, volatility, out=np.full_like(rate, np.nan), where=volatility > 0)
    return ratio


def _row(found: Outcome, sleeves: Sequence[float], k: int, starts: Any) -> HistoryRow:
    more = found.end_value[:, k] / found.end_value[:, 0] - 1
    best, worst = int(np.argmax(more)), int(np.argmin(more))
    helped = _count(more)
    return HistoryRow(
        sleeve=sleeves[k],
        helped=helped,
        share_helped=helped / len(more),
        calmer=_count(found.drawdown[:, k] - found.drawdown[:, 0]),
        better_per_risk=_count(found.return_per_volatility[:, k] - found.return_per_volatility[:, 0]),
        median=float(np.median(more)),
        best=float(more[best]),
        best_start=to_date(starts[best]),
        worst=float(more[worst]),
        worst_start=to_date(starts[worst]),
    )


def _count(more: Floats) -> int:
    """Windows with more, by more than rounding; what is not a number is not more."""
    return int((more > _ROUNDING).sum())


def _apart(windows: Starts) -> int:
    """How many windows fit one after another: the earliest to end next, again and again."""
    count, free = 0, -1
    for first, last in zip(*windows, strict=True):
        if first >= free:
            count, free = count + 1, last
    return count
