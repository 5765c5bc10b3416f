"""Bitstamp v2: at most 1,000 candles a call, ascending, everything as text."""

from __future__ import annotations

from typing import Any, Final

from ..ask import Ask
from ..market import Pair
from ..reply import Reply, html_reply, json_reply
from .candles import DAY, find, rows, text

_LIMIT: Final = 1000


def answer(ask: Ask) -> Reply:
    """markets, or ohlc of one pair."""
    match ask.path.strip("/").split("/"):
        case ["api", "v2", "markets"]:
            ask.about("markets")
            return json_reply([_market(pair) for pair in ask.market.pairs("bitstamp")])
        case ["api", "v2", "ohlc", pair]:
            return _ohlc(ask, pair)
        case _:
            return html_reply("404 Not Found", 404)


def _ohlc(ask: Ask, symbol: str) -> Reply:
    candles = find(ask, "bitstamp", symbol)
    if candles is None:
        return html_reply("404 Not Found", 404)
    try:
        start, end, limit = ask.number("start"), ask.number("end"), ask.number("limit")
    except ValueError:
        return _error("start", "Enter a whole number.")
    if ask.query.get("step") != str(DAY):
        return _error("step", "Select a valid choice.")
    if limit is None or not 1 <= limit <= _LIMIT:
        return _error("limit", "Ensure this value is from 1 to 1000.")
    bars = candles.between(-1e12 if start is None else start, 1e12 if end is None else end)
    bars = ask.spoil(bars.take(slice(-int(limit), None) if start is None else slice(int(limit))))
    return json_reply({"data": {"pair": str(candles.pair), "ohlc": [_candle(row) for row in rows(bars)]}})


def _candle(row: tuple[int, float, float, float, float, float]) -> dict[str, str | None]:
    begin, opened, high, low, close, volume = row
    return {
        "timestamp": str(begin),
        "open": text(opened),
        "high": text(high),
        "low": text(low),
        "close": text(close),
        "volume": text(volume),
    }


def _market(pair: Pair) -> dict[str, Any]:
    return {
        "name": str(pair),
        "market_symbol": f"{pair.base}{pair.quote}".lower(),
        "base_currency": pair.base,
        "base_decimals": 8,
        "counter_currency": pair.quote,
        "counter_decimals": 2,
        "minimum_order_value": "10",
        "trading": "Enabled",
        "instant_and_market_orders": "Enabled",
        "description": f"{pair.base} / {pair.quote}",
        "market_type": "SPOT",
    }


def _error(field: str, words: str) -> Reply:
    return json_reply({"status": "error", "reason": {field: [words]}, "code": "API0000"}, 400)
