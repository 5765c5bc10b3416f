"""A market: every symbol's history, found by the name a vendor gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .series import Series
from .venue import CRYPTO, QUOTES

EXCHANGES: Final = ("binance", "coinbaseexchange", "kraken", "bitstamp")
_ALIASES: Final = {"XBT": "BTC", "XXBT": "BTC", "XETH": "ETH", "ZUSD": "USD", "ZEUR": "EUR", "XDG": "DOGE"}


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
    """By source and the vendor's symbol. A pair of Yahoo's is traded on every exchange too."""

    def find(self, source: str, symbol: str) -> Series | None:
        """The history that `source` calls `symbol`; None when it knows none."""
        return self.series.get((source, symbol))

    def pairs(self, exchange: str) -> Mapping[Pair, Series]:
        """What an exchange trades."""
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
