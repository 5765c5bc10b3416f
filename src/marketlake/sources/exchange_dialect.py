"""What is known of each exchange's candles beyond what ccxt knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ..errors import NotFoundError

_PAIR: Final = re.compile(r"([A-Za-z0-9]{1,20})/([A-Za-z0-9]{1,20})")


@dataclass(frozen=True)
class Pair:
    """A spot market."""

    symbol: str
    base: str
    quote: str

    @classmethod
    def of(cls, symbol: str, source: str) -> Pair:
        """The pair that a symbol names; `NotFoundError` when it can name none."""
        match = _PAIR.fullmatch(symbol)
        if not match:
            raise NotFoundError(f"{source}: {symbol[:40]!r} is no spot market; write it like BTC/USD")
        return cls(symbol, match[1], match[2])


@dataclass(frozen=True)
class Dialect:
    """One exchange's way of serving daily candles."""

    limit: int
    """Candles that one answer holds at most."""
    windowed: bool
    """Whether it answers a span, so that no candles in it says nothing about later ones."""
    market_id: Callable[[Pair], str] | None = None
    """Its name of a pair; None where only its own list of markets tells."""
    candles: Callable[[Any], Any] = lambda answer: answer
    """Where in the answer the candles are."""
    as_ccxt_reads: Callable[[Any, str], Any] = lambda answer, market_id: answer
    """The answer under the name that ccxt looks for."""

    @property
    def known(self) -> bool:
        return self.market_id is not None


def dialect_of(exchange_id: str) -> Dialect:
    """The exchange's dialect; for one that is not known, small pages and ccxt's word for the rest."""
    return _DIALECTS.get(exchange_id, Dialect(limit=500, windowed=True))


def _kraken_id(pair: Pair) -> str:
    """kraken's alternative names, which it takes in every request: bitcoin is XBT, dogecoin XDG."""
    names = {"BTC": "XBT", "DOGE": "XDG"}
    return names.get(pair.base, pair.base) + names.get(pair.quote, pair.quote)


def _kraken_candles(document: Any) -> Any:
    """Its answer names the pair its own way (XXBTZUSD for XBTUSD), beside `last`."""
    lists = [value for name, value in document["result"].items() if name != "last"]
    if len(lists) != 1:
        raise ValueError(f"{len(lists)} pairs in the answer")
    return lists[0]


def _kraken_renamed(document: Any, market_id: str) -> Any:
    return {"result": {market_id: _kraken_candles(document)}}


_DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        "binance": Dialect(1000, False, lambda pair: pair.base + pair.quote),
        "bitstamp": Dialect(
            1000,
            True,
            lambda pair: (pair.base + pair.quote).lower(),
            lambda answer: answer["data"]["ohlc"],
        ),
        "coinbaseexchange": Dialect(300, True, lambda pair: f"{pair.base}-{pair.quote}"),
        "kraken": Dialect(720, False, _kraken_id, _kraken_candles, _kraken_renamed),
    }
)
