"""The history of a symbol, and the rows that a vendor serves of it at a given moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..model.calendars import Days
from .venue import CRYPTO, QUOTES, Seconds, Venue

Floats = npt.NDArray[np.float64]
PRICES: Final = ("open", "high", "low", "close")
EXCHANGES: Final = ("binance", "coinbaseexchange", "kraken", "bitstamp")
_ALIASES: Final = {"XBT": "BTC", "XXBT": "BTC", "XETH": "ETH", "ZUSD": "USD", "ZEUR": "EUR", "XDG": "DOGE"}


@dataclass(frozen=True, eq=False)
class Bars:
    """Rows as a vendor serves them, divided by every split so far; NaN is a missing value."""

    days: Days
    stamps: Seconds
    """The session's opening; the current time for an unfinished bar."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    gain: Floats
    """The part of the dividend that is a capital gain of a fund."""
    split: Floats
    later: Floats
    """The divisor of prices: the product of the splits after the row."""
    adjclose: Floats
    currency: str
    zone: str = ""
    """The time zone that the vendor names, other than the venue's."""

    def __len__(self) -> int:
        return len(self.days)

    def take(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Bars:
        """These rows only, in this order."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _COLUMNS})

    def scaled(self, factor: Floats | float) -> Bars:
        """Every price times `factor`, a number or one a row."""
        return replace(self, **{name: getattr(self, name) * factor for name in (*PRICES, "adjclose")})


_COLUMNS: Final = ("days", "stamps", *PRICES, "volume", "dividend", "gain", "split", "later", "adjclose")


@dataclass(frozen=True, eq=False)
class Series:
    """The complete history of a symbol, one row per session, ascending."""

    symbol: str
    venue: Venue
    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats
    """New shares per old taking effect on the session; 1 on most."""
    restated: bool = False
    """The values are already divided by the later splits, as a file saved from Yahoo is."""
    tail: float = 1.0
    """Adjusted over plain close in the last row: dividends after the file's end."""
    expense_ratio: float | None = None
    """Of a fund, a fraction a year."""
    gain: Floats | None = None
    """The part of each dividend that is a capital gain; None without any."""

    @cached_property
    def stamps(self) -> Seconds:
        """When each session began."""
        return self.venue.open_at(self.days)

    def at(self, now: datetime) -> Bars:
        """The rows published by `now`; the last is unfinished while its session is in progress."""
        seconds = int(now.timestamp())
        count = int(np.searchsorted(self.stamps, seconds, side="right"))
        later = later_splits(self.split[:count])
        divided = later_splits(self.split)[:count] if self.restated else np.ones(count)
        gain = np.zeros(len(self.days)) if self.gain is None else self.gain
        served = {**{name: getattr(self, name) for name in (*PRICES, "dividend")}, "gain": gain}
        columns = {name: _restate(values[:count], divided, later) for name, values in served.items()}
        # Yahoo subtracts a gain twice: it is in the dividend too
        adjusted = _adjusted(columns["close"], columns["dividend"] + columns["gain"])
        complete = count == len(self.days)
        bars = Bars(
            days=self.days[:count],
            stamps=self.stamps[:count],
            volume=_restate(self.volume[:count], later, divided),
            split=self.split[:count],
            later=later,
            adjclose=adjusted * (self.tail if complete else 1.0),
            currency=self.venue.currency,
            zone="",
            **columns,
        )
        return self._with_live_bar(bars, seconds)

    def _with_live_bar(self, bars: Bars, now: int) -> Bars:
        # the calendar is slow to load: read it only when the session may be in progress
        if not len(bars) or now >= self.venue.regular_close(bars.days[-1]):
            return bars
        start, end = int(bars.stamps[-1]), self.venue.close_at(bars.days[-1])
        return bars if now >= end else unfinished(bars, (now - start) / (end - start), now)


def later_splits(split: Floats) -> Floats:
    """For each row the product of the splits after it."""
    product = np.ones(len(split))
    product[:-1] = np.cumprod(split[:0:-1])[::-1]
    return product


def unfinished(bars: Bars, fraction: float, stamp: int) -> Bars:
    """The last bar after `fraction` of its session, on a straight line, with the time `stamp`."""
    last = {name: float(getattr(bars, name)[-1]) for name in PRICES}
    start = last["close"] if np.isnan(last["open"]) else last["open"]
    now = {name: start + (value - start) * fraction for name, value in last.items()}
    changed: dict[str, Any] = {name: _with_last(getattr(bars, name), value) for name, value in now.items()}
    changed["adjclose"] = _with_last(bars.adjclose, now["close"])
    changed["volume"] = _with_last(bars.volume, float(bars.volume[-1]) * fraction)
    stamps = np.append(bars.stamps[:-1], stamp)
    return replace(replace(bars, stamps=stamps), **changed)


def _with_last(values: Floats, last: float) -> Floats:
    return np.append(values[:-1], last)


def _restate(values: Floats, times: Floats, over: Floats) -> Floats:
    """values * times / over; exactly the values where both factors are equal."""
    return np.where(times == over, values, values * times / over)


def _adjusted(close: Floats, dividend: Floats) -> Floats:
    """Yahoo's adjusted close: each ex-date scales earlier closes by 1 - dividend / previous."""
    factor = np.ones(len(close))
    for row in np.flatnonzero(dividend[1:] > 0) + 1:
        before = close[:row][~np.isnan(close[:row])]
        if len(before):
            factor[row - 1] = 1 - dividend[row] / before[-1]
    return close * np.cumprod(factor[::-1])[::-1]


@dataclass(frozen=True)
class Pair:
    """A crypto pair in common spelling."""

    base: str
    quote: str

    def __str__(self) -> str:
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True)
class Market:
    """What the simulator serves."""

    series: Mapping[tuple[str, str], Series]
    """By source and symbol. Every exchange also lists the pairs of Yahoo."""

    def find(self, source: str, symbol: str) -> Series | None:
        """The history of `symbol` at `source`; None when it is unknown."""
        return self.series.get((source, symbol))

    def pairs(self, exchange: str) -> Mapping[Pair, Series]:
        """The pairs of an exchange."""
        return self._pairs[exchange]

    @cached_property
    def _pairs(self) -> dict[str, dict[Pair, Series]]:
        return {exchange: self._listed(exchange) for exchange in EXCHANGES}

    def _listed(self, exchange: str) -> dict[Pair, Series]:
        listed: dict[Pair, Series] = {}
        for (source, symbol), series in self.series.items():
            pair = parse_pair(symbol) if source == "yahoo" and series.venue.kind == CRYPTO.kind else None
            if pair:
                listed[pair] = _in_coins(series)
                if exchange == "binance" and pair.quote == "USD":
                    listed[Pair(pair.base, "USDT")] = listed[pair]
        for (source, symbol), series in self.series.items():
            pair = parse_pair(symbol) if source == exchange else None
            if pair:
                listed[pair] = series
        return listed

    @property
    def symbols(self) -> tuple[str, ...]:
        """`SYMBOL` for Yahoo's, `SYMBOL@source` for the others."""
        return tuple(sorted(s if source == "yahoo" else f"{s}@{source}" for source, s in self.series))


def parse_pair(text: str) -> Pair | None:
    """`BTC-USD`, `BTC/USD`, `btcusd`, `BTCUSDT`, `XXBTZUSD`; None when it is no pair."""
    name = text.upper().replace("/", "-")
    if "-" in name:
        base, _, quote = name.rpartition("-")
        return Pair(_ALIASES.get(base, base), quote) if base and quote in QUOTES else None
    for quote in ("ZUSD", "ZEUR", *QUOTES):
        if name.endswith(quote) and len(name) > len(quote):
            base = name.removesuffix(quote)
            return Pair(_ALIASES.get(base, base), _ALIASES.get(quote, quote))
    return None


def _in_coins(series: Series) -> Series:
    """Yahoo counts the volume of a pair in its quote currency, exchanges in coins."""
    return replace(series, volume=(series.volume / series.close).round(8))
