"""The HTTP server: loopback, keep-alive, a thread a connection; and how a fault is delivered."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from ..errors import UsageError
from .control import control
from .fault import Fault
from .market import Market
from .reply import Reply
from .state import Simulator

HOST: Final = "127.0.0.1"
_MAX_BODY: Final = 1024 * 1024


@contextmanager
def serve(
    market: Market, *, now: datetime | None = None, faults: Sequence[Fault] = (), port: int = 0
) -> Iterator[Simulator]:
    """Serve `market` on loopback while the context lasts; port 0 takes a free one.

    `now` bounds what is served (the machine's clock when None). `UsageError` when the port is taken.
    """
    server = _server(market, now, faults, port)
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
    port: int = 0,
) -> None:
    """Serve until interrupted (KeyboardInterrupt passes through); `started` is called once it listens."""
    server = _server(market, now, faults, port)
    try:
        started(server.simulator)
        server.serve_forever()
    finally:
        server.stopping.set()
        server.server_close()


def _server(market: Market, now: datetime | None, faults: Sequence[Fault], port: int) -> _Server:
    simulator = Simulator(market, now, faults)
    simulator.set_clock(now)
    try:
        server = _Server(simulator, port)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"port {port} of {HOST} cannot be used ({error}); choose another with --port"
        ) from None
    simulator.url = f"http://{HOST}:{server.server_port}"
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, simulator: Simulator, port: int) -> None:
        self.simulator = simulator
        self.stopping = threading.Event()
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair; anything else is a defect and is shown."""
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
        own = path.startswith("/simulator/")
        self._deliver(control(simulator, self.command, path, body) if own else simulator.answer(self.path))

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
            # one write: two would cost a delayed acknowledgement
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
