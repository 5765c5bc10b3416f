"""Sums over pairs of instruments against the definition of a shared return, without a lake."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from marketlake.answers import pair_sums
from marketlake.answers.pair_sums import (
    NEVER,
    NONE,
    Levels,
    Moments,
    Side,
    make_grid,
    make_side,
    number_of,
    pair_moments,
)

from . import oracle

DAYS = [date(2019, 12, 27) + timedelta(days=n) for n in range(130)]
SESSIONS = [day for day in DAYS if day.weekday() < 5 and day != date(2020, 2, 28)]
"""The calendar's sessions: the end of February is a holiday."""
FREQUENCIES = ["daily", "weekly", "monthly"]
WHOLE = (DAYS[0] - timedelta(days=40), DAYS[-1] + timedelta(days=40))
WINDOWS = [
    WHOLE,
    (date(2020, 1, 1), date(2020, 3, 31)),
    (date(2020, 1, 1), date(2020, 3, 20)),
    (date(2020, 2, 3), date(2020, 2, 16)),
]


def random_levels(seed: int) -> Levels:
    """Eight instruments: dense, with holes, late, ended early, without a single level, weekends too."""
    random = np.random.default_rng(seed)
    levels = 100 * np.exp(np.cumsum(random.normal(0, 0.02, (len(DAYS), 8)), axis=0))
    open_days = np.array([day in SESSIONS for day in DAYS])
    levels[~open_days, :6] = np.nan
    levels[random.random(levels.shape) < [0, 0.05, 0.3, 0.05, 0.05, 0.9, 0.1, 0]] = np.nan
    levels[:50, 3] = np.nan
    levels[60:, 4] = np.nan
    levels[:, 7] = np.nan
    return levels


def make_market(levels: Levels, frequency: str, window: tuple[date, date]) -> tuple[pair_sums.Grid, Levels]:
    """The grid of the days up to the window's end, and the levels on it."""
    days = [number_of(day) for day in DAYS if day <= window[1]]
    sessions = np.array([number_of(day) for day in SESSIONS])
    return make_grid(np.array(days), sessions, frequency, *window), levels[: len(days)]


def sums(levels: Levels, frequency: str, window: tuple[date, date]) -> tuple[Side, Moments]:
    grid, levels = make_market(levels, frequency, window)
    side = make_side(grid, levels)
    return side, pair_moments(grid, side, side)


def expected(
    levels: Levels,
    a: int,
    b: int,
    frequency: str,
    window: tuple[date, date],
    due: Collection[date] = SESSIONS,
) -> list[tuple[date, date, float, float]]:
    first, second = (
        {day: float(v) for day, v in zip(DAYS, levels[:, n], strict=True) if v == v} for n in (a, b)
    )
    return oracle.shared_returns(first, second, due, frequency, *window)


def assert_pair(
    found: Moments, a: Side, b: Side, one: int, other: int, rows: list[tuple[date, date, float, float]]
) -> None:
    assert found.n[one, other] == len(rows)
    x = np.array([row[2] for row in rows]) - a.mean[one]
    y = np.array([row[3] for row in rows]) - b.mean[other]
    wanted = (x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum())
    here = tuple(m[one, other] for m in (found.x, found.y, found.xx, found.yy, found.xy))
    assert here == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    starts = DAYS.index(rows[0][0]) if rows else NEVER
    ends = DAYS.index(rows[-1][1]) if rows else NONE
    assert (found.first[one, other], found.last[one, other]) == (starts, ends)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("seed", range(3))
def test_sums_within_one_group_equal_the_definition(
    seed: int, frequency: str, window: tuple[date, date]
) -> None:
    levels = random_levels(seed)
    side, found = sums(levels, frequency, window)
    for one in range(8):
        for other in range(8):
            assert_pair(found, side, side, one, other, expected(levels, one, other, frequency, window))


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("block", [1, 3, 256])
def test_sums_between_groups_are_those_within_one(
    frequency: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the instruments are grouped, and however many periods are taken at a time."""
    monkeypatch.setattr(pair_sums, "_BLOCK", block)
    levels = random_levels(7)
    grid, within = make_market(levels, frequency, WINDOWS[1])
    left, right = make_side(grid, within[:, :3]), make_side(grid, within[:, 3:])
    found, turned = pair_moments(grid, left, right), pair_moments(grid, right, left).turned
    for mine, theirs in zip((*found.sums, found.first), (*turned.sums, turned.first), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-14)
    for one in range(3):
        for other in range(5):
            rows = expected(levels, one, 3 + other, frequency, WINDOWS[1])
            assert_pair(found, left, right, one, other, rows)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_sums_are_over_deviations_from_the_mean_of_the_regular_returns(frequency: str) -> None:
    """Whatever is subtracted gives the same correlation; the mean keeps the digits."""
    side, _ = sums(random_levels(2), frequency, WHOLE)
    count = side.regular.sum(axis=0)
    assert np.count_nonzero(count) > 4
    assert np.count_nonzero(side.mean) == np.count_nonzero(count)
    np.testing.assert_allclose(side.returns.sum(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_sums_are_symmetric_to_the_last_digit(frequency: str) -> None:
    _, found = sums(random_levels(3), frequency, WHOLE)
    turned = found.turned
    for mine, theirs in zip(found.sums, turned.sums, strict=True):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("frequency", ["weekly", "monthly"])
def test_without_calendar_sessions_the_last_stored_one_ends_a_period(frequency: str) -> None:
    levels = random_levels(1)[:, :2]
    days = np.array([number_of(day) for day in DAYS])
    grid = make_grid(days, np.array([], np.int64), frequency, *WHOLE)
    ends = [
        day
        for day, after in pairwise([*DAYS, DAYS[-1] + timedelta(days=40)])
        if oracle.period_of(day, frequency) != oracle.period_of(after, frequency)
    ]
    assert [DAYS[row] for row in grid.due] == ends
    assert grid.due_day.tolist() == [number_of(day) for day in ends]
    side = make_side(grid, levels)
    found = pair_moments(grid, side, side)
    assert_pair(found, side, side, 0, 1, expected(levels, 0, 1, frequency, WHOLE, due=ends))
