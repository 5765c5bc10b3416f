"""A live run first checks that a vendor is reachable."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from marketlake.airflow.embedded import ADDRESSES, require_a_vendor
from marketlake.model.errors import UnavailableError


class Handler(BaseHTTPRequestHandler):
    paths: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.paths.append(self.path)
        self.send_response(403)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor() -> Iterator[str]:
    Handler.paths.clear()
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address that is bound but not listening, so no other process can take it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_no_reachable_vendor_is_an_error_with_a_remedy(closed_port: str) -> None:
    with pytest.raises(UnavailableError, match=r"none of yahoo, ecb can be reached.*Nothing was changed"):
        require_a_vendor(["yahoo", "ecb", "yahoo"], {"yahoo": closed_port, "ecb": closed_port})


def test_any_response_counts_as_reachable(closed_port: str, vendor: str) -> None:
    addresses = {"yahoo": closed_port, "ecb": vendor}
    require_a_vendor(["yahoo", "ecb"], addresses)
    assert Handler.paths == ["/"]
    # the reachable vendor was contacted
    with pytest.raises(UnavailableError, match="none of yahoo can be reached"):
        require_a_vendor(["yahoo"], addresses)


def test_source_without_known_address_counts_as_reachable(closed_port: str) -> None:
    addresses = {"yahoo": closed_port}
    with pytest.raises(UnavailableError, match="none of yahoo can be reached"):
        require_a_vendor(["yahoo"], addresses)
    assert "files" not in ADDRESSES
    assert require_a_vendor(["yahoo", "files"], addresses) is None  # type: ignore[func-returns-value]


def test_vendor_addresses_use_tls() -> None:
    assert all(address.startswith("https://") for address in ADDRESSES.values())
