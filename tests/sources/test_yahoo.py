"""Specifics of Yahoo: dates, events, restated splits, and responses that are no chart."""

from __future__ import annotations

import json
from datetime import date

import pytest

from marketlake.model.errors import MalformedError, NotFoundError, UnavailableError
from marketlake.sources import create
from marketlake.sources.contract import Page, Request

REQUEST = Request("X", "ABC", date(2024, 3, 13), date(2024, 3, 14))


def parse(document, status=200):
    page = Page(REQUEST, "u", status, {}, json.dumps(document).encode())
    return create("yahoo").parse([page])


def rows(document):
    parsed = parse(document)
    assert parsed.failed == {}
    return parsed.bars.to_pylist()


def at(day, hour):
    """Unix time of an hour in March 2024, UTC."""
    return 1709251200 + (day - 1) * 86400 + hour * 3600


def meta(chart):
    return chart["chart"]["result"][0]["meta"]


def test_request_starts_a_day_early_and_ends_now(vendor, access, chart_of, canned):
    vendor.answer = canned(json.dumps(chart_of("ABC")).encode())
    [page] = create("yahoo").fetch(REQUEST, access)
    assert f"period1={at(12, 0)}&period2=9999999999&interval=1d" in page.url
    assert "crumb" not in page.url
    assert any("crumb=secret-crumb" in path for path in vendor.requests)


def test_second_fetch_is_one_request_without_cached_rows(vendor, access, chart_of, canned):
    source = create("yahoo")
    vendor.answer = canned(json.dumps(chart_of("ABC")).encode())
    source.fetch(REQUEST, access)
    vendor.requests.clear()
    vendor.answer = canned(b"later")
    [page] = source.fetch(REQUEST, access)
    assert page.body == b"later"
    assert len(vendor.requests) == 1


def test_hanging_cookie_page_does_not_block_the_chart(vendor, access, chart_of, canned):
    good = canned(json.dumps(chart_of("ABC")).encode())
    vendor.answer = lambda path: good if "/chart/" in path else canned(b"x" * 3_000_000)
    [page] = create("yahoo").fetch(REQUEST, access)
    assert page.body == good.body


def test_response_after_a_new_crumb_counts(vendor, access, chart_of, canned):
    bad = canned(
        b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}', 401
    )
    good = canned(json.dumps(chart_of("ABC")).encode())
    charts = iter([bad, good])
    vendor.answer = lambda path: next(charts) if "/chart/" in path else canned(b"", 404)
    [page] = create("yahoo").fetch(REQUEST, access)
    assert page.status == 200


def test_sessions_are_exchange_local_dates(chart_of):
    sydney = chart_of("ABC", timestamp=[at(12, 23), at(13, 23)])
    meta(sydney)["exchangeTimezoneName"] = "Australia/Sydney"
    assert [row["session"].day for row in rows(sydney)] == [13, 14]


@pytest.mark.parametrize("name", ["No/Such", "../../etc/localtime", "", None, "America"])
def test_unknown_zone_falls_back_to_the_offset(chart_of, name):
    sydney = chart_of("ABC", timestamp=[at(12, 23), at(13, 23)])
    meta(sydney).update(exchangeTimezoneName=name, gmtoffset=39600)
    assert [row["session"].day for row in rows(sydney)] == [13, 14]


def test_events_are_in_the_row_of_their_date(chart_of):
    events = {
        "dividends": {
            "1": {"amount": 0.25, "date": at(13, 13)},
            "2": {"amount": 1.0, "date": at(13, 14)},
            "3": {"amount": 0.5, "date": at(16, 13)},
        },
        "splits": {"4": {"date": at(14, 13), "numerator": 1281, "denominator": 1000, "splitRatio": "1:1"}},
    }
    actual = rows(chart_of("ABC", events=events))
    assert [(row["session"].day, row["close"], row["dividend"], row["split"]) for row in actual] == [
        (13, 2.0, 1.25, 1.0),
        (14, 3.0, 0.0, 1281 / 1000),
        (16, None, 0.5, 1.0),
    ]
    assert all(row["split_adjusted"] for row in actual)


def test_capital_gain_is_noted_and_not_added_to_its_dividend(chart_of, vendor, access, canned):
    paid = {"1": {"amount": 0.837, "date": at(13, 13)}}
    document = chart_of(
        "ABC", events={"dividends": paid, "capitalGains": {"1": paid["1"] | {"amount": 0.417}}}
    )
    assert [(row["dividend"], row["capital_gain"]) for row in rows(document)] == [(0.837, 0.417), (0.0, None)]
    assert {row["capital_gain"] for row in rows(chart_of("ABC"))} == {None}
    vendor.answer = canned(json.dumps(document).encode())
    [page] = create("yahoo").fetch(REQUEST, access)
    assert "events=div%2Csplits%2CcapitalGains" in page.url


def test_bar_without_close_is_dropped_but_its_event_is_kept(chart_of):
    document = chart_of("ABC", events={"dividends": {"1": {"amount": 0.25, "date": at(13, 13)}}})
    document["chart"]["result"][0]["indicators"]["quote"][0]["close"] = [None, None]
    [row] = rows(document)
    assert (row["session"].day, row["dividend"]) == (13, 0.25)
    assert [row[name] for name in ("open", "high", "low", "close", "volume")] == [None] * 5


def test_duplicates_and_the_unfinished_bar_are_kept(chart_of):
    assert [row["session"].day for row in rows(chart_of("ABC", timestamp=[at(14, 13), at(14, 19)]))] == [
        14,
        14,
    ]


def test_chart_without_bars_is_no_error(chart_of):
    assert rows(chart_of("ABC", timestamp=None, indicators={"quote": [{}]})) == []


def test_phantom_symbol_is_not_found(chart_of):
    document = chart_of("ABC", timestamp=None, indicators={"quote": [{}]})
    meta(document).update(instrumentType="ECNQUOTE", currency=None)
    assert type(parse(document).failed["X"]) is NotFoundError


@pytest.mark.parametrize(
    ("document", "status", "expected"),
    [
        ({"finance": {"error": {"code": "Internal Server Error"}}}, 500, UnavailableError),
        ({"finance": {"error": {"description": "Invalid Crumb"}}}, 401, UnavailableError),
        ({"chart": {"result": None, "error": {"code": "Not Found"}}}, 200, NotFoundError),
        ({"chart": {"result": None, "error": {"code": "Unprocessable Entity"}}}, 422, MalformedError),
        ({"chart": {"result": [], "error": None}}, 200, MalformedError),
        ({"chart": {"result": None}}, 200, MalformedError),
    ],
)
def test_yahoo_response_maps_to_its_error(document, status, expected):
    assert type(parse(document, status).failed["X"]) is expected


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": [1, 2, 3]},
        {"timestamp": ["a", "b"]},
        {"timestamp": [1.5, True]},
        {"timestamp": [10**30, 1]},
        {"timestamp": [10**15, 1]},
        {"indicators": {"quote": [{}]}},
        {"indicators": {}},
        {"indicators": {"quote": [{"close": ["1", "2"]}]}},
        {"indicators": {"quote": [{"close": [True, False]}]}},
        {"indicators": {"quote": [{"close": [1, 2], "open": 5}]}},
        {"events": [1]},
        {"events": {"splits": {"1": {"date": 1, "numerator": 1, "denominator": 0}}}},
        {"events": {"splits": {"1": {"date": 1, "numerator": -1, "denominator": 2}}}},
        {"events": {"dividends": {"1": {"date": 1, "amount": "1"}}}},
        {"events": {"dividends": {"1": {"date": None, "amount": 1}}}},
        {"meta": None},
        {"meta": {"dataGranularity": "1d", "symbol": "ABC", "currency": 5}},
    ],
)
def test_inconsistent_chart_is_malformed(chart_of, changes):
    assert type(parse(chart_of("ABC", **changes)).failed["X"]) is MalformedError


@pytest.mark.parametrize(("name", "value"), [("dataGranularity", "1wk"), ("symbol", "OTHER")])
def test_response_for_another_series_is_rejected(chart_of, name, value):
    document = chart_of("ABC")
    meta(document)[name] = value
    error = parse(document).failed["X"]
    assert type(error) is MalformedError
    assert value in str(error)
