"""A loopback server with canned responses, and for every source one case of its vendor's
responses."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from marketlake.sources.contract import Access
from marketlake.testing import Canned, Case, Vendor, access_to, serve

KEY = "secret-key"
_NO_PAGE = Canned(b"", 404, {"Set-Cookie": "A3=secret-cookie; Path=/"})
YAHOO = {"/yahoo": _NO_PAGE, "/yahoo/": _NO_PAGE, "/yahoo/v1/test/getcrumb": Canned(b"secret-crumb")}


@pytest.fixture
def vendor(server: Vendor) -> Vendor:
    """The server, reset."""
    server.reset(YAHOO)
    return server


@pytest.fixture(scope="session")
def server() -> Iterator[Vendor]:
    with serve() as vendor:
        yield vendor


@pytest.fixture
def waited() -> list[str]:
    """The sources that called the limiter, in order."""
    return []


@pytest.fixture
def access(vendor: Vendor, tmp_path: Path, waited: list[str]) -> Access:
    return access_to(vendor, tmp_path, waited, {"tiingo": KEY})


@pytest.fixture
def shared() -> Path:
    """The folder of recorded responses; the test skips without it."""
    default_folder = Path(__file__).resolve().parents[3] / "shared"
    folder = Path(os.environ.get("MARKETLAKE_SHARED") or default_folder) / "data"
    if not (folder / "payloads").is_dir():
        pytest.skip(f"the recorded answers are not at {folder}; set MARKETLAKE_SHARED")
    return folder / "payloads"


def chart(symbol: str, **changes: Any) -> dict[str, Any]:
    """A Yahoo response with the two days' opens at nine in New York."""
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "instrumentType": "EQUITY",
        "dataGranularity": "1d",
        "gmtoffset": -14400,
        "exchangeTimezoneName": "America/New_York",
    }
    quote = {
        "open": [1.0, 2.0],
        "high": [3.0, 4.0],
        "low": [0.5, 1.5],
        "close": [2.0, 3.0],
        "volume": [10, 20],
    }
    result = {"meta": meta, "timestamp": [stamp(13, 13), stamp(14, 13)], "indicators": {"quote": [quote]}}
    return {"chart": {"result": [{**result, **changes}], "error": None}}


def stamp(day: int, hour: int = 0) -> int:
    """Unix time of an hour in March 2024."""
    return int(datetime(2024, 3, day, hour, tzinfo=UTC).timestamp())


def js(value: object, status: int = 200) -> Canned:
    return Canned(json.dumps(value).encode(), status)


def zipped(text: str, name: str = "eurofxref-hist.csv") -> bytes:
    """Dated 1980, so that each worker names the cases alike."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


CANDLES = [(stamp(13), "1.0", "3.0", "0.5", "2.0", "10"), (stamp(14), "2.0", "4.0", "1.5", "3.0", "20")]


def kraken(candles: list[list[Any]]) -> Canned:
    return js({"error": [], "result": {"XXBTZUSD": candles, "last": stamp(13)}})


def bitstamp(candles: list[dict[str, Any]]) -> Canned:
    return js({"data": {"pair": "BTC/USD", "ohlc": candles}})


def tiingo(day: int, opened: float, high: float, low: float, close: float, volume: float) -> dict[str, Any]:
    prices = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    return {"date": f"2024-03-{day}T00:00:00.000Z", **prices, "divCash": 0.0, "splitFactor": 1.0}


_FIELDS = ("timestamp", "open", "high", "low", "close", "volume")
CASES = [
    Case(
        "yahoo",
        "^X/Y Z",
        js(chart("^X/Y Z")),
        js(
            {"chart": {"result": None, "error": {"description": "Data doesn't exist for startDate = 1"}}}, 400
        ),
        js({"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}, 404),
        always=YAHOO,
    ),
    Case(
        "binance",
        "BTC/USDT",
        js(
            [[t * 1000, o, h, lo, c, v, t * 1000 + 1, "1", 1, "1", "1", "0"] for t, o, h, lo, c, v in CANDLES]
        ),
        js([]),
        js({"code": -1121, "msg": "Invalid symbol."}, 400),
        currency="USDT",
    ),
    Case(
        "bitstamp",
        "BTC/USD",
        bitstamp([dict(zip(_FIELDS, map(str, candle), strict=True)) for candle in CANDLES]),
        bitstamp([]),
        js({"status": "error", "reason": "Unknown pair"}, 404),
    ),
    Case(
        "coinbaseexchange",
        "BTC/USD",
        js([[t, *map(float, (lo, h, o, c, v))] for t, o, h, lo, c, v in reversed(CANDLES)]),
        js([]),
        js({"message": "NotFound"}, 404),
    ),
    Case(
        "kraken",
        "BTC/USD",
        kraken([[t, o, h, lo, c, c, v, 1] for t, o, h, lo, c, v in CANDLES]),
        kraken([]),
        js({"error": ["EQuery:Unknown asset pair"]}),
    ),
    Case(
        "ecb",
        "GBP/USD",
        Canned(zipped("Date,USD,GBP,\n2024-03-14,1.5,0.5,\n2024-03-13,1.0,0.5,\n2024-03-12,1.0,N/A,\n")),
        Canned(zipped("Date,USD,GBP,\n")),
        Canned(zipped("Date,USD,GBP,\n")),
        unknown="EUR/XXX",
        opens=False,
    ),
    Case(
        "fred",
        "CPI",
        Canned(b"observation_date,CPI\n2024-03-12,.\n2024-03-13,2.0\n2024-03-14,3.0\n"),
        Canned(b"observation_date,CPI\n"),
        Canned(b"<html>no series</html>", 404),
        currency=None,
        opens=False,
    ),
    Case(
        "tiingo",
        "BRK-B",
        js([tiingo(day, *map(float, values)) for day, (_, *values) in zip((13, 14), CANDLES, strict=True)]),
        js([]),
        js({"detail": "Error: Ticker 'BRK-B' not found"}, 404),
        currency=None,
        key=KEY,
    ),
]


@pytest.fixture
def canned() -> type[Canned]:
    return Canned


@pytest.fixture
def chart_of() -> Callable[..., dict[str, Any]]:
    return chart
