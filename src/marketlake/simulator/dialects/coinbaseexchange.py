"""Coinbase Exchange: up to 300 candles, newest first, [time, low, high, open, close, volume]."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ..ask import Ask
from ..market import Pair
from ..reply import Reply, json_reply
from .candles import DAY, find, rows

_LIMIT: Final = 300
_NAME: Final = "coinbaseexchange"


def answer(ask: Ask) -> Reply:
    """products, currencies, or the candles of one product."""
    match ask.path.strip("/").split("/"):
        case ["products"]:
            ask.about("markets")
            return json_reply([_product(pair) for pair in ask.market.pairs(_NAME)])
        case ["currencies"]:
            ask.about("markets")
            codes = {code for pair in ask.market.pairs(_NAME) for code in (pair.base, pair.quote)}
            return json_reply([{"id": code, "name": code, "status": "online"} for code in sorted(codes)])
        case ["products", product, "candles"]:
            return _candles(ask, product)
        case ["time"]:
            return json_reply({"iso": ask.now.isoformat(), "epoch": ask.now.timestamp()})
        case _:
            return json_reply({"message": "Route not found"}, 404)


def _candles(ask: Ask, product: str) -> Reply:
    candles = find(ask, _NAME, product)
    if candles is None:
        return json_reply({"message": "NotFound"}, 404)
    if ask.query.get("granularity") != str(DAY):
        return json_reply({"message": "Unsupported granularity"}, 400)
    try:
        window = _window(ask)
    except ValueError:
        return json_reply({"message": "start and end must be valid ISO 8601 or unix times"}, 400)
    if window is not None and window[1] - window[0] > _LIMIT * DAY:
        words = f"Count of aggregations requested exceeds {_LIMIT}"
        return json_reply({"message": words}, 400)
    bars = candles.between(*window) if window else candles.bars
    newest_first = rows(ask.spoil(bars.take(slice(-_LIMIT, None))))[::-1]
    return json_reply([[t, low, high, o, c, v] for t, o, high, low, c, v in newest_first])


def _window(ask: Ask) -> tuple[float, float] | None:
    """None unless both ends are given: the vendor ignores one alone."""
    start, end = ask.query.get("start"), ask.query.get("end")
    return (_seconds(start), _seconds(end)) if start and end else None


def _seconds(text: str) -> float:
    if text.isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _product(pair: Pair) -> dict[str, object]:
    return {
        "id": f"{pair.base}-{pair.quote}",
        "base_currency": pair.base,
        "quote_currency": pair.quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "display_name": str(pair),
        "min_market_funds": "1",
        "margin_enabled": False,
        "trading_disabled": False,
        "status": "online",
        "status_message": "",
    }
