"""Specifics of the exchanges: paging, windows, units, and exchanges known only to ccxt."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from marketlake.model.errors import (
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    UsageError,
)
from marketlake.sources import create
from marketlake.sources.contract import Page, Request

DAY = 86_400


def candles_of_binance(path, first, last, canned):
    """Binance's response for an instrument traded from `first` to `last`."""
    query = parse_qs(urlsplit(path).query)
    start, limit = int(query["startTime"][0]) // 1000, int(query["limit"][0])
    stamps = [stamp for stamp in range(first, last + 1, DAY) if stamp >= start][:limit]
    return canned(json.dumps([[stamp * 1000, "1", "2", "1", "2", "5"] for stamp in stamps]).encode())


def seconds(day):
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp())


def parse(source, body, symbol="BTC/USD", status=200, url="u"):
    request = Request("X", symbol, date(2024, 1, 1), date(2024, 1, 2))
    return create(source).parse([Page(request, url, status, {}, body)])


def test_paging_continues_from_the_last_candle_to_the_requested_end(vendor, access, canned):
    first, last = date(2018, 1, 1), date(2024, 12, 31)
    vendor.answer = lambda path: candles_of_binance(path, seconds(first), seconds(last), canned)
    source = create("binance")
    pages = source.fetch(Request("X", "BTC/USDT", date(2015, 1, 1), date(2023, 12, 31)), access)
    sessions = source.parse(pages).bars["session"].to_pylist()
    assert len(pages) == 3
    assert sessions[0] == first
    assert sessions[-1] == date(2023, 12, 31)
    assert len(set(sessions)) == len(sessions) == (date(2023, 12, 31) - first).days + 1


def test_empty_windows_before_the_first_candle_are_skipped(vendor, access, canned):
    listed = seconds(date(2024, 1, 10))

    def answer(path):
        query = parse_qs(urlsplit(path).query)
        start, end = (datetime.fromisoformat(query[name][0]).timestamp() for name in ("start", "end"))
        stamps = [stamp for stamp in range(listed, listed + 5 * DAY, DAY) if start <= stamp <= end]
        return canned(json.dumps([[stamp, 1, 2, 1, 2, 5] for stamp in reversed(stamps)]).encode())

    vendor.answer = answer
    source = create("coinbaseexchange")
    pages = source.fetch(Request("X", "BTC/USD", date(2021, 1, 1), date(2024, 1, 14)), access)
    days = source.parse(pages).bars["session"].to_pylist()
    assert days == [date(2024, 1, 10) + timedelta(days=n) for n in range(5)]
    assert len(pages) == 4


def test_paging_stops_at_the_first_bad_answer(vendor, access, canned):
    full = lambda path: candles_of_binance(path, 0, seconds(date(2024, 1, 1)), canned)  # noqa: E731
    answers = iter([full, lambda path: canned(b"", 503)])
    vendor.answer = lambda path: next(answers)(path)
    source = create("binance")
    pages = source.fetch(Request("X", "BTC/USDT", date(2015, 1, 1), date(2023, 12, 31)), access)
    assert [page.status for page in pages] == [200, 503]
    parsed = source.parse(pages)
    assert parsed.bars.num_rows == 0
    assert type(parsed.failed["X"]) is UnavailableError


def test_repeating_exchange_does_not_loop(vendor, access, canned):
    vendor.answer = canned(json.dumps([[seconds(date(2014, 1, 1)) * 1000, "1", "2", "1", "2", "5"]]).encode())
    pages = create("binance").fetch(Request("X", "BTC/USDT", date(2015, 1, 1), date(2023, 12, 31)), access)
    assert len(pages) == 1


def test_kraken_always_serves_its_latest_candles(vendor, access, canned):
    stamps = range(seconds(date(2024, 1, 1)), seconds(date(2024, 1, 6)), DAY)
    result = {"XXBTZEUR": [[stamp, "1", "2", "1", "2", "1.5", "5", 3] for stamp in stamps], "last": 1}
    vendor.answer = canned(json.dumps({"error": [], "result": result}).encode())
    source = create("kraken")
    pages = source.fetch(Request("X", "BTC/EUR", date(2015, 1, 1), date(2024, 1, 5)), access)
    assert len(pages) == 1
    assert "pair=XBTEUR" in pages[0].url
    bars = source.parse(pages).bars
    assert bars.num_rows == 5
    assert bars["volume"].to_pylist() == [5.0] * 5


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":["EAPI:Rate limit exceeded"]}', RateLimitedError),
        (b'{"error":["EGeneral:Too many requests"]}', RateLimitedError),
        (b'{"error":["EService:Unavailable"]}', UnavailableError),
        (b'{"error":["EService:Deadline elapsed"]}', UnavailableError),
        (b'{"error":["EQuery:Unknown asset pair"]}', NotFoundError),
        (b'{"error":["EGeneral:Invalid arguments"]}', MalformedError),
        (b'{"error":5}', MalformedError),
        (b'{"error":[],"result":{}}', MalformedError),
        (b'{"error":[],"result":{"A":[],"B":[]}}', MalformedError),
    ],
)
def test_kraken_errors_have_status_200(body, expected):
    assert type(parse("kraken", body).failed["X"]) is expected


@pytest.mark.parametrize(
    "candle",
    [
        [1704067200000, "1", "2", "1", None, "5"],
        [1704067200000, "1", "2", "1", "1e999", "5"],
        [1704067200001, "1", "2", "1", "2", "5"],
        [1704067200, "1", "2", "1", "2", "5"],
        ["x", "1", "2", "1", "2", "5"],
        [-86400000, "1", "2", "1", "2", "5"],
        [10**18, "1", "2", "1", "2", "5"],
        5,
        None,
        {},
    ],
)
def test_impossible_candle_is_malformed(candle):
    parsed = parse("binance", json.dumps([candle]).encode())
    assert type(parsed.failed["X"]) is MalformedError


def test_candle_without_values_is_dropped():
    body = b'[[1704067200000,null,null,null,null,null],[1704153600000,"1","2","1","2","5"]]'
    assert parse("binance", body).bars["session"].to_pylist() == [date(2024, 1, 2)]


def test_hourly_candles_are_rejected():
    stamps = [1704067200 + hour * 3600 for hour in range(3)]
    parsed = parse("coinbaseexchange", json.dumps([[stamp, 1, 2, 1, 2, 5] for stamp in stamps]).encode())
    assert "UTC day" in str(parsed.failed["X"])


def test_weekly_candles_are_rejected_and_days_without_trade_are_not():
    def served(days):
        stamps = [1704067200 + day * DAY for day in days]
        return parse("coinbaseexchange", json.dumps([[s, 1, 2, 1, 2, 5] for s in stamps]).encode())

    assert "7 days apart" in str(served(range(0, 70, 7)).failed["X"])
    assert served([0, 1, 9, 17, 25, 33, 50]).failed == {}
    assert served([0, 9]).failed == {}


def test_candles_are_sorted_whatever_the_order_of_pages():
    request = Request("X", "BTC/USD", date(2024, 1, 1), date(2024, 1, 9))
    days = [[5, 6, 7], [3, 4, 5], [1, 2, 3]]
    bodies = [
        json.dumps([[1704067200 + d * DAY, 1, 2, 1, 2, 5] for d in page[::-1]]).encode() for page in days
    ]
    parsed = create("coinbaseexchange").parse([Page(request, "u", 200, {}, body) for body in bodies])
    sessions = parsed.bars["session"].to_pylist()
    assert sessions == sorted(sessions)
    assert len(set(sessions)) == 7


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "error", "reason": "Rate limit exceeded."}',
        b'{"code": "TooMany", "message": "Too many requests, please try again later"}',
        b'{"error": "You have exceeded the maximum number of requests"}',
    ],
)
def test_a_rate_limit_may_have_status_400(body):
    assert type(parse("bitstamp", body, status=400).failed["X"]) is RateLimitedError


def test_an_exchange_that_serves_a_candle_a_request_is_given_up(vendor, access, canned):
    requests = []

    def answer(path):
        requests.append(path)
        start = int(parse_qs(urlsplit(path).query)["startTime"][0])
        return canned(json.dumps([[start, "1", "2", "1", "2", "5"]]).encode())

    vendor.answer = answer
    pages = create("binance").fetch(Request("X", "BTC/USDT", date(2015, 1, 1), date(2023, 12, 31)), access)
    assert len(requests) == len(pages) == 20


def test_other_exchange_is_read_without_its_markets():
    body = b'{"code":"0","data":[["1704067200000","1","2","0.5","1.5","5","5","5","1"]]}'
    parsed = parse("okx", body, "BTC/USDT", url="https://x/api/v5/market/candles?instId=BTC-USDT")
    [row] = parsed.bars.to_pylist()
    assert (row["session"], row["close"], row["currency"]) == (date(2024, 1, 1), 1.5, "USDT")


def test_other_exchange_without_candles_is_an_error():
    assert parse("okx", b'{"code":"0","data":[]}', "BTC/USDT").failed == {}
    assert type(parse("okx", b'{"code":"0"}', "BTC/USDT").failed["X"]) is MalformedError


def test_other_exchange_loads_its_markets_first(vendor, access, canned):
    market = {"symbol": "btcusd", "base_currency": "BTC", "quote_currency": "USD", "status": "open"}

    def answer(path):
        if "/candles/" in path:
            return canned(b"[[1704067200000,1,2,0.5,1.5,5]]")
        return canned(json.dumps(["btcusd"] if path.endswith("/symbols") else market).encode())

    vendor.answer = answer
    source = create("gemini")
    known = Request("X", "BTC/USD", date(2024, 1, 1), date(2024, 1, 1))
    pages = source.fetch(known, access)
    assert source.parse(pages).bars["close"].to_pylist() == [1.5]
    assert all(path.startswith("/gemini/") for path in vendor.requests)


@pytest.mark.parametrize("name", ["nonesuch", "base", "__init__", "../ccxt", "Binance", "", "async_support"])
def test_unknown_source_is_a_usage_error(name):
    with pytest.raises(UsageError, match="yahoo, ecb"):
        create(name)
