"""Kraken: the latest 720 candles for any `since`; errors with status 200; own asset names."""

from __future__ import annotations

from typing import Any, Final

from ..ask import Ask
from ..market import Pair
from ..reply import Reply, json_reply
from .candles import Candles, find, rows, text

_LIMIT: Final = 720
_DAY_MINUTES: Final = "1440"
_LONG: Final = {"BTC": "XXBT", "ETH": "XETH", "USD": "ZUSD", "EUR": "ZEUR"}
_SHORT: Final = {"BTC": "XBT"}


def answer(ask: Ask) -> Reply:
    """OHLC, AssetPairs, Assets or Time."""
    match ask.path:
        case "/0/public/OHLC":
            return _ohlc(ask)
        case "/0/public/AssetPairs":
            ask.about("markets")
            return _result({_id(pair): _described(pair) for pair in ask.market.pairs("kraken")})
        case "/0/public/Assets":
            ask.about("markets")
            return _result(_assets(ask))
        case "/0/public/Time":
            return _result({"unixtime": int(ask.now.timestamp())})
        case _:
            return json_reply({"error": ["EGeneral:Unknown method"]})


def _ohlc(ask: Ask) -> Reply:
    candles = find(ask, "kraken", ask.query.get("pair", ""))
    if candles is None:
        return json_reply({"error": ["EQuery:Unknown asset pair"]})
    try:
        since = ask.number("since")
    except ValueError:
        since = None
    if ask.query.get("interval") != _DAY_MINUTES:
        return json_reply({"error": ["EGeneral:Invalid arguments:interval"]})
    latest = Candles(candles.pair, candles.bars.take(slice(-_LIMIT, None)))
    shown = rows(ask.spoil(latest.between(-1e12 if since is None else since + 1, 1e12)))
    committed = rows(latest.bars)[-2:][0][0]
    return _result({_id(candles.pair): [_candle(row) for row in shown], "last": committed})


def _candle(row: tuple[int, float, float, float, float, float]) -> list[Any]:
    begin, opened, high, low, close, volume = row
    return [begin, text(opened), text(high), text(low), text(close), text(close), text(volume), 1]


def _assets(ask: Ask) -> dict[str, Any]:
    codes = {code for pair in ask.market.pairs("kraken") for code in (pair.base, pair.quote)}
    return {
        _LONG.get(code, code): {
            "aclass": "currency",
            "altname": _SHORT.get(code, code),
            "decimals": 10,
            "display_decimals": 5,
            "status": "enabled",
        }
        for code in sorted(codes)
    }


def _described(pair: Pair) -> dict[str, Any]:
    base = _SHORT.get(pair.base, pair.base)
    return {
        "altname": f"{base}{pair.quote}",
        "wsname": f"{base}/{pair.quote}",
        "aclass_base": "currency",
        "base": _LONG.get(pair.base, pair.base),
        "aclass_quote": "currency",
        "quote": _LONG.get(pair.quote, pair.quote),
        "pair_decimals": 5,
        "lot_decimals": 8,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.26]],
        "fees_maker": [[0, 0.16]],
        "ordermin": "0.0001",
        "status": "online",
    }


def _id(pair: Pair) -> str:
    """XXBTZUSD where both have a long name, else SOLUSD."""
    if pair.base in _LONG and pair.quote in _LONG:
        return _LONG[pair.base] + _LONG[pair.quote]
    return _SHORT.get(pair.base, pair.base) + pair.quote


def _result(result: dict[str, Any]) -> Reply:
    return json_reply({"error": [], "result": result})
