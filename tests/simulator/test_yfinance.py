"""The real yfinance reads from the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pandas as pd
import pytest

from marketlake.simulator.folder import load_market
from marketlake.simulator.market import Market
from marketlake.simulator.server import serve

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
History = Callable[..., pd.DataFrame]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[Callable[[str], History]]:
    """`Ticker.history` of yfinance, sent to a simulator instead of yahoo.com."""
    import yfinance as yf
    from curl_cffi import requests as curl
    from yfinance.data import YfData

    class Rewriting(curl.Session):  # type: ignore[type-arg]
        base = ""

        def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
            parts, base = urlsplit(url), urlsplit(self.base)
            if (parts.hostname or "").endswith("yahoo.com"):
                path = f"/yahoo{parts.path}"
                url = urlunsplit((base.scheme, base.netloc, path, parts.query, parts.fragment))
            return super().request(method, url, *args, **kwargs)

    yf.set_tz_cache_location(str(tmp_path / "cache"))
    hidden, yf.config.debug.hide_exceptions = yf.config.debug.hide_exceptions, False
    with Rewriting(impersonate="chrome") as session:

        def at(url: str) -> History:
            session.base = url
            YfData().cache_get.cache_clear()

            def ask(symbol: str, **query: Any) -> pd.DataFrame:
                return yf.Ticker(symbol, session=session).history(auto_adjust=False, timeout=5, **query)

            return ask

        yield at
    yf.config.debug.hide_exceptions = hidden


def test_whole_history_of_an_index_arrives(sample: Market, history: Callable[[str], History]) -> None:
    with serve(sample, now=NOW) as simulator:
        frame = history(simulator.url)("^IXIC", start="2013-12-01", end="2026-01-02")
    series = sample.find("yahoo", "^IXIC")
    assert series is not None
    assert len(frame) == len(series.days)
    assert frame["Close"].to_list() == series.close.tolist()
    assert [stamp.date() for stamp in frame.index] == series.days.astype(object).tolist()
    assert str(frame.index.tz) == "America/New_York"


def test_prices_are_divided_by_later_splits_and_events_are_listed(
    shares: Path, history: Callable[[str], History]
) -> None:
    with serve(load_market(shares), now=NOW) as simulator:
        frame = history(simulator.url)("CUT", start="2024-03-01", end="2024-03-15")
    assert frame["Close"].to_list() == [101.0, 102.0, 104.0, 105.0, 107.0]
    assert frame["Volume"].to_list() == [4000, 4400, 4800, 4000, 4100]
    assert frame["Stock Splits"].to_list() == [0, 0, 0, 4, 0]
    assert frame["Dividends"].to_list() == [0, 0, 0.5, 0, 1]
    early, late = 1 - 0.5 / 102, 1 - 1 / 105
    assert frame["Adj Close"].to_list() == pytest.approx(
        [101 * early * late, 102 * early * late, 104 * late, 105 * late, 107], rel=1e-12
    )


def test_split_after_the_clock_is_not_applied(shares: Path, history: Callable[[str], History]) -> None:
    with serve(load_market(shares), now=datetime(2024, 3, 6, 22, tzinfo=UTC)) as simulator:
        frame = history(simulator.url)("CUT", start="2024-03-01", end="2024-03-15")
    assert frame["Close"].to_list() == [404.0, 408.0, 416.0]
    assert frame["Dividends"].to_list() == [0, 0, 2]


def test_crypto_futures_and_currencies_keep_their_dates(
    sample: Market, history: Callable[[str], History]
) -> None:
    with serve(sample, now=NOW) as simulator:
        ask = history(simulator.url)
        for symbol, first in (("BTC-USD", date(2024, 6, 1)), ("GC=F", date(2024, 6, 3))):
            frame = ask(symbol, start="2024-06-01", end="2024-06-11")
            assert frame.index[0].date() == first
            assert frame.index[-1].date() == date(2024, 6, 10)


def test_unknown_symbol_is_rejected_as_yahoo_does(sample: Market, history: Callable[[str], History]) -> None:
    from curl_cffi.requests.exceptions import HTTPError

    with serve(sample, now=NOW) as simulator, pytest.raises(HTTPError, match="404"):
        history(simulator.url)("NOBODY", start="2024-06-01", end="2024-06-11")


def test_real_files_are_served_bit_for_bit(
    real_market: Market, real_prices: Path, history: Callable[[str], History]
) -> None:
    with serve(real_market, now=datetime(2025, 1, 2, 12, tzinfo=UTC)) as simulator:
        ask = history(simulator.url)
        for symbol in ("AAPL", "NVDA", "KO"):
            frame = ask(symbol, start="2018-01-01", end="2025-01-01")
            file = pd.read_csv(real_prices / f"{symbol}.csv", float_precision="round_trip")
            for column in ("Open", "High", "Low", "Close", "Volume", "Dividends", "Stock Splits"):
                assert frame[column].to_list() == file[column].to_list(), (symbol, column)
            assert frame["Adj Close"].to_list() == pytest.approx(file["Adj Close"].to_list(), rel=1e-5)


def test_real_shares_are_as_traded_before_their_split(
    real_market: Market, history: Callable[[str], History]
) -> None:
    with serve(real_market, now=datetime(2020, 8, 29, tzinfo=UTC)) as simulator:
        frame = history(simulator.url)("AAPL", start="2020-08-24", end="2020-09-05")
    assert frame.index[-1].date() == date(2020, 8, 28)
    assert frame["Close"].iloc[-1] == pytest.approx(499.23, abs=0.005)
