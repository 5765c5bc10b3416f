"""Correlation of a pair by its definition, with numpy and the standard library alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

Prices = Mapping[date, float]
DAY = timedelta(days=1)


def period_of(day: date, frequency: str) -> tuple[date, date]:
    """The first and the last day of the day's period."""
    if frequency == "daily":
        return day, day
    if frequency == "weekly":
        monday = day - day.weekday() * DAY
        return monday, monday + 6 * DAY
    first = day.replace(day=1)
    return first, (first + 31 * DAY).replace(day=1) - DAY


def shared_returns(
    a: Prices, b: Prices, due: Collection[date], frequency: str, start: date, end: date
) -> list[tuple[date, date, float, float]]:
    """(from, to, return of a, return of b); `due` are the sessions that both calendars have."""
    closing = {period_of(day, frequency): day for day in sorted(a.keys() & b.keys()) if day <= end}
    steps = list(closing.items())
    result = []
    for (_, before), ((first, last), day) in pairwise(steps):
        unfinished = day == steps[-1][1] and any(day < session <= last for session in due)
        if first >= start and last <= end and not unfinished:
            result.append((before, day, a[day] / a[before] - 1, b[day] / b[before] - 1))
    return result


def month_returns(
    a: Prices, b: Prices, due: tuple[Collection[date], Collection[date]], start: date, end: date
) -> list[tuple[date, date, float, float]]:
    """As `shared_returns`, by month between each one's own last closes; the days are the later of both.
    `due` are the sessions of each one's calendar."""
    own = [month_ends(prices, sessions, end) for prices, sessions in zip((a, b), due, strict=True)]
    result = []
    for before, month in pairwise(sorted(own[0].keys() & own[1].keys())):
        if month >= start and period_of(month, "monthly")[1] <= end:
            x, y = ((one[before], one[month]) for one in own)
            result.append((*map(max, x, y), a[x[1]] / a[x[0]] - 1, b[y[1]] / b[y[0]] - 1))
    return result


def month_ends(prices: Prices, due: Collection[date], end: date) -> dict[date, date]:
    """The last stored session of each month, without the latest month while a session is due."""
    ends = {day.replace(day=1): day for day in sorted(prices) if day <= end}
    month, day = max(ends.items())
    if any(day < session <= period_of(month, "monthly")[1] for session in due):
        del ends[month]
    return ends


def correlation(returns: list[tuple[date, date, float, float]]) -> float | None:
    """Pearson's, None where either does not vary."""
    x, y = (np.array([row[place] for row in returns]) for place in (2, 3))
    if len(x) < 2 or min(x.std(ddof=1), y.std(ddof=1)) <= 1e-12:
        return None
    return float(np.corrcoef(x, y)[0, 1])
