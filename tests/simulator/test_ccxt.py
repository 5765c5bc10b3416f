"""The real ccxt reads from the simulator, with and without loading markets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from marketlake.simulator.market import Market
from marketlake.simulator.server import Simulator, serve

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
DAY = 86_400_000
IDS = {"binance": "BTCUSDT", "coinbaseexchange": "BTC-USD", "kraken": "XXBTZUSD", "bitstamp": "btcusd"}
UNLISTED = {
    "binance": "Invalid symbol",
    "coinbaseexchange": "NotFound",
    "kraken": "Unknown asset pair",
    "bitstamp": "ZZZYYY.*404 Not Found",
}
LIMITS = {"binance": 1000, "coinbaseexchange": 300, "bitstamp": 1000}


@pytest.fixture
def simulator(sample: Market) -> Iterator[Simulator]:
    with serve(sample, now=NOW) as simulator:
        yield simulator


def client(name: str, url: str) -> Any:
    import ccxt

    exchange = getattr(ccxt, name)({"timeout": 5000, "enableRateLimit": False})
    exchange.options["fetchMarkets"] = {"types": ["spot"]}
    exchange.session.trust_env = False

    def moved(address: Any) -> Any:
        if isinstance(address, dict):
            return {key: moved(value) for key, value in address.items()}
        return f"{url}/{name}{urlsplit(address.replace('{hostname}', 'host')).path}"

    exchange.urls["api"] = moved(exchange.urls["api"])
    return exchange


def symbol(name: str) -> str:
    return "BTC/USDT" if name == "binance" else "BTC/USD"


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("name", IDS)
def test_markets_load_and_candles_arrive(name: str, simulator: Simulator, sample: Market) -> None:
    exchange = client(name, simulator.url)
    exchange.load_markets()
    since = milliseconds("2025-06-01")
    rows = exchange.fetch_ohlcv(symbol(name), "1d", since=since, limit=10)
    series = sample.find("yahoo", "BTC-USD")
    assert series is not None
    first = int((series.days.astype("datetime64[ms]").astype("int64") == since).argmax())
    assert [row[0] for row in rows[:10]] == [since + n * DAY for n in range(10)]
    assert [row[4] for row in rows[:10]] == series.close[first : first + 10].tolist()
    assert [row[2] for row in rows[:10]] == series.high[first : first + 10].tolist()
    assert rows[0][5] == pytest.approx(series.volume[first] / series.close[first], rel=1e-6)


@pytest.mark.parametrize("name", IDS)
def test_preset_markets_are_not_loaded(name: str, simulator: Simulator) -> None:
    exchange = client(name, simulator.url)
    base, quote = symbol(name).split("/")
    market = {"id": IDS[name], "symbol": symbol(name), "base": base, "quote": quote, "spot": True}
    exchange.set_markets([{**exchange.safe_market_structure(market), "type": "spot"}])
    rows = exchange.fetch_ohlcv(symbol(name), "1d", since=milliseconds("2025-12-20"), limit=5)
    assert rows[0][0] == milliseconds("2025-12-20")
    assert {request.source for request in simulator.requests} == {name}
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_page_has_at_most_the_vendors_limit(name: str, limit: int, simulator: Simulator) -> None:
    exchange = client(name, simulator.url)
    rows = exchange.fetch_ohlcv(symbol(name), "1d", since=milliseconds("2015-01-01"), limit=limit)
    assert len(rows) == limit
    assert rows[0][0] == milliseconds("2015-01-01")


def test_kraken_serves_only_its_latest_720_candles(simulator: Simulator) -> None:
    rows = client("kraken", simulator.url).fetch_ohlcv("BTC/USD", "1d", since=milliseconds("2015-01-01"))
    assert len(rows) == 720
    assert rows[-1][0] == milliseconds("2025-12-31")


def test_pages_together_are_the_whole_history(simulator: Simulator, sample: Market) -> None:
    exchange = client("bitstamp", simulator.url)
    since, closes = milliseconds("2013-12-31"), []
    while page := exchange.fetch_ohlcv("BTC/USD", "1d", since=since, limit=1000):
        closes += [row[4] for row in page]
        since = page[-1][0] + DAY
    series = sample.find("yahoo", "BTC-USD")
    assert series is not None
    assert closes == series.close.tolist()


@pytest.mark.parametrize("name", IDS)
def test_unlisted_pair_is_an_exchange_error(name: str, simulator: Simulator) -> None:
    import ccxt

    exchange = client(name, simulator.url)
    market = {"id": "ZZZYYY", "symbol": "ZZZ/USD", "base": "ZZZ", "quote": "USD", "spot": True}
    exchange.set_markets([{**exchange.safe_market_structure(market), "type": "spot"}])
    with pytest.raises(ccxt.BaseError, match=UNLISTED[name]):
        exchange.fetch_ohlcv("ZZZ/USD", "1d", limit=5)


@pytest.mark.parametrize("name", IDS)
def test_candle_of_today_is_unfinished(name: str, simulator: Simulator, sample: Market) -> None:
    simulator.set_clock(datetime(2025, 6, 10, 6, tzinfo=UTC))
    row = client(name, simulator.url).fetch_ohlcv(symbol(name), "1d", since=milliseconds("2025-06-10"))[-1]
    bars = sample.find("yahoo", "BTC-USD")
    assert bars is not None
    today = int((bars.days.astype(str) == "2025-06-10").argmax())
    assert row[0] == milliseconds("2025-06-10")
    assert row[4] == pytest.approx(bars.open[today] + 0.25 * (bars.close[today] - bars.open[today]))


def test_exchange_file_is_served_unchanged(real_market: Market) -> None:
    with serve(real_market, now=datetime(2025, 1, 2, 12, tzinfo=UTC)) as simulator:
        exchange = client("binance", simulator.url)
        rows = exchange.fetch_ohlcv("BTC/USDT", "1d", since=milliseconds("2021-01-01"), limit=2)
    assert rows[0] == [1609459200000, 28923.63, 29600.0, 28624.57, 29331.69, 54182.925011]
