"""How the differences are measured: on real prices from 2019 to 2024, daily, unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from .market import BENCHMARK, Market
from .spans import pair, returns, span

START, END = date(2019, 1, 1), date(2024, 12, 31)
Row = tuple[str, ...]
"""Our figure and the others', as they stand in the document, in that order."""


@dataclass(frozen=True)
class Measure:
    """Our figures of a market, and the closes that the peers are handed."""

    market: Market

    def ours(self, name: str, metric: str, start: date = START, end: date = END, **options: Any) -> Any:
        return self.market.metrics(start, end, name, **options).figure(name, metric)

    def value(self, name: str, metric: str, *window: date, **options: Any) -> Any:
        return self.ours(name, metric, *window, **options).value

    def levels(self, name: str, start: date = START, end: date = END) -> pd.Series:
        return span(self.market.closes[name], start, end, "daily", 252).window

    def returns(self, name: str, start: date = START, end: date = END) -> pd.Series:
        return returns(self.levels(name, start, end))

    def shared(self, name: str) -> tuple[pd.Series, pd.Series]:
        """Returns of it and of the benchmark on the sessions that both have."""
        one, other = pair(self.levels(name), self.levels(BENCHMARK))
        return returns(one), returns(other)


def percent(*values: float) -> Row:
    return tuple(f"{value * 100:.2f} %" for value in values)


def plain(*values: float) -> Row:
    return tuple(f"{value:.4f}" for value in values)
