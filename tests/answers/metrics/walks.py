"""Random walks as bars, the window that the tests ask about, and how they compare answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marketlake.answers.metrics import Metrics
from marketlake.model.instruments import Instrument

from ..lakes import BILL, BTC, CPI, EUR, FUND, NASDAQ, SHARE, bar, build_database, read_what_is_there, write

Closes = dict[date, float]
Row = dict[str, Any]
Rows = list[Row]

TWIN = replace(BTC, id="TWIN", calendar="XNYS", asset_class="index")
ETH = replace(BTC, id="ETH", name="Ether")
ABROAD = replace(BTC, id="ABROAD", quote_currency="EUR")
INDEX = replace(NASDAQ, id="INDEX", calendar="24/7")
PROXY = replace(BTC, id="PROXY", proxy_for="something", synthetic="daily")
DESK = (BTC, TWIN, ETH, ABROAD, INDEX, PROXY, NASDAQ, SHARE, FUND, EUR, BILL, CPI)
FIRST, LAST = date(2020, 12, 31), date(2022, 3, 31)
WINDOW: dict[str, Any] = {"start": date(2021, 1, 1), "end": date(2021, 12, 31)}


def every_day(last: date = LAST, first: date = FIRST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


WEEKDAYS = [day for day in every_day() if day.weekday() < 5]


def closes(
    days: Sequence[date], seed: int = 1, scale: float = 1.0, spread: float = 0.02
) -> dict[date, float]:
    steps = np.random.default_rng(seed).normal(0, spread, len(days))
    return dict(zip(days, (100 * scale * np.exp(np.cumsum(steps))).tolist(), strict=True))


def bars(instrument: Instrument, prices: Closes) -> Rows:
    return [bar(instrument, day, close) for day, close in prices.items()]


def walk(
    instrument: Instrument, days: Sequence[date], seed: int = 1, scale: float = 1.0
) -> list[dict[str, Any]]:
    return bars(instrument, closes(days, seed, scale))


def lay(lake: Path, instruments: Sequence[Instrument], rows: Rows, revisions: Sequence[Row] = ()) -> Path:
    """A lake without marts, which no metric reads."""
    write(lake, instruments, rows, revisions)
    build_database(lake, instruments)
    return lake


def clear(lake: Path) -> None:
    """Take all bars away."""
    for stale in lake.glob("bar/asset_class=*/year=*/part.parquet"):
        stale.unlink()


def rewrite(lake: Path, rows: Rows) -> Path:
    """Other bars on the desk."""
    clear(lake)
    write(lake, DESK, rows)
    read_what_is_there(lake)
    return lake


def value(answer: Metrics, instrument: str, metric: str) -> float:
    figure = answer.figure(instrument, metric)
    assert figure.value is not None, figure
    return figure.value


def assert_same(answer: Metrics, one: str, other: str) -> None:
    """Two instruments of an answer differ in nothing but their names."""
    for parts in (answer.figures, answer.drawdowns, answer.rolling):
        twins = [replace(part, instrument_id="") for part in parts if part.instrument_id == other]
        plain = [replace(part, instrument_id="") for part in parts if part.instrument_id == one]
        assert len(plain) == len(twins) > 0
        for left, right in zip(plain, twins, strict=True):
            expected = {k: _near(v) if isinstance(v, float) else v for k, v in vars(left).items()}
            assert vars(right) == expected


def _near(number: float) -> Any:
    return pytest.approx(number, rel=1e-9, abs=1e-9)
