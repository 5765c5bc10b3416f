"""Oracle: daily returns and their moments, day by day in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

Row = dict[str, Any]


@dataclass(frozen=True)
class Day:
    """One session's figures of one instrument."""

    session: date
    start: date | None
    price: float | None
    total: float | None
    risk_free: float | None


def days(rows: Sequence[Row], bill: Sequence[Row]) -> list[Day]:
    """Over the sessions with a close above 0; splits of skipped sessions are carried along."""
    result: list[Day] = []
    before: Row | None = None
    shares = 1.0
    for row in sorted(rows, key=lambda row: row["session"]):
        shares *= row["split"] if before else 1.0
        if row["close"] <= 0:
            continue
        if before is None:
            result.append(Day(row["session"], None, None, None, None))
        else:
            price = shares * row["close"] / before["close"] - 1
            total = shares * (row["close"] + row["dividend"]) / before["close"] - 1
            start = before["session"]
            result.append(Day(row["session"], start, price, total, risk_free(bill, start, row["session"])))
        before, shares = row, 1.0
    return result


def risk_free(bill: Sequence[Row], start: date, end: date) -> float | None:
    """By the last yield at most seven days old when the days began."""
    known = [row for row in bill if start - timedelta(days=7) <= row["session"] <= start]
    if not known:
        return None
    rate = max(known, key=lambda row: row["session"])["close"] / 100
    return (1 - rate * 91 / 360) ** (-(end - start).days / 91) - 1


def moments(returns: Sequence[float]) -> dict[str, float]:
    """Central moments and what lies below 0, as sums."""
    r = np.array(returns)
    off = r - r.mean()
    return {
        "returns": len(r),
        "mean_return": r.mean(),
        "m2": (off**2).sum(),
        "m3": (off**3).sum(),
        "m4": (off**4).sum(),
        "downside": (np.minimum(r, 0) ** 2).sum(),
        "positive": int((r > 0).sum()),
        "worst_return": r.min(),
        "best_return": r.max(),
    }


def drawdown(levels: Sequence[float]) -> float:
    """The maximum drawdown."""
    values = np.array(levels)
    return float((values / np.maximum.accumulate(values) - 1).min())
