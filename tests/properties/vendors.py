"""Hypothesis strategies: a known market and vendors that serve it in different ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from .model import Row

FIRST = date(2023, 12, 22)
"""So that the days lie in two years."""
DAYS = 16
SPLITS = (1.0,) * 12 + (4.0, 2.0, 1.281, 0.1, 1 / 3, 50.0)
DIVIDENDS = (0.0,) * 8 + (0.25, 1.5)
NAMES = ("ONE", "TWO")
SOURCES = ("first", "second")
MODES = ("first_load", "daily", "daily", "backfill", "reverify")


@dataclass(frozen=True)
class Answer:
    """The answer of one source about one instrument at a moment, with the request."""

    instrument_id: str
    source: str
    mode: str
    at: datetime
    window: tuple[date, date]
    rows: list[Row]
    """In the vendor's order; all restated for later splits, or none."""
    stored_after: bool
    """Whether the lake stores the answer before the next one."""


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def plain_row(session: date, price: float) -> Row:
    """A day of a vendor that serves as traded, without an event."""
    return _row(session, price, 0.0, 1.0, 1000.0) | {"split_adjusted": False}


@st.composite
def markets(draw: st.DrawFn) -> list[Row]:
    """A row a day as traded: the price falls by what a split multiplies, and hardly else."""
    market, price = [], 100.0
    for number in range(DAYS):
        split = draw(st.sampled_from(SPLITS)) if number else 1.0
        price = price / split * draw(st.sampled_from((1.0, 1.02, 0.99)))
        dividend = price * 0.01 * draw(st.sampled_from(DIVIDENDS))
        market.append(_row(day(number), price, dividend, split, 1000.0 + number))
    return market


def _row(session: date, price: float, dividend: float, split: float, volume: float) -> Row:
    prices = {"open": price, "high": price * 1.01, "low": price * 0.98, "close": price}
    return {"session": session, **prices, "volume": volume, "dividend": dividend, "split": split}


@st.composite
def histories(draw: st.DrawFn) -> list[Answer]:
    """Up to seven answers about two instruments; most are newer than the one before, some are older."""
    truth = {name: draw(markets()) for name in NAMES}
    count, present = draw(st.integers(1, 7)), draw(st.integers(3, 10))
    result = []
    for step in range(count):
        present = max(2, min(DAYS - 1, present + draw(st.sampled_from((0, 1, 1, 2, 4, -2)))))
        moment = datetime(2023, 12, 22, 12, step, tzinfo=UTC) + timedelta(days=present)
        name = draw(st.sampled_from(NAMES))
        rows = draw(_served(truth[name][: present + 1]))
        first = draw(st.integers(0, present))
        window = day(draw(st.sampled_from((0, 0, first)))), day(DAYS)
        source, mode = draw(st.sampled_from(SOURCES)), draw(st.sampled_from(MODES))
        result.append(Answer(name, source, mode, moment, window, rows, draw(st.booleans())))
    return result


@st.composite
def _served(draw: st.DrawFn, truth: list[Row]) -> list[Row]:
    """The market as a vendor serves it: restated, with gaps, duplicates and in any order."""
    adjusted, factor, served = draw(st.booleans()), 1.0, list[Row]()
    restated = draw(
        st.dictionaries(st.integers(0, len(truth) - 1), st.sampled_from((1.01, 0.95)), max_size=3)
    )
    odd = draw(st.dictionaries(st.integers(0, len(truth) - 1), st.sampled_from(_ODD), max_size=4))
    for number in reversed(range(len(truth))):
        row = dict(truth[number]) | {"split_adjusted": adjusted}
        for name in ("open", "high", "low", "close"):
            row[name] = row[name] * restated.get(number, 1.0) / (factor if adjusted else 1.0)
        row["dividend"] /= factor if adjusted else 1.0
        row["volume"] *= factor if adjusted else 1.0
        factor *= row["split"]
        served.extend(_variant(row, odd.get(number, "")))
    return draw(st.permutations(served)) if draw(st.booleans()) else served[::-1]


_ODD = ("missing", "no price", "twice", "two ways", "settling", "corrected", "no volume", "event apart")


def _variant(row: Row, how: str) -> list[Row]:
    if how == "two ways" and row["split"] != 1.0:
        # whether the split happened is unknown too, and the prices after it look wrong
        return [row]
    bare: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close", "volume"))
    return {
        "missing": [],
        "no price": [row | bare],
        "twice": [row, dict(row)],
        "two ways": [row, row | {"close": row["close"] * 1.005}],
        "settling": [row | {"volume": row["volume"] * 1.03}],
        "corrected": [row | {"volume": row["volume"] * 1.2}],
        "no volume": [row | {"volume": None}],
        "event apart": [row | bare, row | {"dividend": 0.0, "split": 1.0}],
    }.get(how, [row])
