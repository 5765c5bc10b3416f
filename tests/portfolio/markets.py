"""Markets for the tests, made in memory: weekdays, and random walks of three holdings."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from marketlake.engine.listing import Listed
from marketlake.model.calendars import Days
from marketlake.portfolio.market import Market
from marketlake.portfolio.plan import Holding, Plan
from marketlake.portfolio.rates import RiskFree

IDS = ("SHARES", "BONDS", "COIN")


def weekdays(start: str, end: str) -> Days:
    days = np.arange(start, end, dtype="datetime64[D]")
    return days[np.is_busday(days)]


def levels(count: int, seed: int = 1, held: int = 3) -> Any:
    """Random walks that differ in calm; (count, held)."""
    calm = np.array([0.01, 0.004, 0.04, 0.02])[:held]
    steps = np.random.default_rng(seed).normal(0.0004, 1.0, (count, held)) * calm
    return 100 * np.exp(np.cumsum(steps, axis=0))


def market(start: str = "2014-12-31", end: str = "2017-07-01", seed: int = 1) -> Market:
    days = weekdays(start, end)
    listed = tuple(Listed(name, "index", "XNYS", "USD", "total", "", "no") for name in IDS)
    whole = weekdays(f"{start[:4]}-01-01", f"{int(end[:4]) + 1}-01-01")
    none = np.empty(0, dtype="datetime64[D]")
    stored = np.tile(days[[0, -1]], (len(IDS), 1))
    risk_free = RiskFree("BILL", "no", np.linspace(0.0, 0.0003, len(days)))
    # now and then no yield is known
    risk_free.returns[::60] = np.nan
    return Market(
        listed,
        "USD",
        days,
        levels(len(days), seed),
        whole,
        none,
        None,
        {},
        (),
        "s1",
        "live",
        stored,
        risk_free,
    )


def plan(weights: tuple[float, ...] = (0.57, 0.40, 0.03), **terms: Any) -> Plan:
    expenses = terms.pop("expenses", (0.0,) * len(weights))
    return Plan(tuple(map(Holding, IDS, weights, expenses)), **terms)


def day(value: np.datetime64) -> date:
    return value.astype("datetime64[D]").item()
