"""Intact responses of every source, to be damaged: simulated, recorded and handwritten ones."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator

FIRST, LAST = date(2024, 2, 20), date(2024, 3, 20)
NOW = datetime(2024, 3, 21, 12, tzinfo=UTC)
KINDS = {"fred": "csv"}
_SINCE = int(datetime(2024, 2, 20, tzinfo=UTC).timestamp())
_TARGETS = {
    (
        "yahoo",
        "CUT",
    ): f"/yahoo/v8/finance/chart/CUT?period1={_SINCE}&period2=9999999999&interval=1d&events=div,splits",
    (
        "binance",
        "BTC/USD",
    ): f"/binance/api/v3/klines?symbol=BTCUSD&interval=1d&startTime={_SINCE}000",
    ("bitstamp", "BTC/USD"): f"/bitstamp/api/v2/ohlc/btcusd/?step=86400&start={_SINCE}&limit=1000",
    ("coinbaseexchange", "BTC/USD"): "/coinbaseexchange/products/BTC-USD/candles?granularity=86400"
    "&start=2024-02-20T00:00:00Z&end=2024-03-20T00:00:00Z",
    ("kraken", "BTC/USD"): f"/kraken/0/public/OHLC?pair=XBTUSD&interval=1440&since={_SINCE}",
    ("fred", "CPIAUCNS"): "/fred/graph/fredgraph.csv?id=CPIAUCNS&cosd=2024-01-01&coed=2024-03-01",
}
_HANDWRITTEN = {
    "okx": {
        "code": "0",
        "msg": "",
        "data": [["1709856000000", "3.7", "3.8", "3.6", "3.7", "84", "2", "1", "1"]],
    },
    "bybit": {
        "retCode": 0,
        "retMsg": "OK",
        "result": {
            "category": "spot",
            "symbol": "BTCUSD",
            "list": [["1709856000000", "17", "18", "16", "17", "2", "1"]],
        },
        "retExtInfo": {},
        "time": 1709942400000,
    },
    "bitfinex": [[1709856000000, 17.0, 17.5, 18.0, 16.0, 2.0], [1709942400000, 17.0, 17.5, 18.0, 16.0, 2.0]],
}
"""Exchanges that only ccxt knows the dialect of."""


@dataclass(frozen=True)
class Seed:
    """A whole answer of one source."""

    source: str
    symbol: str
    url: str
    body: bytes
    kind: str


def seeds(folder: Path, recorded: Path | None) -> list[Seed]:
    """Those of a small market, by hand, and recorded ones where they are at hand; `folder` is empty."""
    _write_market(folder)
    simulator = Simulator(load_market(folder), NOW, [])
    result = []
    for (source, symbol), target in _TARGETS.items():
        reply = simulator.answer(target)
        assert reply.status == 200, (source, reply.body[:200])
        result.append(Seed(source, symbol, target, reply.body, KINDS.get(source, "json")))
    for source, document in _HANDWRITTEN.items():
        body = json.dumps(document).encode()
        result.append(Seed(source, "BTC/USD", "https://host/candles?symbol=BTCUSD", body, "json"))
    result.append(Seed("ecb", "GBP/USD", "https://host/eurofxref-hist.zip", _rates(), "zip"))
    return [*result, *_files(folder), *(_recorded(recorded) if recorded else ())]


def _write_market(folder: Path) -> None:
    days = [FIRST + timedelta(days=number) for number in range(30)]
    for name in ("BTC-USD", "CUT", "EURUSD=X"):
        text = ["date,open,high,low,close,volume,dividend,split"]
        for number, day in enumerate(day for day in days if name == "BTC-USD" or day.weekday() < 5):
            price = (100 if name != "CUT" or number < 12 else 25) + number / 8
            event = "1,1" if number == 5 else "0,4" if name == "CUT" and number == 12 else "0,1"
            text.append(f"{day},{price},{price + 2},{price - 2},{price + 1},{1000 + number},{event}")
        (folder / f"{name}.csv").write_text("\n".join(text) + "\n")
    months = [f"2024-0{month}-01,{300 + month}" for month in (1, 2)]
    (folder / "CPIAUCNS@fred.csv").write_text("\n".join(["date,close", *months]) + "\n")


def _rates() -> bytes:
    """As the ECB writes them, of a month and not of a generation."""
    lines = [f"{LAST - timedelta(days=n)},1.{n:02},0.8{n:02},N/A," for n in range(28)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", "\n".join(["Date,USD,GBP,CYP,", *lines]) + "\n")
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Seed]:
    body = (folder / "CUT.csv").read_bytes()
    yield Seed("files", "cut.csv", "file:cut.csv", body, "csv")
    table = pa.table(
        {
            "Date": pa.array([FIRST, LAST]).cast(pa.timestamp("ns", tz="America/New_York")),
            "Close": pa.array([1.0, 2.0]),
            "Volume": pa.array([1, None], pa.int64()),
            "Stock Splits": pa.array([0.0, 2.0]),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    yield Seed("files", "cut.parquet", "file:cut.parquet", buffer.getvalue(), "parquet")


def _recorded(folder: Path) -> Iterator[Seed]:
    for path in sorted((folder / "yahoo-chart").glob("*.json")):
        answer = json.loads(path.read_text())["response"]["bodyJson"]
        symbol = answer["chart"]["result"][0]["meta"]["symbol"]
        yield Seed("yahoo", symbol, "https://host/v8/finance/chart/X", json.dumps(answer).encode(), "json")
    for path in sorted((folder / "csv-variants").glob("*.csv")):
        yield Seed("files", path.name, f"file:{path.name}", path.read_bytes(), "csv")
    body = (folder / "exchange-ohlc" / "binance_test_data_spot_http_json_klines_response.json").read_bytes()
    yield Seed("binance", "ETH/BTC", "https://host/api/v3/klines?symbol=ETHBTC", body, "json")
