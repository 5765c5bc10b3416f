"""Shared by the exchanges: daily candles of a pair in whole seconds, numbers as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from ..ask import Ask
from ..market import Bars, Floats, Pair, parse_pair

DAY: Final = 86_400


@dataclass(frozen=True)
class Candles:
    """Rows of one pair; the last may be unfinished."""

    pair: Pair
    bars: Bars

    def between(self, first: float, last: float) -> Bars:
        """The candles that begin from `first` to `last`, both included."""
        begins = starts(self.bars)
        return self.bars.take((begins >= first) & (begins <= last))


def find(ask: Ask, exchange: str, symbol: str) -> Candles | None:
    """The candles of a pair; None when the exchange does not list it."""
    pair = parse_pair(symbol)
    if pair is None:
        ask.about(symbol)
        return None
    ask.about(symbol, str(pair), f"{pair.base}-{pair.quote}", f"{pair.base}{pair.quote}")
    bars = ask.known(ask.market.pairs(exchange).get(pair))
    return None if bars is None else Candles(pair, bars)


def starts(bars: Bars) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The start of each candle in seconds; never the current time, unlike Yahoo."""
    return bars.days.astype("datetime64[s]").astype(np.int64)


def text(value: float) -> str | None:
    """The number's shortest exact text, never with an exponent; None for a missing one."""
    if math.isnan(value):
        return None
    written = repr(value)
    return format(Decimal(written), "f") if "e" in written else written


def whole(values: Floats) -> list[int | None]:
    """Whole numbers, as vendors count shares; None for a missing one."""
    return [None if math.isnan(value) else round(value) for value in values.tolist()]


def rows(bars: Bars) -> list[tuple[int, float, float, float, float, float]]:
    """(start in seconds, open, high, low, close, volume) per candle."""
    columns = (starts(bars), bars.open, bars.high, bars.low, bars.close, np.nan_to_num(bars.volume))
    return list(zip(*(column.tolist() for column in columns), strict=True))
