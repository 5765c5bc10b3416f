"""FRED, the Federal Reserve Bank of St. Louis: one series as CSV, without a key.

Symbols: FRED's series ids (`CPIAUCNS`, `NASDAQCOM`). Documentation: fred.stlouisfed.org/docs. Time:
observation dates, for a monthly series the month's first day. Adjustment: none; one number a day.
Currency: not given.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from ..model.errors import MalformedError, NotFoundError
from .contract import Access, Page, Parsed, Request, Source, excerpt, plain, status_error
from .http import get
from .rows import EPOCH, Rows, closes, parse_each

_URL: Final = "https://fred.stlouisfed.org/graph/fredgraph.csv"
_SERIES: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
_DATE_COLUMNS: Final = frozenset({"observation_date", "date"})
_MISSING: Final = frozenset({"", "."})


class Fred(Source):
    """One page per fetch."""

    def __init__(self) -> None:
        super().__init__("fred")

    def fetch(self, request: Request, access: Access) -> list[Page]:
        if not _SERIES.fullmatch(request.symbol):
            raise NotFoundError(f"fred: {request.symbol[:40]!r} is no series id; it looks like CPIAUCNS")
        span = {"cosd": request.start.isoformat(), "coed": request.end.isoformat()}
        return [get(_URL, self.name, access, {"id": request.symbol, **span}).page(request)]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, lambda own: _rows(own[-1]))


def _rows(page: Page) -> Rows:
    error = status_error(page, "fred")
    if error:
        raise error
    try:
        lines = list(csv.reader(page.body.decode("utf-8-sig").splitlines()))
        _check_header(lines[0] if lines else [], page)
        if not page.body.endswith(b"\n") and not _looks_whole(lines[1:][-2:]):
            raise ValueError("it stops within a line")
        sessions = [date.fromisoformat(day).toordinal() - EPOCH for day, _ in lines[1:]]
        return closes(sessions, [_figure(text) for _, text in lines[1:]], currency=None)
    except (ValueError, csv.Error) as wrong:
        what = f"fred's answer for {page.request.symbol} is not its series"
        raise MalformedError(
            f"{what}: {plain(str(wrong)[:100])}; it begins {excerpt(page.body)!r}"
        ) from wrong


def _check_header(header: list[str], page: Page) -> None:
    names = [name.strip().lower() for name in header]
    if len(names) != 2 or names[0] not in _DATE_COLUMNS or names[1] != page.request.symbol.lower():
        raise ValueError("its header does not name the date and the series")


def _looks_whole(lines: list[list[str]]) -> bool:
    """True if the last line, which has no line end, is complete; a truncated figure looks valid.

    FRED gives all figures of a series the same number of decimals.
    """
    figures = [line[1] for line in lines if len(line) == 2 and line[1] not in _MISSING]
    return len(figures) == 2 and len({len(figure.partition(".")[2]) for figure in figures}) == 1


def _figure(text: str) -> float | None:
    if text in _MISSING:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]!r} is no figure")
    return value
