"""The store's step on days spread over a year, and the plain ways, in turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..scale.homes import LAST_DAY, Taken, in_a_fresh_process, without_marts
from ..scale.plain import WAYS
from ..synthetic import sessions

DAYS: Final = 5
"""From a year's first session to its last."""
_SYMBOLS: Final = 200
"""So many are taken in the plain way; each costs the same."""
_YEARS: Final = 20


@dataclass
class Results:
    """What each round took, by day and by plain way."""

    symbols: int
    days: dict[date, list[Taken]] = field(default_factory=dict)
    plain: dict[str, list[Taken]] = field(default_factory=dict)

    @property
    def rows(self) -> float:
        """Of a day's answers; they are as long for both."""
        one = self.plain["prices"][0]
        return float(one["rows"] / one["symbols"] * self.symbols)

    def ours(self) -> list[float]:
        """Rows a second in each round: those of all days by their seconds."""
        rounds = zip(*([one["seconds"] for one in taken] for taken in self.days.values()), strict=True)
        return [self.rows / statistics.mean(seconds) for seconds in rounds]

    def theirs(self, way: str) -> list[float]:
        return [one["rows"] / one["seconds"] for one in self.plain[way]]


def measure(
    folder: Path, symbols: int, rounds: int, take: Callable[..., Taken] = in_a_fresh_process
) -> Results:
    """Each day on a copy of its own lake, which the days before it filled."""
    found = Results(symbols)
    year = sessions(LAST_DAY.year)
    days: list[Any] = year[np.linspace(0, len(year) - 1, DAYS).round().astype(int)].tolist()
    lakes = [without_marts(folder, symbols, 2, day, take) for day in days]
    histories = without_marts(folder, min(_SYMBOLS, symbols), _YEARS, LAST_DAY, take)
    for _ in range(rounds):
        for lake in lakes:
            with lake.copied() as copy:
                found.days.setdefault(lake.day, []).append(copy.step("store"))
        for way in WAYS:
            found.plain.setdefault(way, []).append(histories.step("plain", way))
    return found
