"""The sleeve in every window of history: all start months and all sizes of it in one walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .figures import History, HistoryRow, HistoryWindow
from .known import to_date
from .market import Market
from .plan import Floats, Plan
from .risk import ROUNDING, cagr, drawdown, no_moments, number, per_risk, sharpe, volatility
from .schedule import year_fraction
from .walk import invested, track, walk

Starts = tuple[tuple[int, ...], tuple[int, ...]]
"""First and last session of each window."""


@dataclass(frozen=True)
class Outcome:
    """How S windows ended for K sizes of the sleeve, each (S, K)."""

    end_value: Floats
    max_drawdown: Floats
    return_per_volatility: Floats
    """Not a number where nothing varied."""
    sharpe: Floats
    """Not a number where nothing varied or no risk-free return is known."""


def windows_of(market: Market, years: int) -> Starts:
    """Windows from the end of a month to the end of the same month `years` later, where both are
    stored."""
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
        independent=_independent(windows),
        first_start=to_date(starts[0]),
        last_start=to_date(starts[-1]),
        rows=tuple(rows),
        by_start=_by_start(market, windows, found, sleeves.index(plan.sleeve_weight)),
    )


def outcomes(market: Market, plan: Plan, windows: Starts, sleeves: Sequence[float]) -> Outcome:
    """Walk all windows together, keeping only what the figures need."""
    weights = np.stack([plan.weights(sleeve) for sleeve in sleeves], axis=1)
    shape = len(windows[0]), len(sleeves)
    end_value = np.full(shape, invested(plan))
    index = np.full(shape, invested(plan) / plan.start)
    high, deepest = index.copy(), np.zeros(shape)
    plain, excess = no_moments(*shape), no_moments(*shape)
    for step in walk(track(market.days, market.levels, plan, *windows), weights, plan):
        at = step.plans
        grown = step.grown.sum(axis=0)
        change = (grown - step.cost) / step.before.sum(axis=0) - 1
        index[at] *= 1 + change
        high[at] = np.maximum(high[at], index[at])
        deepest[at] = np.minimum(deepest[at], drawdown(index[at], high[at]))
        plain.add(at, change)
        if not np.isnan(market.risk_free.returns[step.session]):
            excess.add(at, change - market.risk_free.returns[step.session])
        end_value[at] = grown + step.flow - step.cost
    years = _years(market, windows)
    per_year = plain.count / years
    return Outcome(
        end_value=end_value,
        max_drawdown=deepest,
        return_per_volatility=per_risk(cagr(index, years), volatility(plain, per_year)),
        sharpe=sharpe(excess, per_year),
    )


def _years(market: Market, windows: Starts) -> Floats:
    """How long each window is, (S, 1)."""
    year_end = market.ends(12)
    pairs = zip(*windows, strict=True)
    return np.array([year_fraction(market.days, year_end, *pair)[0] for pair in pairs])[:, None]


def _row(found: Outcome, sleeves: Sequence[float], k: int, starts: Any) -> HistoryRow:
    more = found.end_value[:, k] / found.end_value[:, 0] - 1
    best, worst = int(np.argmax(more)), int(np.argmin(more))
    helped = _count(more)
    sharper = found.sharpe[:, k] - found.sharpe[:, 0]
    return HistoryRow(
        sleeve=sleeves[k],
        helped=helped,
        share_helped=helped / len(more),
        smaller_drawdown=_count(found.max_drawdown[:, k] - found.max_drawdown[:, 0]),
        higher_return_per_volatility=_count(
            found.return_per_volatility[:, k] - found.return_per_volatility[:, 0]
        ),
        sharpe_windows=int((~np.isnan(sharper)).sum()),
        higher_sharpe=_count(sharper),
        median=float(np.median(more)),
        best=float(more[best]),
        best_start=to_date(starts[best]),
        worst=float(more[worst]),
        worst_start=to_date(starts[worst]),
    )


def _by_start(market: Market, windows: Starts, found: Outcome, k: int) -> tuple[HistoryWindow, ...]:
    """A row a window, of the sleeve's size `k` and of none."""
    return tuple(
        HistoryWindow(
            start=to_date(market.days[first]),
            end=to_date(market.days[last]),
            end_value=float(found.end_value[s, k]),
            end_value_without=float(found.end_value[s, 0]),
            max_drawdown=float(found.max_drawdown[s, k]),
            max_drawdown_without=float(found.max_drawdown[s, 0]),
            return_per_volatility=number(found.return_per_volatility[s, k]),
            return_per_volatility_without=number(found.return_per_volatility[s, 0]),
            sharpe=number(found.sharpe[s, k]),
            sharpe_without=number(found.sharpe[s, 0]),
        )
        for s, (first, last) in enumerate(zip(*windows, strict=True))
    )


def _count(more: Floats) -> int:
    """Windows with more, by more than rounding; what is not a number is not more."""
    return int((more > ROUNDING).sum())


def _independent(windows: Starts) -> int:
    """How many windows do not overlap: the next is always the earliest that starts after the last."""
    count, free = 0, -1
    for first, last in zip(*windows, strict=True):
        if first >= free:
            count, free = count + 1, last
    return count
