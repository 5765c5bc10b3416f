"""Yahoo Finance, chart v8.

Symbols: Yahoo's own (`AAPL`, `^IXIC`, `GC=F`, `BTC-USD`, `EURUSD=X`, `OCDO.L`). No official documentation.
Time: a bar is stamped with its session's open in the exchange's zone, the unfinished one with its last trade.
Adjustment: prices and dividends are divided by, volume is multiplied by, every split up to the vendor's
present, so every request runs to the present. Its adjusted close is not read.
Currency: as served, minor units included (`GBp`). A dividend is taken to be in the currency of the price.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..errors import NotFoundError
from .contract import Access, Page, Parsed, Request, Source
from .rows import parse_each
from .yahoo_chart import read_chart

if TYPE_CHECKING:
    from .yahoo_client import YahooClient

_URL: Final = "https://query2.finance.yahoo.com/v8/finance/chart/"
_THE_PRESENT: Final = "9999999999"


class Yahoo(Source):
    """One page per fetch. An instance serves one thread at a time."""

    def __init__(self) -> None:
        super().__init__("yahoo")
        self._clients: dict[str | None, YahooClient] = {}

    def fetch(self, request: Request, access: Access) -> list[Page]:
        if set(request.symbol) <= {"."}:
            raise NotFoundError(f"{request.symbol!r} cannot be a symbol; check it in instruments.toml")
        # one segment of the path, whatever is in it
        url = _URL + quote(request.symbol, safe="")
        answer = self._client(access).get(url, _params(request), access)
        return [answer.page(request)]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, lambda own: read_chart(own[-1]))

    def _client(self, access: Access) -> YahooClient:
        # imported here: yfinance takes four seconds, and replay does not need it
        from .yahoo_client import YahooClient

        if access.base_url not in self._clients:
            self._clients[access.base_url] = YahooClient(self.name, access)
        return self._clients[access.base_url]


def _params(request: Request) -> dict[str, str]:
    """A day early: a session east of Greenwich opens before its date begins in UTC."""
    first = datetime.combine(request.start, time(), UTC) - timedelta(days=1)
    return {
        "period1": str(int(first.timestamp())),
        "period2": _THE_PRESENT,
        "interval": "1d",
        "events": "div,splits",
        "includeAdjustedClose": "true",
    }
