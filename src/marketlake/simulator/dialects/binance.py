"""Binance spot: klines of at most 1,000 a call, in milliseconds, numbers as text."""

from __future__ import annotations

from typing import Any, Final

from ..ask import Ask
from ..reply import Reply, json_reply
from .candles import DAY, find, rows, text

_LIMIT: Final = 1000
_DEFAULT: Final = 500


def answer(ask: Ask) -> Reply:
    """klines, exchangeInfo, ping or time."""
    match ask.path:
        case "/api/v3/klines":
            return _klines(ask)
        case "/api/v3/exchangeInfo":
            ask.about("markets")
            return json_reply(
                {"timezone": "UTC", "serverTime": _now(ask), "rateLimits": [], "symbols": _symbols(ask)}
            )
        case "/api/v3/time":
            return json_reply({"serverTime": _now(ask)})
        case "/api/v3/ping":
            return json_reply({})
        case _:
            return json_reply({"code": -1000, "msg": "Not Found"}, 404)


def _klines(ask: Ask) -> Reply:
    symbol = ask.query.get("symbol", "")
    candles = find(ask, "binance", symbol)
    if candles is None:
        return _error(-1121, "Invalid symbol.")
    if ask.query.get("interval") != "1d":
        return _error(-1120, "Invalid interval.")
    try:
        start, end, limit = ask.number("startTime"), ask.number("endTime"), ask.number("limit")
    except ValueError:
        return _error(-1100, "Illegal characters found in a parameter.")
    count = max(1, min(int(_DEFAULT if limit is None else limit), _LIMIT))
    bars = candles.between(-1e12 if start is None else start / 1000, 1e12 if end is None else end / 1000)
    bars = bars.take(slice(-count, None) if start is None else slice(count))
    return json_reply([_kline(row) for row in rows(ask.spoil(bars))])


def _kline(row: tuple[int, float, float, float, float, float]) -> list[Any]:
    begin, opened, high, low, close, volume = row
    prices = [text(value) for value in (opened, high, low, close, volume)]
    end = (begin + DAY) * 1000 - 1
    return [begin * 1000, *prices, end, text(round(volume * close, 8)), 1, "0", "0", "0"]


def _symbols(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "symbol": f"{pair.base}{pair.quote}",
            "status": "TRADING",
            "baseAsset": pair.base,
            "baseAssetPrecision": 8,
            "quoteAsset": pair.quote,
            "quotePrecision": 8,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": ["SPOT"],
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
                {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
            ],
        }
        for pair in ask.market.pairs("binance")
    ]


def _now(ask: Ask) -> int:
    return int(ask.now.timestamp() * 1000)


def _error(code: int, message: str) -> Reply:
    return json_reply({"code": code, "msg": message}, 400)
