"""Daily paths between known year-ends: log-Brownian bridges, rounded to the tick."""

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
    """Of a year's log returns."""
    loading: float
    """Correlation with the factor that all instruments share."""
    decimals: int = 2
    turnover: float = 0.0
    """Typical daily volume; 0 where none is published."""


@dataclass(frozen=True)
class Path:
    """One row a session; low <= open, close <= high."""

    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def anchored_path(days: Days, anchors: dict[int, float], shape: Shape) -> Path:
    """A path over `days`; the last close of each year is exactly the anchor's.

    `anchors` are year-end closes by consecutive year; the path starts on the first one's session
    and ends on the last one's.
    """
    years = sorted(anchors)
    calendar_year = days.astype("datetime64[Y]").astype(int) + 1970
    ends = {year: int(np.searchsorted(calendar_year, year, side="right")) - 1 for year in years}
    days = days[ends[years[0]] : ends[years[-1]] + 1]
    random = np.random.Generator(np.random.PCG64(shape.seed))
    steps = _steps(days, random, shape.loading)
    spread = shape.volatility / np.sqrt(len(days) / max(len(years) - 1, 1))
    close = np.empty(len(days))
    close[0] = anchors[years[0]]
    first = ends[years[0]]
    for before, year in pairwise(years):
        rows = slice(ends[before] - first + 1, ends[year] - first + 1)
        path = _bridge(spread * steps[rows], np.log(anchors[year] / anchors[before]))
        close[rows] = np.round(anchors[before] * np.exp(path), shape.decimals)
        close[rows.stop - 1] = anchors[year]
    return _with_range(days, close, spread, random, shape)


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
