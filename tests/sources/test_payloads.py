"""Recorded responses of the real vendors are parsed or rejected correctly."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from marketlake.model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
)
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


def tiingo(body: bytes, status: int = 200) -> Parsed:
    page = Page(Request("X", "GOOGL", *SPAN), "https://api.tiingo.com/", status, {}, body)
    return create("tiingo").parse([page])


def test_tiingo_prices_are_as_traded_with_their_dividend(shared):
    rows = tiingo((shared / "tiingo" / "daily_AAPL_2023_dividend.json").read_bytes()).bars.to_pylist()
    by_day = {row["session"]: row for row in rows}
    assert {day: row["dividend"] for day, row in by_day.items() if row["dividend"]} == {
        date(2023, 2, 10): 0.23
    }
    assert by_day[date(2023, 2, 9)]["close"] == 150.87
    assert by_day[date(2023, 2, 9)]["volume"] == 56_007_143
    assert not any(row["split_adjusted"] for row in rows)


@pytest.mark.parametrize("name", ["daily_GOOGL_2015-01", "daily_GOOGL_2018-01-05_19"])
def test_tiingo_json_and_csv_give_the_same_rows(shared, name):
    folder = shared / "tiingo"
    as_json, as_csv = ((folder / f"{name}.{suffix}").read_bytes() for suffix in ("json", "csv"))
    assert tiingo(as_json).bars.num_rows > 1
    assert tiingo(as_json).bars.equals(tiingo(as_csv).bars)


def test_tiingo_midnight_is_not_shifted_to_new_york(shared):
    first = tiingo((shared / "tiingo" / "daily_GOOGL_2015-01.json").read_bytes()).bars.to_pylist()[0]
    [latest] = tiingo((shared / "tiingo" / "latest_GOOGL_no_range.json").read_bytes()).bars.to_pylist()
    assert first["session"] == date(2015, 1, 2)
    assert (latest["session"], latest["close"]) == (date(2018, 4, 12), 1037.29)


@pytest.mark.parametrize(
    "name",
    [
        "weekly_AAPL.csv",
        "weekly_GOOGL.csv",
        "meta_GOOGL.json",
        "crypto_btcusd_1d.json",
        "iex_GOOGL_30Min.json",
    ],
)
def test_other_answers_of_tiingo_are_no_daily_prices(shared, name):
    assert type(tiingo((shared / "tiingo" / name).read_bytes()).failed["X"]) is MalformedError


@pytest.mark.parametrize(
    "name", ["error_hourly.json", "error_200_monthly_symbols.txt", "error_csv_hourly_as_quoted.txt"]
)
@pytest.mark.parametrize("status", [200, 429])
def test_quota_of_tiingo_is_recognised_by_its_text(shared, name, status):
    error = tiingo((shared / "tiingo" / name).read_bytes(), status).failed["X"]
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 3600


def test_unknown_path_of_tiingo_is_not_found(shared):
    body = (shared / "tiingo" / "error_404_not_found.json").read_bytes()
    assert [type(tiingo(body, status).failed["X"]) for status in (404, 200)] == [NotFoundError] * 2


@pytest.mark.parametrize(
    ("body", "status"), [(b"Please supply a token", 200), (b'{"detail":"Invalid token."}', 401)]
)
def test_wrong_key_of_tiingo_is_named_as_the_reason(body, status):
    error = tiingo(body, status).failed["X"]
    assert isinstance(error, BlockedError)
    assert "TIINGO_API_KEY" in str(error)
