"""Recorded pages, hourly bars and documents of other vendors are refused, or parsed as far as they
are right."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from marketlake.ingest.normalise import Window, normalise
from marketlake.model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    SourceError,
    UnavailableError,
)
from marketlake.model.instruments import load_universe
from marketlake.sources import create
from marketlake.sources.contract import Page, Parsed, Request
from marketlake.sources.lookup import read_expenses, read_search

from ..universes import entry

SPAN = (date(2020, 1, 1), date(2020, 1, 3))
SOURCES = ("yahoo", "binance", "bitstamp", "coinbaseexchange", "kraken", "fred", "tiingo", "ecb")
FOREIGN = ("alpha-vantage-and-others/*.json", "stooq/*.txt", "stooq/*.html", "binance-vision/*.csv")


def parse(source: str, symbol: str, body: bytes, status: int = 200, **headers: str) -> Parsed:
    return create(source).parse([Page(Request("X", symbol, *SPAN), "https://host/", status, headers, body)])


def error(parsed: Parsed) -> SourceError:
    assert parsed.bars.num_rows == 0
    return parsed.failed["X"]


def recorded(path: Path) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a recorded answer."""
    answer: dict[str, Any] = json.loads(path.read_text())["response"]
    body = json.dumps(answer["bodyJson"]) if "bodyJson" in answer else answer.get("body") or ""
    return answer["status"], answer["headers"], body.encode()


@pytest.mark.parametrize("name", ["consent-0-quote-307.json", "consent-1-guce-302.json"])
def test_yahoo_on_the_way_to_its_consent_page_is_a_block(shared, name):
    status, headers, body = recorded(shared / "yahoo-more" / name)
    assert type(error(parse("yahoo", "AAPL", body, status, **headers))) is BlockedError


def test_consent_page_of_yahoo_is_a_block_though_its_status_is_200(shared):
    body = (shared / "yahoo-more" / "consent-2-collectConsent.html").read_bytes()
    assert "consent page" in str(error(parse("yahoo", "AAPL", body)))


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("body_401_invalid_crumb.json", 401, UnavailableError),
        ("body_429_edge.txt", 429, RateLimitedError),
        ("body_429_plain.txt", 429, RateLimitedError),
        ("body_429_edge.txt", 200, RateLimitedError),
    ],
)
def test_refusal_of_yahoo_has_its_outcome(shared, name, status, expected):
    body = (shared / "yahoo-more" / name).read_bytes()
    assert type(error(parse("yahoo", "AAPL", body, status))) is expected


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("chart-NVDA-1h-1d-2024-05-03.json", "NVDA"), ("chart-BTC-USD-1h-30h-2024-04-01.json", "BTC-USD")],
)
def test_hourly_chart_with_its_ghost_bar_is_no_daily_chart(shared, name, symbol):
    found = error(parse("yahoo", symbol, (shared / "yahoo-more" / name).read_bytes()))
    assert "'1h', not of a day" in str(found)


def test_chart_without_time_stamps_has_no_rows(shared):
    status, headers, body = recorded(shared / "yahoo-more" / "chart-TSLA-1h-no-timestamp.fake.json")
    parsed = parse("yahoo", "TSLA", body, status, **headers)
    assert (parsed.bars.num_rows, parsed.failed) == (0, {})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("QQQ", ["QQQ", "TQQQ", "SQQQ", "QQQM", "QLD", "QID"]),
        ("EURUSD=X", ["EURUSD=X"]),
        ("0P000071W8.TO", ["0P000071W8.TO"]),
        ("NO0010123060", []),
    ],
)
def test_search_of_yahoo_lists_its_securities(shared, name, found):
    listings = read_search(recorded(shared / "yahoo-more" / f"search-{name}.json")[2])
    assert [listing.symbol for listing in listings] == found


def test_search_of_yahoo_gives_names_and_kinds(shared):
    bitcoin, *others = read_search(recorded(shared / "yahoo-more" / "search-BTC-USD.json")[2])
    assert (bitcoin.name, bitcoin.kind, len(others)) == ("Bitcoin USD", "CRYPTOCURRENCY", 5)
    assert {listing.kind for listing in others} == {"CRYPTOCURRENCY", "MUTUALFUND"}


@pytest.mark.parametrize(
    ("name", "expenses"),
    [
        ("quoteSummary-all-QQQ.json", 0.002),
        ("quoteSummary-all-0P000071W8.TO.json", None),
        ("quoteSummary-404-balanceSheetHistory-QQQ.json", None),
    ],
)
def test_expense_ratio_of_a_fund_is_a_fraction(shared, name, expenses):
    assert read_expenses(recorded(shared / "yahoo-more" / name)[2]) == expenses


@pytest.mark.parametrize("fund", ["DODFX", "JENYX"])
def test_capital_gain_is_part_of_the_dividend_and_not_added(shared, fund):
    """The plain frame and the repaired one differ in the vendor's adjusted close alone."""
    folder = shared / "yahoo-more"
    names = [f"yfinance_{fund}-1d-cg-double-count{end}.csv" for end in ("", "-fixed")]
    served, repaired = (parse("files", name, (folder / name).read_bytes()).bars for name in names)
    days = {row["session"]: row for row in repaired.to_pylist()}
    rows = [row for row in served.to_pylist() if row["session"] in days]
    assert len(rows) == len(days) > 400
    for row in rows:
        assert row["dividend"] == pytest.approx(days[row["session"]]["dividend"], abs=1e-12)
        assert row["close"] == pytest.approx(days[row["session"]]["close"], rel=1e-9)
    if fund == "DODFX":
        paid = {row["session"]: row["dividend"] for row in rows if row["dividend"]}
        assert paid[date(2025, 12, 18)] == pytest.approx(0.837)


def test_hourly_file_has_no_session_that_can_be_stored(shared, tmp_path):
    name = "yfinance_ASAI-L-1h-bad-unit.csv"
    served = parse("files", name, (shared / "yahoo-more" / name).read_bytes()).bars
    path = tmp_path / "instruments.toml"
    path.write_text(entry("X", f"files:{name}", kind="equity", calendar="XLON", quote_currency="GBP"))
    [instrument] = load_universe(path).instruments
    span = date(2024, 10, 1), date(2024, 12, 31)
    window = Window(instrument, "files", *span, datetime(2025, 1, 10, tzinfo=UTC))
    normalised = normalise(served, {"X": window})
    counts = Counter(served["session"].to_pylist())
    several = {day for day, count in counts.items() if count > 1}
    assert normalised.conflicts.num_rows > 0
    assert not several & set(normalised.bars["session"].to_pylist())


@pytest.mark.parametrize(
    ("name", "source", "symbol"),
    [
        ("bitstamp_ohlc_step3600.json", "bitstamp", "BTC/USDT"),
        ("coinbase_candles_granularity3600.json", "coinbaseexchange", "BTC/USDT"),
        ("coinbase_advanced_candles_ONE_HOUR.json", "coinbase", "BTC/USD"),
        ("binanceus_klines_1h.json", "binance", "BTC/USDT"),
        ("binance_klines_1m.json", "binance", "BTC/USDT"),
        ("kraken_OHLC_60_last_open_candle.trimmed.json", "kraken", "BTC/USDT"),
    ],
)
def test_candles_of_hours_and_minutes_are_refused(shared, name, source, symbol):
    assert "UTC day" in str(error(parse(source, symbol, (shared / "exchange-1h" / name).read_bytes())))


def test_daily_candles_of_coinbase_are_read_in_their_own_order(shared):
    body = (shared / "exchange-1h" / "coinbase_candles_86400.json").read_bytes()
    rows = parse("coinbaseexchange", "BTC/USD", body).bars.to_pylist()
    assert [row["session"] for row in rows] == sorted(row["session"] for row in rows)
    # time, low, high, open, close, volume
    served = [29516.98, 32900, 29818.73, 32120.19, 5957.46980324]
    assert [rows[-1][name] for name in ("low", "high", "open", "close", "volume")] == served
    assert rows[-1]["session"] == date(2021, 1, 7)


@pytest.mark.parametrize("source", SOURCES)
def test_documents_of_other_vendors_never_become_prices(shared, source):
    symbol = {"yahoo": "AAPL", "fred": "AAPL", "tiingo": "AAPL", "ecb": "EUR/USD"}.get(source, "BTC/USDT")
    paths = [path for pattern in FOREIGN for path in sorted(shared.glob(pattern))]
    assert len(paths) > 12
    for path in paths:
        found = error(parse(source, symbol, path.read_bytes()))
        assert isinstance(found, MalformedError | NotFoundError | RateLimitedError | UnavailableError), path
