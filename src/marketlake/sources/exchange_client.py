"""The client of the exchanges: how ccxt sends a request, and each exchange's candle format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import ccxt
from requests import RequestException

from ..model.errors import BlockedError, NotFoundError
from .contract import Access
from .http import Answer, BoundedSession, rebase, unanswered

_PAIR: Final = re.compile(r"([A-Za-z0-9]{1,20})/([A-Za-z0-9]{1,20})")
DIALECT_FAILURES = (
    ccxt.BaseError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)
"""Errors that ccxt raises on purpose, and those of its parsers for unexpected documents."""


@dataclass(frozen=True)
class Pair:
    """A spot market."""

    symbol: str
    base: str
    quote: str

    @classmethod
    def of(cls, symbol: str, source: str) -> Pair:
        """The pair of a symbol; `NotFoundError` if it is not a pair."""
        match = _PAIR.fullmatch(symbol)
        if not match:
            raise NotFoundError(f"{source}: {symbol[:40]!r} is not a spot market; write it like BTC/USD")
        return cls(symbol, match[1], match[2])


@dataclass(frozen=True)
class Dialect:
    """How one exchange serves daily candles."""

    limit: int
    """Maximum number of candles per answer."""
    windowed: bool
    """True if it answers a time span, so that later spans may have candles after an empty one."""
    market_id: Callable[[Pair], str] | None = None
    """The exchange's name of a pair; None if only its list of markets has it."""
    candles: Callable[[Any], Any] = lambda answer: answer
    """Extracts the candles from the answer."""
    as_ccxt_reads: Callable[[Any, str], Any] = lambda answer, market_id: answer
    """The answer in the form that ccxt expects."""

    @property
    def known(self) -> bool:
        """True if the exchange's id of a pair follows from its symbol."""
        return self.market_id is not None


def dialect_of(exchange_id: str) -> Dialect:
    """The exchange's dialect.

    An unknown exchange gets small pages and ccxt's defaults.
    """
    return _DIALECTS.get(exchange_id, Dialect(limit=500, windowed=True))


def _kraken_id(pair: Pair) -> str:
    """kraken's alternative names, valid in every request: bitcoin is XBT, dogecoin XDG."""
    names = {"BTC": "XBT", "DOGE": "XDG"}
    return names.get(pair.base, pair.base) + names.get(pair.quote, pair.quote)


def _kraken_candles(document: Any) -> Any:
    """The answer uses kraken's own name of the pair (XXBTZUSD for XBTUSD), next to `last`."""
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


class ExchangeClient:
    """One exchange at one address; not thread-safe."""

    def __init__(self, name: str, dialect: Dialect, access: Access) -> None:
        self._name = name
        self._market_id = dialect.market_id
        self._session = BoundedSession(name, access)
        self._exchange = open_exchange(name, {"session": self._session})
        # the reader parses the answer; ccxt would parse any page as candles
        self._exchange.parse_ohlcvs = lambda *_args, **_named: []
        if access.base_url:
            urls = self._exchange.urls
            urls["api"] = _rebased(urls["api"], name, access.base_url)

    def candles(self, pair: Pair, since: int, count: int, access: Access) -> Answer:
        """Request `count` daily candles from `since`, in milliseconds of UTC.

        Raises `UnavailableError` without an answer, `NotFoundError` for a pair that its markets do
        not have, `BlockedError` if the exchange serves no candles, `MalformedError` for an answer
        too long.
        """
        self._session.access, self._session.last = access, None
        try:
            self._know(pair)
            self._exchange.fetch_ohlcv(pair.symbol, "1d", since, count)
        except ccxt.NotSupported as error:
            raise BlockedError(f"{self._name} serves no daily candles; use another source") from error
        except (*DIALECT_FAILURES, RequestException) as error:
            # only a missing answer is an error here
            if self._session.last is None:
                raise unanswered(self._name, error) from error
        assert self._session.last is not None
        return self._session.last

    def markets(self, access: Access) -> frozenset[str]:
        """The open spot markets, as `BASE/QUOTE`.

        `UnavailableError` if they are unavailable.
        """
        self._session.access, self._session.last = access, None
        try:
            markets = self._exchange.load_markets()
            return frozenset(
                symbol
                for symbol, one in markets.items()
                if one.get("spot") and one.get("active") is not False
            )
        except (*DIALECT_FAILURES, RequestException) as error:
            raise unanswered(self._name, error) from error

    def _know(self, pair: Pair) -> None:
        if self._market_id:
            know_market(self._exchange, pair, self._market_id(pair))
            return
        if not self._exchange.markets:
            self._exchange.load_markets()
        if pair.symbol not in self._exchange.markets:
            raise NotFoundError(f"{self._name} has no market {pair.symbol}; check it in instruments.toml")


def open_exchange(name: str, config: dict[str, Any]) -> Any:
    """ccxt's exchange without its rate limit, spot markets only."""
    options = {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}}
    return getattr(ccxt, name)({"enableRateLimit": False, "options": options, **config})


def know_market(exchange: Any, pair: Pair, market_id: str) -> None:
    """Register only this spot market with ccxt, so that it does not request the list."""
    if pair.symbol in (exchange.markets or {}):
        return
    market = {
        "id": market_id,
        "symbol": pair.symbol,
        "base": pair.base,
        "quote": pair.quote,
        "baseId": pair.base,
        "quoteId": pair.quote,
        "type": "spot",
        "spot": True,
        "margin": False,
        "swap": False,
        "future": False,
        "option": False,
        "contract": False,
        "active": True,
    }
    exchange.set_markets([market])


def _rebased(urls: Any, name: str, base_url: str) -> Any:
    """All addresses of the exchange, moved below `{base_url}/{name}`."""
    if isinstance(urls, dict):
        return {key: _rebased(value, name, base_url) for key, value in urls.items()}
    return rebase(urls, name, base_url) if isinstance(urls, str) and urlsplit(urls).scheme else urls
