"""Prices that the peers are asked about, as a lake and as pandas series: real ones, and made-up
ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from marketlake.lake import Lake
from marketlake.model.calendars import load_calendar

from ..answers import shared_data
from ..answers.lakes import bar, make

BENCHMARK = "SP500"
CALENDAR = {name: "24/7" if name == "BTC" else "XNYS" for name in shared_data.FILES}
FIRST, LAST = date(2018, 1, 2), date(2024, 12, 31)


@dataclass(frozen=True)
class Market:
    """`closes` are divided by later splits; `total` is what one unit became with dividends
    reinvested."""

    name: str
    lake: Path
    closes: Mapping[str, pd.Series]
    total: Mapping[str, pd.Series]
    answers: dict[Any, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.closes)

    def metrics(self, start: date, end: date, *names: str, **options: Any) -> Any:
        """`metrics` of instruments (or all) next to the benchmark; each question is put to the lake
        once."""
        key = (start, end, names, *options.items())
        if key not in self.answers:
            options = {"start": start, "end": end, "benchmark": BENCHMARK, **options}
            self.answers[key] = Lake(self.lake).metrics(names or self.names, **options)
        return self.answers[key]


def real(folder: Path) -> Market:
    """The real prices, read by pandas for the peers; skips where they are unavailable."""
    prices = shared_data.folder() / "prices"
    frames = {}
    for name, (_, symbol) in shared_data.FILES.items():
        frame = pd.read_csv(prices / f"{symbol}.csv").rename(columns=str.lower)
        frame.index = pd.DatetimeIndex(frame["date"].str[:10])
        frames[name] = frame.loc[str(FIRST) :]
    bars = [
        row
        for pair in shared_data.FILES.values()
        for row in shared_data.bars_of(*pair)
        if row["session"] >= FIRST
    ]
    return _market("real", folder, frames, bars)


def made_up(folder: Path) -> Market:
    """Random walks on the same calendars, with equal closes in a row, missing sessions, dividends."""
    frames = {}
    for number, name in enumerate(shared_data.FILES):
        rng = np.random.default_rng(number)
        days = load_calendar(CALENDAR[name], LAST).sessions(FIRST, LAST)
        closes = 100 * np.exp(np.cumsum(rng.normal(0.0005, rng.uniform(0.01, 0.04), len(days))))
        still = np.flatnonzero(rng.random(len(days)) < 0.02)[1:]
        closes[still] = closes[still - 1]
        frame = pd.DataFrame({"close": closes}, index=pd.DatetimeIndex(days))
        frame["dividends"] = np.where(np.arange(len(days)) % 63 == 20, 0.4, 0) if name == "KO" else 0.0
        frames[name] = frame.drop(frame.index[rng.choice(np.arange(300, 1600), 5, replace=False)])
    bars = [
        bar(shared_data.FILES[name][0], day.date(), float(close), dividend=float(dividend))
        for name, frame in frames.items()
        for day, close, dividend in zip(frame.index, frame["close"], frame["dividends"], strict=True)
    ]
    return _market("made up", folder, frames, bars)


def _market(
    name: str, folder: Path, frames: Mapping[str, pd.DataFrame], bars: list[dict[str, object]]
) -> Market:
    instruments = [instrument for instrument, _ in shared_data.FILES.values()]
    closes = {key: frame["close"].dropna() for key, frame in frames.items()}
    total = {key: _reinvested(frame) for key, frame in frames.items()}
    return Market(name, make(folder, instruments, bars), closes, total)


def _reinvested(frame: pd.DataFrame) -> pd.Series:
    growth = ((frame["close"] + frame.get("dividends", 0.0)) / frame["close"].shift(1)).dropna()
    return growth.cumprod().reindex(frame.index, fill_value=1.0)
