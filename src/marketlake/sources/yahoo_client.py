"""The client of Yahoo: yfinance's session, cookie and crumb, and nothing else of it.

yfinance hides most failures, so the answer is recorded before yfinance handles it. On a status of
400 or more, yfinance fetches a new cookie and crumb and retries once, unless the refusal is final.
The last answer counts.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import yfinance
from curl_cffi.curl import CURL_WRITEFUNC_ERROR
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import IncompleteRead, RequestException, Timeout
from yfinance.data import YfData
from yfinance.exceptions import YFException

from .contract import Access
from .http import Answer, cut_off, rebase, too_long, unanswered

_WANTED: Final = ("/v8/finance/chart/", "/v1/finance/search", "/v10/finance/quoteSummary/")
"""Paths of data requests; any other request is for a cookie or crumb."""
_TERMINAL: Final = frozenset({403, 451})
"""Refusals that a new cookie cannot change."""
_COOKIE_BYTES: Final = 1024 * 1024
_LET_THROUGH: Final = (
    RequestException,
    YFException,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)
"""Errors of yfinance for a refusal, a dead host or unexpected cookie pages."""


class YahooClient:
    """One cookie and crumb for one address; not thread-safe."""

    def __init__(self, source: str, access: Access) -> None:
        # Without a folder for its cache yfinance keeps its cookie in memory: nothing of it outlives
        # the process and no pickle is read from a disk that others can write to.
        yfinance.set_tz_cache_location(os.devnull)
        # its warnings repeat our errors
        logging.getLogger("yfinance").setLevel(logging.ERROR)
        # it warns of characters in a consent page that nobody reads
        logging.getLogger("bs4.dammit").setLevel(logging.ERROR)
        self._session = _Session(source, access)
        # Called past its metaclass, which would hand out one client, with one cookie, for all
        # addresses.
        self._client: YfData = type.__call__(YfData, self._session)

    def get(self, url: str, params: Mapping[str, str], access: Access) -> Answer:
        """The answer as served.

        `UnavailableError` without one, `MalformedError` for one too long or cut off.
        """
        self._session.begin(access)
        try:
            self._client.get(url, params=dict(params), timeout=access.timeout)
        except _LET_THROUGH as error:
            if self._session.answer is None:
                raise unanswered(self._session.source, error) from error
        # yfinance looks for its cookie on the disk alone and would request one before every
        # request; the session has it. After a refusal yfinance forgets both and requests them
        # again.
        if self._client._crumb is not None:
            self._client._cookie = True
        assert self._session.answer is not None
        return self._session.answer


class _Session(Session[Response]):
    """Sends requests for yahoo.com to `base_url`, within limits, and keeps the last data answer."""

    def __init__(self, source: str, access: Access) -> None:
        super().__init__(impersonate="chrome")
        self.source = source
        self.begin(access)

    def begin(self, access: Access) -> None:
        """Start a fetch: the time limit covers all its requests."""
        self.access = access
        self.deadline = access.clock.monotonic() + access.timeout
        self.answer: Answer | None = None
        self.proxies = {"all": ""} if access.base_url else {}

    def request(self, method: Any, url: str, **kwargs: Any) -> Response:  # type: ignore[override]
        if self.answer is not None and self.answer.status in _TERMINAL:
            raise RequestException("yahoo refused; no further request is sent")
        is_wanted = urlsplit(url).path.startswith(_WANTED)
        # cookie pages may redirect, but never into a private network
        kwargs["allow_redirects"] = False if is_wanted or self.access.base_url else "safe"
        self._wait()
        body = _Body(self.access.max_bytes if is_wanted else _COOKIE_BYTES)
        kwargs |= {"timeout": self._seconds(is_wanted), "content_callback": body.take}
        try:
            response: Response = super().request(method, self._address(url), **kwargs)
        except RequestException as error:
            if is_wanted and body.is_full:
                raise too_long(self.source, self.access.max_bytes) from error
            if is_wanted and isinstance(error, IncompleteRead):
                raise cut_off(self.source, len(body.content)) from error
            raise
        response.content = bytes(body.content)
        if is_wanted:
            self.answer = _answer(response)
        return response

    def _wait(self) -> None:
        """Wait for the limiter; the waiting time does not count for the vendor's time limit."""
        before = self.access.clock.monotonic()
        self.access.limiter.wait(self.source)
        self.deadline += self.access.clock.monotonic() - before

    def _address(self, url: str) -> str:
        host = urlsplit(url).hostname or ""
        if host != "yahoo.com" and not host.endswith(".yahoo.com"):
            raise RequestException(f"{host[:80]} is not Yahoo's")
        return rebase(url, self.source, self.access.base_url)

    def _seconds(self, is_wanted: bool) -> float:
        """The time left; an optional request (cookie or crumb) gets a third of the limit."""
        left = self.deadline - self.access.clock.monotonic()
        if left <= 0:
            raise Timeout("no time left")
        return left if is_wanted else min(left, self.access.timeout / 3)


class _Body:
    """Collects an answer's chunks up to a limit."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self.limit = limit
        self.is_full = False

    def take(self, chunk: bytes) -> int:
        if len(self.content) + len(chunk) > self.limit:
            self.is_full = True
            return CURL_WRITEFUNC_ERROR
        self.content += chunk
        return len(chunk)


def _answer(response: Response) -> Answer:
    headers = {str(name): str(value) for name, value in response.headers.items()}
    return Answer(_without_crumb(response.url), response.status_code, headers, response.content)


def _without_crumb(url: str) -> str:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return urlunsplit(parts._replace(query=urlencode([pair for pair in query if pair[0] != "crumb"])))
