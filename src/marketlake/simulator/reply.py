"""An answer of the simulator: status, headers, body, and how it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

_JSON: Final = {"Content-Type": "application/json;charset=utf-8"}
_HTML: Final = {"Content-Type": "text/html;charset=utf-8"}


@dataclass(frozen=True)
class Reply:
    """One answer; the fields after `headers` are set by faults."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hold_s: float = 0.0
    """Seconds to wait before the connection is dropped."""
    reset: bool = False
    """Drop the connection immediately, without an answer."""
    missing_bytes: int = 0
    """How much longer than the body the announced length is."""
    gap_s: float = 0.0
    """Seconds between one byte and the next."""
    repeat: int = 1
    """How many times the body is sent."""


def json_reply(value: object, status: int = 200) -> Reply:
    """A JSON answer; NaN becomes null, floats keep every bit."""
    return Reply(status, orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY), _JSON)


def html_reply(title: str, status: int) -> Reply:
    """A page as a vendor's gateway shows it."""
    return Reply(
        status, f"<html><head><title>{title}</title></head><body>{title}</body></html>".encode(), _HTML
    )
