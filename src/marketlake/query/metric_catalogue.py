"""Every metric: its name, what it is about and its unit; the text is `sql/metric/<name>.sql`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Metric:
    """One text of `sql/metric` that gives a figure per instrument."""

    name: str
    kind: str
    """What its figures are about: span (the whole window), own (periods) or pair (beside the benchmark)."""
    unit: str
    annualised: bool = False
    excess: bool = False
    """It needs the riskless return."""
    reads: tuple[str, ...] = ()
    """Other metrics that its text reads, in order."""


METRICS: Final = (
    Metric("cumulative_return", "span", "fraction"),
    Metric("log_return", "span", "log"),
    Metric("cagr", "span", "fraction"),
    Metric("volatility", "own", "fraction", annualised=True),
    Metric("downside_deviation", "own", "fraction", annualised=True),
    Metric("sharpe", "own", "ratio", annualised=True, excess=True),
    Metric("sortino", "own", "ratio", annualised=True, excess=True),
    Metric("max_drawdown", "own", "fraction", reads=("drawdown",)),
    Metric("calmar", "own", "ratio", reads=("drawdown", "max_drawdown", "cagr")),
    Metric("best_period", "own", "fraction"),
    Metric("worst_period", "own", "fraction"),
    Metric("positive_share", "own", "fraction"),
    Metric("skew", "own", "ratio"),
    Metric("kurtosis", "own", "ratio"),
    Metric("value_at_risk", "own", "fraction"),
    Metric("expected_shortfall", "own", "fraction", reads=("value_at_risk",)),
    Metric("correlation", "pair", "ratio"),
    Metric("beta", "pair", "ratio", excess=True),
    Metric("alpha", "pair", "fraction", annualised=True, excess=True, reads=("beta",)),
    Metric("tracking_error", "pair", "fraction", annualised=True),
    Metric("information_ratio", "pair", "ratio", annualised=True),
    Metric("up_capture", "pair", "ratio"),
    Metric("down_capture", "pair", "ratio"),
)
TABLES: Final = ("drawdown", "rolling_return", "calendar_return", "rolling_benchmark")
"""Texts of `sql/metric` with more than a row per instrument."""
