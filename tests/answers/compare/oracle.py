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


def correlation(returns: list[tuple[date, date, float, float]]) -> float | None:
    """Pearson's, None where either does not vary."""
    x, y = (np.array([row[place] for row in returns]) for place in (2, 3))
    if len(x) < 2 or min(x.std(ddof=1), y.std(ddof=1)) <= 1e-12:
        return None
    return float(np.corrcoef(x, y)[0, 1])
