"""The sample market: published month-end closes and dividends, simulated days."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path as File
from typing import Final

import numpy as np
import numpy.typing as npt

from ...model.calendars import Days, load_calendar
from ..market import Floats, Market, Series
from ..venue import CRYPTO, FUTURE, INDEX, MONTHLY, NEXT_DAY, SHARE, Venue
from .paths import FIRST_DAY, LAST_DAY, Anchors, Path, Shape, anchored_path, split_path

NOW: Final = "2026-01-02T12:00Z"
"""Where the clock of the sample lake stands: the published figures end before it."""
QUARTERLY: Final = (3, 6, 9, 12)
FOLDER: Final = File(__file__).parent
"""Holds instruments.toml of the sample universe, and the published figures."""

_FUND: Final = replace(SHARE, kind="ETF", exchange="PCX")
_ANCHORED: Final[dict[str, tuple[str, Venue, Shape]]] = {
    "BTC": ("BTC-USD", CRYPTO, Shape(1, 0.60, 0.40, turnover=2e10)),
    "ETH": ("ETH-USD", CRYPTO, Shape(2, 0.75, 0.50, turnover=1e10)),
    "NASDAQ": ("^IXIC", INDEX, Shape(3, 0.19, 0.90, turnover=3e9)),
    "NASDAQ100": ("^NDX", INDEX, Shape(4, 0.20, 0.90, turnover=2e9)),
    "SP500": ("^GSPC", INDEX, Shape(5, 0.16, 0.90, turnover=4e9)),
    "GOLD": ("GC=F", FUTURE, Shape(6, 0.15, 0.05, decimals=1, turnover=1e5)),
    "SILVER": ("SI=F", FUTURE, Shape(7, 0.28, 0.15, decimals=3, turnover=5e4)),
    "SPY": ("SPY", _FUND, Shape(8, 0.16, 0.90, turnover=8e7)),
    "AGG": ("AGG", _FUND, Shape(9, 0.05, 0.10, turnover=6e6)),
    "INFRASTRUCTURE": ("IGF", _FUND, Shape(10, 0.15, 0.60, turnover=2e5)),
    "PRIVATE_CREDIT": ("BIZD", _FUND, Shape(11, 0.15, 0.60, turnover=3e5)),
    "QQQ": ("QQQ", _FUND, Shape(12, 0.20, 0.90, turnover=5e7)),
    "VT": ("VT", _FUND, Shape(13, 0.15, 0.85, turnover=2e6)),
    "GLD": ("GLD", _FUND, Shape(14, 0.15, 0.05, turnover=8e6)),
    "TBILL_13W": ("^IRX", INDEX, Shape(15, 0.05, 0.0, decimals=3, is_yield=True)),
}
_SIMULATED: Final[dict[str, tuple[Shape, str]]] = {
    "SYNTH-A": (Shape(21, 0.28, 0.6, turnover=4e6), "120 150 210 260 340 310 420 560 700 520 640 810 900"),
    "SYNTH-B": (Shape(22, 0.35, 0.7, turnover=9e6), "30 33 45 60 96 88 150 240 330 190 310 420 500"),
    "SYNTH-C": (Shape(23, 0.18, 0.5, turnover=2e6), "55 58 54 60 66 63 70 64 75 72 71 78 80"),
}
"""Year-end levels from 2013 on, before splits."""
_SPLITS: Final = {"2016-06-13": 4.0, "2019-09-03": 0.1, "2022-05-16": 1.281}
"""Of SYNTH-A: 4 for 1, 1 for 10, 1,281 for 1,000."""
_EXPENSES: Final = {"SPY": 0.000945, "AGG": 0.0003}
"""A year, as the funds state them in their prospectuses: 0.0945 % and 0.03 %."""


def ex_dates(days: Days, months: tuple[int, ...], after_day: int) -> npt.NDArray[np.intp]:
    """Rows of the first session after `after_day` in each of these months, except row 0."""
    month = days.astype("datetime64[M]")
    late = (days - month.astype("datetime64[D]")).astype(int) >= after_day
    paying = np.isin(month.astype(int) % 12 + 1, months) & late
    rows = np.flatnonzero(paying)
    first_of_month = rows[np.unique(month[rows], return_index=True)[1]]
    return first_of_month[first_of_month > 0]


def share_of_close(close: Floats, rows: npt.NDArray[np.intp], fraction: float) -> Floats:
    """A dividend of `fraction` of the close on each of `rows`, in cents."""
    dividend = np.zeros(len(close))
    dividend[rows] = np.round(close[rows] * fraction, 2)
    return dividend


def sample_market() -> Market:
    """The sample market, the same on every call."""
    days = {name: load_calendar(name, LAST_DAY).sessions(FIRST_DAY, LAST_DAY) for name in ("XNYS", "24/7")}
    closes, dividends = _published("month_end_closes", "close"), _published("dividends", "amount")
    series = [_anchored(name, days, closes[name], dividends.get(name)) for name in _ANCHORED]
    series += [_simulated(symbol, days["XNYS"]) for symbol in _SIMULATED]
    market = {
        ("yahoo", item.symbol): replace(item, expense_ratio=_EXPENSES.get(item.symbol)) for item in series
    }
    cpi = _closes("CPIAUCNS", MONTHLY, closes["US_CPI"].days, closes["US_CPI"].close)
    for item in (cpi, _close_only(market["yahoo", "^IXIC"], "NASDAQCOM")):
        market["fred", item.symbol] = item
    return Market(market)


def _published(table: str, figure: str) -> dict[str, Anchors]:
    """The figures of a table of this folder, by instrument."""
    found: dict[str, list[tuple[str, float]]] = {}
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["instrument_id"], []).append((row["session"], float(row[figure])))
    return {name: _columns(rows) for name, rows in found.items()}


def _columns(rows: list[tuple[str, float]]) -> Anchors:
    days, values = zip(*rows, strict=True)
    return Anchors(np.array(days, dtype="datetime64[D]"), np.array(values))


def _anchored(name: str, days: dict[str, Days], closes: Anchors, paid: Anchors | None) -> Series:
    symbol, venue, shape = _ANCHORED[name]
    within = days[venue.calendar]
    within = within[within >= closes.days[0]]
    dividend = np.zeros(len(within))
    if paid:
        dividend[np.searchsorted(within, paid.days)] = paid.close
    path = anchored_path(within, closes, shape, dividend)
    return _series(symbol, venue, path, dividend, np.ones(len(path.days)))


def _simulated(symbol: str, days: Days) -> Series:
    shape, levels = _SIMULATED[symbol]
    year_ends = days[np.append(np.diff(days.astype("datetime64[Y]").astype(int)) > 0, True)]
    path = anchored_path(days, Anchors(year_ends, np.array(levels.split(), dtype=float)), shape)
    split = np.ones(len(path.days))
    if symbol == "SYNTH-A":
        for day, ratio in _SPLITS.items():
            split[path.days == np.datetime64(day)] = ratio
    path = split_path(path, split, shape.decimals)
    rows = ex_dates(path.days, QUARTERLY, 9) if symbol != "SYNTH-B" else np.array([], dtype=np.intp)
    return _series(symbol, SHARE, path, share_of_close(path.close, rows, 0.006), split)


def _series(symbol: str, venue: Venue, path: Path, dividend: Floats, split: Floats) -> Series:
    return Series(
        symbol, venue, path.days, path.open, path.high, path.low, path.close, path.volume, dividend, split
    )


def _close_only(series: Series, symbol: str) -> Series:
    """The same closes as FRED carries them, a day later."""
    return _closes(symbol, NEXT_DAY, series.days, series.close)


def _closes(symbol: str, venue: Venue, days: Days, close: Floats) -> Series:
    absent = np.full(len(days), np.nan)
    path = Path(days, absent, absent, absent, close, absent)
    return _series(symbol, venue, path, np.zeros(len(days)), np.ones(len(days)))
