"""HTTP for the sources without a client of their own; every answer is bounded in time and size.

A redirect is stored like any other answer and not followed, so no vendor can redirect us.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from threading import Timer
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ..model.errors import MalformedError, UnavailableError, without_secrets
from .contract import Access, Page, Request, public_headers

_CHUNK: Final = 65536


@dataclass(frozen=True)
class Answer:
    """The response of a host."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def page(self, request: Request) -> Page:
        """The answer as the page of a request, without cookies and secrets."""
        return Page(request, without_secrets(self.url), self.status, public_headers(self.headers), self.body)


class _Adapter(HTTPAdapter):
    """Tracks its connections, so that a timeout can end a slow one, headers included."""

    def __init__(self) -> None:
        super().__init__()
        self._connections: list[Any] = []
        self.is_over = False

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(self._open, type(pool).ConnectionCls)
        return pool

    def _open(self, kind: Callable[..., Any], **kwargs: Any) -> Any:
        self._connections.append(kind(**kwargs))
        return self._connections[-1]

    @contextmanager
    def ending_after(self, seconds: float) -> Iterator[None]:
        """Shut every connection when the time is over."""
        self.is_over = False
        timer = Timer(seconds, self._shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _shut(self) -> None:
        self.is_over = True
        for connection in self._connections:
            # a connection closed meanwhile has no open socket
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


class BoundedSession(requests.Session):
    """A session with the limiter, `access.max_bytes` and `access.timeout`, without cookies.

    Raises `MalformedError` for an answer too long or cut off, `requests.RequestException` for
    none in time.
    """

    def __init__(self, source: str, access: Access) -> None:
        super().__init__()
        self.source = source
        self.access = access
        self.last: Answer | None = None
        """The latest complete answer."""
        self.trust_env = access.base_url is None
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._adapter = _Adapter()
        self.mount("https://", self._adapter)
        self.mount("http://", self._adapter)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        access = self.access
        if access.base_url and not str(url).startswith(f"{access.base_url}/"):
            raise requests.exceptions.InvalidURL(f"{str(url)[:80]} is not below {access.base_url}")
        access.limiter.wait(self.source)
        deadline = access.clock.monotonic() + access.timeout
        kwargs |= {"timeout": access.timeout, "stream": True, "allow_redirects": False}
        with self._adapter.ending_after(access.timeout):
            response = super().request(method, url, *args, **kwargs)
            try:
                response._content = self._body(response, deadline)
            finally:
                response.close()
        self.last = Answer(response.url, response.status_code, dict(response.headers), response.content)
        return response

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        """The decoded body.

        `read1` returns whatever has arrived, so a slow answer cannot outlast the deadline.
        """
        body = bytearray()
        try:
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self.access.max_bytes:
                    raise too_long(self.source, self.access.max_bytes)
                self._assert_in_time(deadline)
        except ReadTimeoutError as error:
            raise requests.Timeout(str(error)) from error
        except HTTPError as error:
            self._assert_in_time(deadline)
            raise cut_off(self.source, len(body)) from error
        self._assert_in_time(deadline)
        return bytes(body)

    def _assert_in_time(self, deadline: float) -> None:
        """A closed connection may return a body that looks whole."""
        if self._adapter.is_over or self.access.clock.monotonic() > deadline:
            raise requests.Timeout(f"the answer of {self.source} was not complete in time")


def get(
    url: str,
    source: str,
    access: Access,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One GET of the vendor's `url`, or of its replacement if `access.base_url` is set.

    Raises `UnavailableError` without an answer in time, `MalformedError` for one too long or cut
    off.
    """
    with BoundedSession(source, access) as session:
        try:
            session.get(rebase(url, source, access.base_url), params=params, headers=headers)
        except requests.RequestException as error:
            raise unanswered(source, error) from error
        assert session.last is not None
        return session.last


def rebase(url: str, source: str, base_url: str | None) -> str:
    """The vendor's address, or the same path and query below `{base_url}/{source}`."""
    if base_url is None:
        return url
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{base_url}/{source}{parts.path}{query}"


def unanswered(source: str, error: Exception) -> UnavailableError:
    """The error for a host that did not answer; the client's text can be long."""
    # before truncation: a truncated address with a password would not be recognised
    text = without_secrets(str(error))[:200]
    return UnavailableError(f"{source} did not answer: {type(error).__name__}: {text}")


def too_long(source: str, limit: int) -> MalformedError:
    """The error for an answer beyond `access.max_bytes`."""
    return MalformedError(f"{source} sent more than {limit} bytes for one answer; it was refused")


def cut_off(source: str, count: int) -> MalformedError:
    """The error for a truncated answer; a part may look whole, so none of it is stored."""
    return MalformedError(f"the answer of {source} was cut off after {count} bytes")
