"""Recorded responses of the real vendors are parsed or rejected correctly."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from marketlake.model.errors import MalformedError
from marketlake.sources import create
from marketlake.sources.contract import Page, Parsed, Request

SPAN = (date(2020, 1, 1), date(2020, 1, 3))


def yahoo(folder: Path, name: str, symbol: str) -> Parsed:
    recorded = json.loads((folder / "yahoo-chart" / name).read_text())
    answer = recorded["response"]
    body = json.dumps(answer["bodyJson"]).encode()
    page = Page(
        Request("X", symbol, *SPAN), recorded["request"]["url"], answer["status"], answer["headers"], body
    )
    return create("yahoo").parse([page])


def exchange(source: str, symbol: str, body: bytes) -> Parsed:
    return create(source).parse([Page(Request("X", symbol, *SPAN), "u", 200, {}, body)])


def test_split_and_dividend_of_apple(shared):
    bars = yahoo(shared, "chart-AAPL-2020-08-31-to-2020-11-07.json", "AAPL").bars
    rows = {row["session"]: row for row in bars.to_pylist()}
    assert rows[date(2020, 8, 31)]["split"] == 4.0
    assert rows[date(2020, 8, 31)]["close"] == pytest.approx(129.04, abs=0.005)
    assert {day: row["dividend"] for day, row in rows.items() if row["dividend"]} == {
        date(2020, 11, 6): 0.205
    }
    assert len(rows) == bars.num_rows == 49


def test_dividends_of_microsoft(shared):
    bars = yahoo(shared, "historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json", "MSFT").bars
    paid = {row["session"].isoformat(): row["dividend"] for row in bars.to_pylist() if row["dividend"]}
    assert paid == {"2021-02-17": 0.56, "2021-05-19": 0.56, "2021-08-18": 0.56, "2021-11-17": 0.62}


@pytest.mark.parametrize(
    ("symbol", "days", "currency"),
    [
        ("OCDO.L", [2], "GBp"),
        ("BTC-USD", [1, 2, 3], "USD"),
        ("GC=F", [2], "USD"),
        ("EURUSD=X", [1, 2, 3], "USD"),
        ("QQQ", [2], "USD"),
    ],
)
def test_sessions_and_currency_of_each_kind(shared, symbol, days, currency):
    rows = yahoo(shared, f"chart-{symbol}-2020-01-01-to-2020-01-03.json", symbol).bars.to_pylist()
    assert [row["session"] for row in rows] == [date(2020, 1, day) for day in days]
    assert {row["currency"] for row in rows} == {currency}


def test_prices_without_dates_are_refused(shared):
    parsed = yahoo(shared, "chart-notimestamp-quotes-length.fake.json", "AAPL")
    assert type(parsed.failed["X"]) is MalformedError


def test_binance_example_of_its_documentation(shared):
    body = (shared / "exchange-ohlc" / "binance_test_data_spot_http_json_klines_response.json").read_bytes()
    [row] = exchange("binance", "ETH/BTC", body).bars.to_pylist()
    assert (row["session"], row["close"], row["volume"]) == (date(2017, 7, 3), 0.015771, 148976.11427815)


@pytest.mark.parametrize(
    ("name", "symbol"), [("kraken_http_ohlc.json", "BTC/USDT"), ("example-ohlc-data.json", "BTC/USD")]
)
def test_kraken_minute_candles_are_rejected(shared, name, symbol):
    parsed = exchange("kraken", symbol, (shared / "exchange-ohlc" / name).read_bytes())
    assert "UTC day" in str(parsed.failed["X"])


def test_coinbase_hourly_candles_are_rejected(shared):
    recorded = json.loads((shared / "exchange-ohlc" / "coinbaseexchange.fetchOHLCV.json").read_text())
    [call] = recorded["methods"]["fetchOHLCV"]
    parsed = exchange("coinbaseexchange", "BTC/USDT", json.dumps(call["httpResponse"]).encode())
    assert "UTC day" in str(parsed.failed["X"])


def test_csv_files_written_by_yfinance(shared):
    def parsed(name: str) -> Parsed:
        body = (shared / "csv-variants" / name).read_bytes()
        return create("files").parse([Page(Request("X", name, *SPAN), "u", 200, {}, body)])

    rows = parsed("yfinance-multiindex-header_BTC-USD.csv").bars.to_pylist()
    assert (rows[0]["session"], rows[0]["open"]) == (date(2025, 9, 7), 110221.328125)
    assert parsed("yfinance-empty-header-only_GLD.csv").bars.num_rows == 0
    assert parsed("yfinance-empty-header-only_GLD.csv").failed == {}
