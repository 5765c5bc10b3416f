"""Series as few bytes that decode to the very same numbers.

A column of numbers becomes whole numbers (prices with few decimals, or the bits of a 32-bit float, which is
what most vendors send), each less the one before, laid out byte by byte so that gzip finds what repeats. What
is neither is kept as 64-bit floats. `page/decode.js` is the other half.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_PLACES: Final = range(9)
_LARGEST: Final = 2**51
"""Whole numbers below it, and their differences, are exact in the page's 64-bit floats."""

Numbers = npt.NDArray[Any]
"""Of 64-bit floats or whole numbers."""


@dataclass
class Pack:
    """Columns on their way into the page, each with the number by which the JSON header refers to it."""

    parts: list[bytes] = field(default_factory=list)
    kinds: list[list[Any]] = field(default_factory=list)

    def add(self, values: Numbers) -> int:
        """Keep a column; returns its number."""
        kind, part = _encoded(values)
        self.kinds.append(kind)
        self.parts.append(part)
        return len(self.kinds) - 1

    def text(self, header: dict[str, Any]) -> str:
        """Header and columns as base64 of gzip; the same input gives the same text."""
        head = json.dumps(header | {"columns": self.kinds}, separators=(",", ":"), allow_nan=False).encode()
        content = len(head).to_bytes(4, "little") + head + b"".join(self.parts)
        return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _encoded(values: Numbers) -> tuple[list[Any], bytes]:
    """[kind, count, bytes a number, decimal places], and the bytes."""
    if not len(values):
        return ["whole", 0, 0, 0], b""
    if np.issubdtype(values.dtype, np.integer):
        return _differences("whole", values.astype(np.int64), 0)
    # what is too large for a kind is infinite in it, and so not equal
    with np.errstate(over="ignore", invalid="ignore"):
        for places in _PLACES:
            scaled = np.round(values * 10.0**places)
            if np.all(np.abs(scaled) < _LARGEST) and np.array_equal(scaled / 10.0**places, values):
                return _differences("whole", scaled.astype(np.int64), places)
        single = values.astype(np.float32)
    if np.array_equal(single.astype(np.float64), values):
        return _differences("single", single.view(np.int32).astype(np.int64), 0)
    return ["double", len(values), 8, 0], _planes(values.astype("<f8").view("<u8"), 8)


def _differences(kind: str, whole: npt.NDArray[np.int64], places: int) -> tuple[list[Any], bytes]:
    change = np.diff(whole, prepend=0)
    # the sign goes into the lowest bit: small changes of either sign stay small numbers
    unsigned = np.where(change < 0, -2 * change - 1, 2 * change).astype("<u8")
    width = max(1, (int(unsigned.max()).bit_length() + 7) // 8)
    return [kind, len(whole), width, places], _planes(unsigned, width)


def _planes(values: npt.NDArray[np.uint64], width: int) -> bytes:
    """All lowest bytes, then all second ones, and so on."""
    return values.view(np.uint8).reshape(len(values), 8)[:, :width].T.tobytes()
