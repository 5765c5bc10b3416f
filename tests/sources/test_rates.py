"""Specifics of the ECB's table and FRED's series."""

from __future__ import annotations

from datetime import date

import pytest

from marketlake.model.errors import MalformedError, NotFoundError
from marketlake.sources import create
from marketlake.sources.contract import Page, Request

from .conftest import zipped

SPAN = (date(2024, 3, 13), date(2024, 3, 14))
TABLE = "Date,USD,GBP,\n2024-03-14,1.5,0.5,\n2024-03-13,1.0,N/A,\n"


def ecb(body, symbol="EUR/USD"):
    return create("ecb").parse([Page(Request("X", symbol, *SPAN), "u", 200, {}, body)])


def fred(text, symbol="CPI"):
    return create("fred").parse([Page(Request("X", symbol, *SPAN), "u", 200, {}, text.encode())])


@pytest.mark.parametrize(
    ("symbol", "closes"),
    [
        ("EUR/USD", [1.5, 1.0]),
        ("USD/EUR", [1 / 1.5, 1.0]),
        ("GBP/USD", [3.0]),
        ("USD/GBP", [0.5 / 1.5]),
        ("EUR/EUR", [1.0, 1.0]),
    ],
)
def test_pair_is_the_price_of_one_base_in_quote(symbol, closes):
    parsed = ecb(zipped(TABLE), symbol)
    assert parsed.failed == {}
    assert parsed.bars["close"].to_pylist() == pytest.approx(closes)
    assert set(parsed.bars["currency"].to_pylist()) == {symbol[4:]}


def test_damaged_archive_is_downloaded_again(vendor, access, canned):
    source, request = create("ecb"), Request("X", "EUR/USD", *SPAN)
    for damaged in (b"", b"<html>Will be right back</html>", zipped(TABLE)[:-30]):
        vendor.answer = canned(damaged)
        assert "X" in source.parse(source.fetch(request, access)).failed
    vendor.answer = canned(zipped(TABLE))
    assert source.parse(source.fetch(request, access)).failed == {}


def test_four_currencies_cost_one_download(vendor, access, canned):
    vendor.answer = canned(zipped(TABLE))
    source = create("ecb")
    pages = [
        page
        for symbol in ("EUR/USD", "GBP/USD", "USD/EUR", "USD/GBP")
        for page in source.fetch(Request(symbol, symbol, *SPAN), access)
    ]
    assert vendor.requests == ["/ecb/stats/eurofxref/eurofxref-hist.zip"]
    assert source.parse(pages).failed == {}


def test_failed_download_is_not_cached(vendor, access, canned):
    source = create("ecb")
    vendor.answer = canned(b"", 503)
    source.fetch(Request("X", "EUR/USD", *SPAN), access)
    vendor.answer = canned(zipped(TABLE))
    [page] = source.fetch(Request("X", "EUR/USD", *SPAN), access)
    assert page.status == 200


def test_bundled_history_needs_no_request(vendor, access):
    source = create("ecb-bundled")
    pages = source.fetch(Request("X", "EUR/USD", *SPAN), access)
    bars = source.parse(pages).bars
    assert vendor.requests == []
    assert (
        dict(zip(bars["session"].to_pylist(), bars["close"].to_pylist(), strict=True))[date(1999, 1, 4)]
        == 1.1789
    )


@pytest.mark.parametrize("symbol", ["EURUSD", "EUR/XXX", "EUR/Date", "eur/usd", "EUR/", ""])
def test_pair_not_in_the_table_is_not_found(symbol):
    assert type(ecb(zipped(TABLE), symbol).failed["X"]) is NotFoundError


@pytest.mark.parametrize(
    "body",
    [
        zipped(TABLE, "readme.txt"),
        zipped("Time,USD\n2024-03-14,1\n"),
        zipped("Date,USD\n2024-03-14\n"),
        zipped("Date,USD\n14 March 2024,1\n"),
        zipped("Date,USD\n2024-03-14,abc\n"),
        zipped("Date,USD\n2024-03-14,-1\n"),
        zipped("Date,USD\n2024-03-14,0\n"),
        zipped("Date,USD\n2024-03-14,nan\n"),
        zipped(""),
        zipped("Date," + "x" * (65 * 1024 * 1024)),
        zipped(TABLE)[:-10],
        zipped(TABLE).replace(b"\x08\x00", b"\x0e\x00"),
    ],
)
def test_other_content_than_a_rate_table_is_malformed(body):
    assert type(ecb(body).failed["X"]) is MalformedError


def test_fred_requests_the_window(vendor, access, canned):
    vendor.answer = canned(b"DATE,CPI\n2024-03-13,1\n")
    [page] = create("fred").fetch(Request("X", "CPI", *SPAN), access)
    assert page.url.endswith("/fred/graph/fredgraph.csv?id=CPI&cosd=2024-03-13&coed=2024-03-14")
    assert page.url.startswith(vendor.url)


def test_fred_has_two_missing_value_markers():
    parsed = fred("observation_date,CPI\n2024-01-01,.\n2024-02-01,\n2024-03-01,2.5\n")
    assert parsed.bars["close"].to_pylist() == [2.5]
    assert parsed.bars["currency"].to_pylist() == [None]


@pytest.mark.parametrize(
    "text",
    [
        "observation_date,OTHER\n2024-01-01,1\n",
        "CPI\n1\n",
        "observation_date,CPI\n2024-01-01\n",
        "observation_date,CPI\n2024-01-01,1,2\n",
        "observation_date,CPI\nJan 2024,1\n",
        "observation_date,CPI\n2024-01-01,n/a\n",
        "observation_date,CPI\n2024-01-01,inf\n",
        "observation_date,CPI\n2024-01-01,313.5",
    ],
)
def test_other_content_than_a_fred_series_is_malformed(text):
    assert type(fred(text).failed["X"]) is MalformedError


@pytest.mark.parametrize("symbol", ["../x", "CPI&id=OTHER", "CPI,GDP", "", "é"])
def test_invalid_series_id_is_not_requested(vendor, access, symbol):
    with pytest.raises(NotFoundError, match="is no series id; it looks like CPIAUCNS"):
        create("fred").fetch(Request("X", symbol, *SPAN), access)
    assert vendor.requests == []
