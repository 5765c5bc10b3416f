"""Binance's archives: a zip for each finished month or day of daily candles, and its checksum."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import Final

import numpy as np

from ..ask import Ask
from ..market import Bars
from ..reply import Reply, html_reply
from .candles import DAY, find, rows, text

_ARCHIVE: Final = re.compile(
    r"/data/spot/(?:monthly|daily)/klines/([A-Z0-9]+)/1d/\1-1d-(\d{4}-\d\d(?:-\d\d)?)\.zip(\.CHECKSUM)?"
)
_MICROSECONDS_FROM: Final = 1_735_689_600
"""1 January 2025."""


def answer(ask: Ask) -> Reply:
    """The archive or its checksum; 404 for a span that is not over."""
    match = _ARCHIVE.fullmatch(ask.path)
    if match is None:
        return html_reply("Not Found", 404)
    pair, span, is_checksum = match.groups()
    candles = find(ask, "binance", pair)
    try:
        first = np.datetime64(span)
    except ValueError:
        return html_reply("Not Found", 404)
    after = first + np.timedelta64(1, "M" if len(span) == len("2025-01") else "D")
    begin, end = first.astype("datetime64[D]"), after.astype("datetime64[D]")
    if candles is None or end > np.datetime64(ask.now.replace(tzinfo=None), "D"):
        return html_reply("Not Found", 404)
    bars = candles.bars.take((candles.bars.days >= begin) & (candles.bars.days < end))
    if not len(bars):
        return html_reply("Not Found", 404)
    body = _zipped(ask.spoil(bars), f"{pair}-1d-{span}")
    if is_checksum:
        checksum = f"{hashlib.sha256(body).hexdigest()}  {pair}-1d-{span}.zip\n"
        return Reply(200, checksum.encode(), {"Content-Type": "binary/octet-stream"})
    return Reply(200, body, {"Content-Type": "application/zip"})


def _zipped(bars: Bars, name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # a fixed time stamp: the same candles give the same bytes
        info = zipfile.ZipInfo(f"{name}.csv", (1980, 1, 1, 0, 0, 0))
        archive.writestr(info, "".join(map(_line, rows(bars))), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _line(row: tuple[int, float, float, float, float, float]) -> str:
    begin, *figures = row
    unit = 1_000_000 if begin >= _MICROSECONDS_FROM else 1000
    prices = [text(figure) or "" for figure in figures]
    return ",".join([str(begin * unit), *prices, str((begin + DAY) * unit - 1), "0,0,0,0,0\n"])
