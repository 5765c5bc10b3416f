"""Daily paths between known closes: Brownian bridges, rounded to the tick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from ...model.calendars import Days
from ..market import PRICES, Floats

FIRST_DAY: Final = date(2013, 12, 31)
LAST_DAY: Final = date(2025, 12, 31)
_WORLD_SEED: Final = 20131231


@dataclass(frozen=True)
class Shape:
    """The statistics of an instrument's days between its anchors."""

    seed: int
    volatility: float
    """Of a year's log returns; of a yield, of its changes."""
    loading: float
    """Correlation with the factor that all instruments share."""
    decimals: int = 2
    turnover: float = 0.0
    """Typical daily volume; 0 where none is published."""
    is_yield: bool = False
    """A level that moves by points, not by fractions, and may come near to nothing."""


@dataclass(frozen=True)
class Path:
    """One row a session; low <= open, close <= high."""

    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True)
class Anchors:
    """Known closes by session, ascending."""

    days: Days
    close: Floats


def anchored_path(days: Days, anchors: Anchors, shape: Shape, dividend: Floats | None = None) -> Path:
    """A path over `days` from the first anchor to the last; the close of each one's session is its own.

    `dividend` (one a day of the path): the price falls by it on its day, as a market's does.
    """
    days = days[(days >= anchors.days[0]) & (days <= anchors.days[-1])]
    places = np.searchsorted(days, anchors.days)
    random = np.random.Generator(np.random.PCG64(shape.seed))
    steps = _steps(days, random, shape.loading)
    spread = shape.volatility / np.sqrt(len(days) / _years(days))
    close = np.empty(len(days))
    close[places] = anchors.close
    for first, last in pairwise(places):
        rows = slice(first + 1, last + 1)
        paid = np.zeros(last - first) if dividend is None else dividend[rows]
        close[rows] = _between(close[first], close[last], spread * steps[rows], paid, shape)
    return _with_range(days, close, spread, random, shape)


def _years(days: Days) -> float:
    return max(float((days[-1] - days[0]).astype(int)) / 365.25, 1.0)


def _between(start: float, end: float, steps: Floats, paid: Floats, shape: Shape) -> Floats:
    """The closes after one anchor up to the next."""
    if shape.is_yield:
        walk = start + _bridge(steps, end - start)
        close = np.maximum(walk.round(shape.decimals), 10.0**-shape.decimals)
    else:
        walk = _bridge(steps + np.log1p(-paid / start), np.log(end / start))
        close = np.round(start * np.exp(walk), shape.decimals)
    close[-1] = end
    return np.asarray(close)


def _steps(days: Days, random: np.random.Generator, loading: float) -> Floats:
    span = int((np.datetime64(LAST_DAY) - np.datetime64(FIRST_DAY)).astype(int)) + 1
    world = np.random.Generator(np.random.PCG64(_WORLD_SEED)).standard_normal(span)
    shared = world[(days - np.datetime64(FIRST_DAY)).astype(int)]
    own = random.standard_normal(len(days))
    return np.asarray(loading * shared + np.sqrt(1 - loading**2) * own)


def _bridge(steps: Floats, total: float) -> Floats:
    """Cumulated steps, tilted so that they end at `total`."""
    walk = np.cumsum(steps)
    share = np.arange(1, len(walk) + 1) / len(walk)
    return np.asarray(walk + share * (total - walk[-1]))


def _with_range(days: Days, close: Floats, spread: float, random: np.random.Generator, shape: Shape) -> Path:
    count = len(days)
    gap = np.exp(0.25 * spread * random.standard_normal(count))
    opened = np.round(np.append(close[:1], close[:-1]) * gap, shape.decimals)
    above, below = np.exp(0.5 * spread * np.abs(random.standard_normal((2, count))))
    high = np.maximum(opened, close) * above
    low = np.minimum(opened, close) / below
    busy = np.exp(0.3 * random.standard_normal(count))
    return Path(
        days=days,
        open=opened,
        high=np.round(high, shape.decimals),
        low=np.round(low, shape.decimals),
        close=close,
        volume=np.round(shape.turnover * busy) if shape.turnover else np.full(count, np.nan),
    )


def split_path(path: Path, split: Floats, decimals: int) -> Path:
    """The path as traded: each split divides prices from its session on, and multiplies volume."""
    shares = np.cumprod(split)
    prices = {name: _rounded(getattr(path, name) / shares, decimals) for name in PRICES}
    return Path(days=path.days, volume=_rounded(path.volume * shares, 0), **prices)


def _rounded(values: Floats, decimals: int) -> Floats:
    return values.round(decimals)
