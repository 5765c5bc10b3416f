"""The simulator: a market with an adjustable clock, faults and a log of requests."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from ..model.clock import SystemClock
from ..model.errors import UsageError, without_secrets
from .ask import Ask
from .dialects import DIALECTS
from .fault import Fault, fault_from, fault_to_json, parse_fault
from .market import Market
from .reply import Reply, json_reply

_MAX_BODY: Final = 1024 * 1024
_LOG_LENGTH: Final = 100_000


@dataclass(frozen=True)
class Served:
    """One answered request."""

    at: float
    """Seconds on the machine's monotonic clock."""
    source: str
    path: str
    """With its query, without the source."""
    status: int


class Simulator:
    """A running simulator; thread-safe."""

    def __init__(self, market: Market, now: datetime | None, faults: Sequence[Fault]) -> None:
        self.market = market
        self.url = ""
        self._clock = SystemClock()
        self._lock = threading.Lock()
        self._now = now
        self._log: deque[Served] = deque(maxlen=_LOG_LENGTH)
        self.set_faults(faults)

    @property
    def now(self) -> datetime:
        """The simulated time; the machine's, unless it was set."""
        return self._now or self._clock.now()

    def set_clock(self, now: datetime | None) -> None:
        """Move time, in either direction; None follows the machine."""
        if now is not None and now.tzinfo is None:
            raise UsageError(f"the simulator's clock needs a time zone: {now.isoformat()}")
        self._now = None if now is None else now.astimezone(UTC)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self._faults

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Replace all faults and reset their counts."""
        with self._lock:
            self._faults = tuple(faults)
            self._applied: Counter[int] = Counter()
            self._turns: Counter[tuple[int, str, str]] = Counter()

    @property
    def requests(self) -> tuple[Served, ...]:
        """The latest requests (100,000 at most), in order of arrival of their answers."""
        with self._lock:
            return tuple(self._log)

    def answer(self, target: str, authorization: str = "") -> Reply:
        """Log a request and return the vendor's answer to its target, with faults."""
        parts = urlsplit(target)
        source, _, path = parts.path.lstrip("/").partition("/")
        dialect = DIALECTS.get(source)
        if dialect is None:
            known = ", ".join(DIALECTS)
            return json_reply({"error": f"the path begins with the source's name, one of {known}"}, 404)
        query = dict(parse_qsl(parts.query))
        ask = Ask(
            market=self.market,
            now=self.now,
            path="/" + unquote(path),
            query=query,
            draw=lambda names: self._draw(source, names),
            key=authorization.removeprefix("Token ").strip() or query.get("token", ""),
        )
        reply = ask.finish(dialect(ask))
        asked = f"?{parts.query}" if parts.query else ""
        with self._lock:
            self._log.append(
                Served(self._clock.monotonic(), source, without_secrets(f"/{path}{asked}"), reply.status)
            )
        return reply

    def _draw(self, source: str, names: tuple[str, ...]) -> list[Fault]:
        with self._lock:
            return [
                fault
                for number, fault in enumerate(self._faults)
                if self._applies(number, fault, source, names)
            ]

    def _applies(self, number: int, fault: Fault, source: str, names: tuple[str, ...]) -> bool:
        if not fault.matches(source, names) or self._applied[number] == fault.times:
            return False
        name = names[-1]
        turn = self._turns[number, source, name]
        self._turns[number, source, name] += 1
        applies = fault.chance(source, name, turn)
        self._applied[number] += applies
        return applies


def control(simulator: Simulator, method: str, path: str, body: bytes) -> Reply:
    """GET status and requests; POST clock `{"now": ...}` and faults `[...]` (texts or mappings)."""
    try:
        match method, path:
            case "GET", "/simulator/status":
                pass
            case "GET", "/simulator/requests":
                return json_reply([vars(request) for request in simulator.requests])
            case "POST", "/simulator/clock":
                simulator.set_clock(_instant(_json(body)))
            case "POST", "/simulator/faults":
                simulator.set_faults([_fault(item) for item in _list(_json(body))])
            case _:
                return json_reply({"error": "GET status or requests, POST clock or faults"}, 404)
    except UsageError as error:
        return json_reply({"error": str(error)}, 400)
    return json_reply(_status(simulator))


def _status(simulator: Simulator) -> dict[str, Any]:
    return {
        "now": simulator.now.isoformat(),
        "symbols": simulator.market.symbols,
        "requests": Counter(request.source for request in simulator.requests),
        "faults": [fault_to_json(fault) for fault in simulator.faults],
    }


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the body must be JSON: {error}") from None


def _instant(value: Any) -> datetime | None:
    text = value.get("now") if isinstance(value, Mapping) else value
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise UsageError(f'{str(text)[:60]!r} is not a moment; send {{"now": "2026-01-02T12:00Z"}}') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError('faults are a list, such as ["429:yahoo:AAPL:times=2"]')
    return value


def _fault(item: Any) -> Fault:
    return parse_fault(item) if isinstance(item, str) else fault_from(item)


@contextmanager
def serve(
    market: Market, *, now: datetime | None = None, faults: Sequence[Fault] = (), port: int = 0
) -> Iterator[Simulator]:
    """Serve `market` on loopback while the context lasts; port 0 takes a free one.

    `now` bounds what is served (None: the machine's clock). `UsageError` when the port is taken.
    """
    server = _server(market, now, faults, "127.0.0.1", port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.simulator
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def run_forever(
    market: Market,
    started: Callable[[Simulator], None],
    *,
    now: datetime | None = None,
    faults: Sequence[Fault] = (),
    host: str = "127.0.0.1",
    port: int = 0,
) -> None:
    """Serve until KeyboardInterrupt, which is raised; `started` is called once it listens."""
    server = _server(market, now, faults, host, port)
    try:
        started(server.simulator)
        server.serve_forever()
    finally:
        server.stopping.set()
        server.server_close()


def _server(market: Market, now: datetime | None, faults: Sequence[Fault], host: str, port: int) -> _Server:
    simulator = Simulator(market, now, faults)
    simulator.set_clock(now)
    try:
        server = _Server(simulator, host, port)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"port {port} of {host} cannot be used ({error}); choose another with --host and --port"
        ) from None
    simulator.url = f"http://{host}:{server.server_port}"
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, simulator: Simulator, host: str, port: int) -> None:
        self.simulator = simulator
        self.stopping = threading.Event()
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect; print any other error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY:
            self._deliver(Reply(413))
            return
        self._respond(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the log of requests is the simulator's."""

    def _respond(self, body: bytes) -> None:
        simulator, path = self.server.simulator, self.path.partition("?")[0]
        if path.startswith("/simulator/"):
            self._deliver(control(simulator, self.command, path, body))
        else:
            self._deliver(simulator.answer(self.path, self.headers.get("Authorization", "")))

    def _deliver(self, reply: Reply) -> None:
        if reply.hold_s:
            self.server.stopping.wait(reply.hold_s)
            self.close_connection = True
            return
        if reply.reset:
            self._reset()
            return
        head = self._head(reply)
        if reply.gap_s:
            self._trickle(head, reply)
        elif reply.repeat > 1:
            self._stream(head, reply)
        else:
            # one write: two would wait for a delayed acknowledgement
            self.wfile.write(head + reply.body)

    def _head(self, reply: Reply) -> bytes:
        reason = self.responses.get(reply.status, ("Simulated", ""))[0]
        now = format_datetime(self.server.simulator.now.astimezone(UTC), usegmt=True)
        lines = [f"HTTP/1.1 {int(reply.status)} {reason}", "Server: marketlake-simulator", f"Date: {now}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.repeat == 1:
            lines.append(f"Content-Length: {len(reply.body) + reply.missing_bytes}")
        if reply.repeat > 1 or reply.missing_bytes or reply.gap_s:
            self.close_connection = True
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _trickle(self, head: bytes, reply: Reply) -> None:
        self.wfile.write(head)
        for position in range(len(reply.body)):
            self.wfile.write(reply.body[position : position + 1])
            if self.server.stopping.wait(reply.gap_s):
                return

    def _stream(self, head: bytes, reply: Reply) -> None:
        self.wfile.write(head)
        for _ in range(reply.repeat):
            if self.server.stopping.is_set():
                return
            self.wfile.write(reply.body)
