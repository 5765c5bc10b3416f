"""Binance's public archives of daily candles, checksummed: whole months, for first loads.

Symbols: `BASE/QUOTE` of a spot market (`BTC/USDT`). A month that is over is one archive; the days
of a younger month are one archive each. Time: the candle's UTC date, in milliseconds, since 2025 in
microseconds. Adjustment: none. Documentation: github.com/binance/binance-public-data.

An archive that is not found is one from before the listing, or one that is missing: no answer says
which. So it is no error here, and what an answer lacks between its sessions is judged like any
other source's.
"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from ..model.errors import MalformedError, NotFoundError
from .archive import NOT_AN_ARCHIVE, only_csv
from .contract import Access, Page, Parsed, Request, Source, plain, status_error
from .http import get
from .rows import DAY_MS, Rows, parse_each

_NAME: Final = "binance-archive"
_URL: Final = "https://data.binance.vision/data/spot/"
_PAIR: Final = re.compile(r"([A-Z0-9]{1,20})/([A-Z0-9]{1,20})")
_CHECKSUM: Final = re.compile(rb"([0-9a-f]{64})\s+\*?\S+\s*")
_SUM_HEADER: Final = "x-archive-sha256"
"""The published checksum, stored with the page that it is of."""
_FIRST_MONTH: Final = date(2017, 8, 1)
_YOUNG: Final = timedelta(days=45)
"""A month that began less long ago may be missing as a whole."""
_FIELDS: Final = 12
_MICROSECONDS: Final = 10**14


class BinanceArchive(Source):
    """One page per archive; a missing one is a page too."""

    def __init__(self) -> None:
        super().__init__(_NAME)

    def fetch(self, request: Request, access: Access) -> list[Page]:
        base, quote = _pair(request.symbol)
        today = access.clock.now().date()
        pages: list[Page] = []
        for month in _months(max(request.start, _FIRST_MONTH), max(request.end, _FIRST_MONTH)):
            is_over = _next(month) <= today
            if is_over:
                pages.append(_archive(f"monthly/klines/{base}{quote}", f"{month:%Y-%m}", request, access))
            if not is_over or (pages[-1].status == 404 and today - month < _YOUNG):
                pages += _days(month, today, base + quote, request, access)
            if pages and pages[-1].status not in {200, 404}:
                break
        return pages

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, _rows)


def _pair(symbol: str) -> tuple[str, str]:
    match = _PAIR.fullmatch(symbol)
    if not match:
        raise NotFoundError(
            f"{_NAME}: {symbol[:40]!r} is not a spot market; write it like BTC/USDT in instruments.toml"
        )
    return match[1], match[2]


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _next(month)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _days(month: date, today: date, pair: str, request: Request, access: Access) -> list[Page]:
    """The archives of a young month's days; stops at the first bad answer."""
    pages: list[Page] = []
    day, end = max(month, request.start), min(_next(month), today, request.end + timedelta(days=1))
    # one archive even where no day is over, because a fetch has a page
    while not pages or (day < end and pages[-1].status in {200, 404}):
        pages.append(_archive(f"daily/klines/{pair}", day.isoformat(), request, access))
        day += timedelta(days=1)
    return pages


def _archive(folder: str, span: str, request: Request, access: Access) -> Page:
    """One archive, with its published checksum among the headers."""
    url = f"{_URL}{folder}/1d/{folder.rpartition('/')[2]}-1d-{span}.zip"
    page = get(url, _NAME, access).page(request)
    if page.status != 200:
        return page
    answer = get(f"{url}.CHECKSUM", _NAME, access)
    match = _CHECKSUM.fullmatch(answer.body) if answer.status == 200 else None
    return replace(page, headers={**page.headers, _SUM_HEADER: match[1].decode() if match else ""})


def _rows(pages: list[Page]) -> Rows:
    rows = Rows(currency=_pair(pages[0].request.symbol)[1])
    errors = [error for page in pages if (error := status_error(page, _NAME))]
    bad = [error for error in errors if not isinstance(error, NotFoundError)]
    if bad or len(errors) == len(pages):
        raise (bad or errors)[0]
    for page in pages:
        if page.status == 200:
            _read(page, rows)
    return rows


def _read(page: Page, rows: Rows) -> None:
    try:
        if hashlib.sha256(page.body).hexdigest() != page.headers.get(_SUM_HEADER):
            raise ValueError("it does not match its published checksum")
        name, text = only_csv(page.body)
        if not name.startswith(f"{page.request.symbol.replace('/', '')}-1d-"):
            raise ValueError(f"it holds {name[:60]!r}")
        lines = list(csv.reader(text.splitlines()))
        # archives of futures begin with a header
        for line in lines[1:] if lines and lines[0][:1] == ["open_time"] else lines:
            _add(line, rows)
    except NOT_AN_ARCHIVE as wrong:
        what = f"{_NAME}: the archive {page.url.rpartition('/')[2][:80]} cannot be used"
        raise MalformedError(f"{what}: {plain(str(wrong)[:100])}") from wrong


def _add(line: list[str], rows: Rows) -> None:
    if len(line) != _FIELDS:
        raise ValueError(f"a line has {len(line)} fields, not {_FIELDS}")
    begin, end = int(line[0]), int(line[6])
    unit = 1000 if begin >= _MICROSECONDS else 1
    day, rest = divmod(begin, DAY_MS * unit)
    if rest or end - begin != DAY_MS * unit - 1:
        raise ValueError("a candle is not of one UTC day")
    figures = [float(text) for text in line[1:6]]
    if not all(map(math.isfinite, figures)):
        raise ValueError("a figure is no number")
    rows.session.append(day)
    for name, figure in zip(("open", "high", "low", "close", "volume"), figures, strict=True):
        getattr(rows, name).append(figure)
    rows.dividend.append(0.0)
    rows.split.append(1.0)
