"""A vendor on loopback with canned responses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from ..model.clock import SystemClock
from ..sources.contract import Access, Request
from ..sources.limiter import MachineLimiter

START: Final = date(2024, 3, 13)
END: Final = date(2024, 3, 14)


@dataclass(frozen=True)
class Canned:
    """One response; `missing` bytes are announced and not sent."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    pause: float = 0.0
    """Seconds between one byte and the next."""
    slow_head: float = 0.0
    """Seconds between one byte and the next of a header without end."""
    repeat: int = 1
    """How often the body is sent."""


@dataclass(frozen=True)
class Case:
    """One source: its vendor's responses for 13 and 14 March 2024, for no rows and for an unknown
    symbol."""

    source: str
    symbol: str
    good: Canned
    """Closes 2.0 and 3.0. If `opens`, the first day has open 1, high 3, low 0.5 and volume 10."""
    empty: Canned
    not_found: Canned
    unknown: str = ""
    """An unknown symbol, where the vendor reports it as such."""
    currency: str | None = "USD"
    opens: bool = True
    key: str = ""
    """The source's key, where it needs one."""
    always: Mapping[str, Canned] = field(default_factory=dict)
    """By path: responses to what the vendor's client requests besides, such as a cookie."""

    @property
    def request(self) -> Request:
        return Request("X", self.symbol, START, END)


@dataclass
class Vendor:
    """The server's canned responses and recorded requests."""

    url: str
    answer: Canned | Callable[[str], Canned] = Canned()
    always: Mapping[str, Canned] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    sent: int = 0
    """Bytes of bodies that were taken."""

    @property
    def asked(self) -> list[str]:
        """The requests without those that `always` have the same response."""
        return [path for path in self.requests if path not in self.always]

    def reply(self, path: str) -> Canned:
        self.requests.append(path)
        if path in self.always:
            return self.always[path]
        return self.answer if isinstance(self.answer, Canned) else self.answer(path)

    def reset(self, always: Mapping[str, Canned]) -> None:
        self.answer, self.always, self.sent = Canned(), always, 0
        self.requests.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stopping = threading.Event()
        self.vendor = Vendor(f"http://127.0.0.1:{self.server_port}")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        canned = self.server.vendor.reply(self.path)
        self.send_response(canned.status)
        for name, value in canned.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(canned.body) * canned.repeat + canned.missing))
        self._trickle(canned.slow_head)
        self.end_headers()
        self.close_connection = bool(canned.missing or canned.pause)
        self._send(canned)

    def _trickle(self, pause: float) -> None:
        """A header without end, if `pause` is not zero."""
        if pause:
            self.flush_headers()
            self.wfile.write(b"X-Slow: ")
        while pause and not self.server.stopping.wait(pause):
            self.wfile.write(b"a")

    def _send(self, canned: Canned) -> None:
        pieces = [bytes([byte]) for byte in canned.body] if canned.pause else [canned.body]
        for piece in pieces * canned.repeat:
            self.wfile.write(piece)
            self.server.vendor.sent += len(piece)
            self.server.stopping.wait(canned.pause)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@contextmanager
def serve() -> Iterator[Vendor]:
    """A listening server; it ends with the block."""
    with _Server() as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield listening.vendor
        finally:
            listening.stopping.set()
            listening.shutdown()
            thread.join()


def access_to(vendor: Vendor, folder: Path, waited: list[str], keys: Mapping[str, str]) -> Access:
    """Access to nothing else; every wait for the limiter is appended to `waited`."""

    def rate(source: str) -> float:
        waited.append(source)
        return 0.0

    clock = SystemClock()
    files = folder / "files"
    files.mkdir()
    limiter = MachineLimiter(folder / "limits", clock, rate)
    return Access(clock, limiter, files, vendor.url, timeout=5.0, keys=keys)
