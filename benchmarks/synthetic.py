"""A lake of random walks, the same on every machine: shares on New York's sessions, and a bill.

Half of the shares pay a dividend each quarter, one in a hundred splits two for one in a year, prices are in
cents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marketlake.model.calendars import Days, load_calendar
from marketlake.model.instruments import Instrument, SourceRef, Universe
from marketlake.model.layout import yearly
from marketlake.model.schema import BAR
from marketlake.store.writer import writer

Prices = npt.NDArray[np.float64]

BILL = "TBILL_13W"
SOURCE = "yahoo"


def universe(symbols: int, first_year: int) -> Universe:
    """`symbols` shares and the 13-week bill."""
    since = date(first_year, 1, 1)
    shares = [(name, "equity") for name in names(symbols)]
    return Universe(
        tuple(
            Instrument(name, name, asset_class, "XNYS", "USD", "price", since, (SourceRef(SOURCE, name),))
            for name, asset_class in [*shares, (BILL, "rate")]
        )
    )


def names(symbols: int) -> list[str]:
    return [f"S{number:06}" for number in range(symbols)]


def write_lake(root: Path, symbols: int, first_year: int, until: date) -> int:
    """Write the bars of all sessions before a day in the lake's own layout; returns how many."""
    with writer(root, "simulated") as lake:
        for year, (close, dividend, split) in _walks(symbols, first_year, until.year - first_year + 1):
            session = sessions(year)[sessions(year) < np.datetime64(until)]
            if not len(session):
                continue
            stored = (values[:, : len(session)] for values in (close, dividend, split))
            lake.stage(yearly("bar", "equity", year), bars(names(symbols), session, *stored))
            lake.stage(yearly("bar", "rate", year), _yields(session))
        return lake.commit().rows("bar")


def append_day(root: Path, year: int) -> int:
    """Write the year's last session, a thousandth above the one before; returns how many bars came in."""
    with writer(root, "simulated") as lake:
        before = lake.manifest.rows("bar")
        for asset_class in ("equity", "rate"):
            path = yearly("bar", asset_class, year)
            lake.stage(path, with_session(lake.read(path), sessions(year)[-1]))
        return lake.commit().rows("bar") - before


def with_session(stored: pa.Table, session: np.datetime64) -> pa.Table:
    last = stored.filter(pc.equal(stored["session"], pc.max(stored["session"])))
    close = np.round(last["close"].to_numpy() * 1.001, 2)[:, None]
    day = bars(last["instrument_id"].to_pylist(), np.array([session]), close, 0 * close, 0 * close + 1)
    order = [("instrument_id", "ascending"), ("session", "ascending")]
    return pa.concat_tables([stored, day]).sort_by(order).combine_chunks()


def last_session(year: int) -> date:
    day: date = sessions(year)[-1].item()
    return day


def sessions(year: int) -> Days:
    return load_calendar("XNYS", date(year, 12, 31)).sessions(date(year, 1, 1), date(year, 12, 31))


def _walks(symbols: int, first_year: int, years: int) -> Iterator[tuple[int, tuple[Prices, Prices, Prices]]]:
    """For each year the close, dividend and split of every share and session."""
    level = np.exp(np.random.default_rng(first_year).normal(4, 0.7, symbols))
    for year in range(first_year, first_year + years):
        random = np.random.default_rng(year)
        days = len(sessions(year))
        split = np.ones((symbols, days))
        split[np.arange(year % 100, symbols, 100), days // 2] = 2.0
        steps = random.normal(0.0003, 0.015, (symbols, days)).cumsum(axis=1)
        close = np.round(level[:, None] * np.exp(steps) / split.cumprod(axis=1), 2).clip(min=0.05)
        dividend = np.zeros_like(close)
        paying = slice(0, None, 2)
        for day in range(20, days, 63):
            dividend[paying, day] = np.round(close[paying, day] * 0.005, 4)
        level = close[:, -1]
        yield year, (close, dividend, split)


def bars(ids: list[str], session: Days, close: Prices, dividend: Prices, split: Prices) -> pa.Table:
    """Rows of schema `BAR`; prices are arrays of shares x sessions."""
    count = close.size
    at = pa.array(np.tile(session + 1, len(ids)).astype("datetime64[us]")).cast(BAR.field("close_at").type)
    price = close.ravel()
    columns = {
        "instrument_id": np.repeat(ids, len(session)),
        "session": np.tile(session, len(ids)),
        "open": price,
        "high": np.round(price * 1.01, 2),
        "low": np.round(price * 0.99, 2),
        "close": price,
        "volume": np.round(price * 1e4),
        "dividend": dividend.ravel(),
        "split": split.ravel(),
        "source": pa.repeat(SOURCE, count),
        "close_at": at,
        "known_at": at,
        "observed_at": at,
        "backfilled": np.ones(count, dtype=bool),
    }
    return pa.table([columns[name] for name in BAR.names], schema=BAR)


def _yields(session: Days) -> pa.Table:
    """A bill's discount yield in percent, drifting between 1 and 3."""
    level = 2 + np.sin(session.astype(np.int64) / 500)
    return bars([BILL], session, level[None, :], np.zeros((1, len(session))), np.ones((1, len(session))))
