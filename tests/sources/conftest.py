"""A loopback server with canned responses, and for every source one case of its vendor's
responses."""

from __future__ import annotations

import io
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from marketlake.model.clock import SystemClock
from marketlake.sources.contract import Access, Request
from marketlake.sources.limiter import MachineLimiter

KEY = "secret-key"
START, END = date(2024, 3, 13), date(2024, 3, 14)


@dataclass(frozen=True)
class Canned:
    """One response; `missing` bytes are announced and not sent."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    pause: float = 0.0
    """Seconds between one byte and the next."""
    slow_head: float = 0.0
    """Seconds between one byte and the next of a header without end."""
    repeat: int = 1
    """How often the body is sent."""


@dataclass
class Vendor:
    """The server's canned responses and recorded requests."""

    url: str
    answer: Canned | Callable[[str], Canned] = Canned()
    requests: list[str] = field(default_factory=list)
    sent: int = 0
    """Bytes of bodies that were taken."""

    def reply(self, path: str) -> Canned:
        self.requests.append(path)
        if path.endswith("/getcrumb"):
            return Canned(b"secret-crumb")
        if path in {"/yahoo", "/yahoo/"}:
            return Canned(b"", 404, {"Set-Cookie": "A3=secret-cookie; Path=/"})
        return self.answer if isinstance(self.answer, Canned) else self.answer(path)


@pytest.fixture
def vendor(server: Vendor) -> Vendor:
    """The server, reset."""
    server.answer = Canned()
    server.requests.clear()
    server.sent = 0
    return server


@pytest.fixture(scope="session")
def server() -> Iterator[Vendor]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            canned = served.reply(self.path)
            self.send_response(canned.status)
            for name, value in canned.headers.items():
                self.send_header(name, value)
            length = len(canned.body) * canned.repeat + canned.missing
            self.send_header("Content-Length", str(length))
            if canned.slow_head:
                self.flush_headers()
                self.wfile.write(b"X-Slow: ")
            while canned.slow_head and not stopping.wait(canned.slow_head):
                self.wfile.write(b"a")
            self.end_headers()
            self.close_connection = bool(canned.missing or canned.pause)
            pieces = [canned.body] if not canned.pause else [bytes([byte]) for byte in canned.body]
            for piece in pieces * canned.repeat:
                self.wfile.write(piece)
                served.sent += len(piece)
                stopping.wait(canned.pause)

        def log_message(self, format: str, *args: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None: ...

    stopping = threading.Event()
    listening = Server(("127.0.0.1", 0), Handler)
    served = Vendor(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield served
    stopping.set()
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def waited() -> list[str]:
    """The sources that called the limiter, in order."""
    return []


@pytest.fixture
def access(vendor: Vendor, tmp_path: Path, waited: list[str]) -> Access:
    def rate(source: str) -> float:
        waited.append(source)
        return 0.0

    clock = SystemClock()
    folder = tmp_path / "files"
    folder.mkdir()
    return Access(
        clock,
        MachineLimiter(tmp_path / "limits", clock, rate),
        folder,
        vendor.url,
        timeout=5.0,
        keys={"tiingo": KEY},
    )


@pytest.fixture
def shared() -> Path:
    """The folder of recorded responses; the test skips without it."""
    default_folder = Path(__file__).resolve().parents[3] / "shared"
    folder = Path(os.environ.get("MARKETLAKE_SHARED") or default_folder) / "data"
    if not (folder / "payloads").is_dir():
        pytest.skip(f"the recorded answers are not at {folder}; set MARKETLAKE_SHARED")
    return folder / "payloads"


@dataclass(frozen=True)
class Case:
    """One source: its vendor's responses for the same two days, for no rows and for an unknown
    symbol."""

    source: str
    symbol: str
    good: Canned
    empty: Canned
    not_found: Canned
    unknown: str = ""
    """An unknown symbol, where the vendor reports it as such."""
    currency: str | None = "USD"
    opens: bool = True

    @property
    def request(self) -> Request:
        return Request("X", self.symbol, START, END)


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
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: case.source)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture
def canned() -> type[Canned]:
    return Canned


@pytest.fixture
def chart_of() -> Callable[..., dict[str, Any]]:
    return chart
