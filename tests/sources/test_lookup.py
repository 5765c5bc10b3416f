"""Yahoo's symbol metadata, read from valid and invalid responses."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from marketlake.ingest.configure import _CALENDARS, propose
from marketlake.model.errors import MalformedError, UsageError
from marketlake.model.instruments import SourceRef
from marketlake.sources.lookup import Facts, Listing, read_expenses, read_facts, read_listing, read_search

QUOTE = {
    "exchange": "PCX",
    "shortname": "SPDR S&P 500",
    "longname": "SPDR S&P 500 ETF",
    "quoteType": "ETF",
    "symbol": "SPY",
    "exchDisp": "NYSEArca",
    "isYahooFinance": True,
}
META = {"currency": "USD", "exchangeTimezoneName": "America/New_York", "firstTradeDate": 728317800}


def chart(**meta: Any) -> bytes:
    return orjson.dumps({"chart": {"result": [{"meta": META | meta}], "error": None}})


def test_search_response_is_parsed() -> None:
    private = {"name": "A firm without shares", "isYahooFinance": False}
    listings = read_search(orjson.dumps({"quotes": [private, QUOTE]}))
    assert listings == [Listing("yahoo", "SPY", "SPDR S&P 500 ETF", "ETF", "NYSEArca")]


def test_chart_describes_its_symbol_where_the_search_failed() -> None:
    meta = {"symbol": "SPY", "longName": QUOTE["longname"], "instrumentType": "ETF"}
    listing = read_listing(chart(**meta, fullExchangeName="NYSEArca"), "SPY")
    assert [listing] == read_search(orjson.dumps({"quotes": [QUOTE]}))


def test_terminal_control_characters_are_removed() -> None:
    listings = read_search(orjson.dumps({"quotes": [QUOTE | {"longname": "a\x1b[31m\nb" + "c" * 500}]}))
    assert listings[0].name.isprintable()
    assert len(listings[0].name) <= 120


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"quotes": 7}', b'{"quotes": [1]}', b'{"quotes": null}']
)
def test_response_of_another_shape_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError, match="the answer to the search is not what Yahoo documents"):
        read_search(body)
    with pytest.raises(MalformedError, match="of SPY is not what Yahoo documents"):
        read_facts(body, "SPY")
    with pytest.raises(MalformedError, match="of SPY is not what Yahoo documents"):
        read_listing(body, "SPY")
    assert read_expenses(body) is None


@pytest.mark.parametrize(
    "meta", [{"exchangeTimezoneName": "../etc"}, {"exchangeTimezoneName": ""}, {"firstTradeDate": 10**18}]
)
def test_implausible_metadata_is_malformed(meta: dict[str, Any]) -> None:
    with pytest.raises(MalformedError, match="of SPY is not what Yahoo documents"):
        read_facts(chart(**meta), "SPY")


@pytest.mark.parametrize(("raw", "ratio"), [(0.0009, 0.0009), (0.0, None), (7, None), ("x", None)])
def test_expense_ratio_is_a_fraction(raw: Any, ratio: float | None) -> None:
    fees = {"feesExpensesInvestment": {"annualReportExpenseRatio": {"raw": raw}}}
    body = orjson.dumps({"quoteSummary": {"result": [{"fundProfile": fees}]}})
    assert read_expenses(body) == ratio


@pytest.mark.parametrize(
    ("first", "day"), [(728317800, date(1993, 1, 29)), (-1325583000, date(1927, 12, 30)), (None, None)]
)
def test_first_session_uses_the_exchange_zone(first: int | None, day: date | None) -> None:
    assert read_facts(chart(firstTradeDate=first), "SPY") == Facts("USD", "America/New_York", day)


@pytest.mark.parametrize(
    ("symbol", "kind", "currency", "zone", "expected"),
    [
        ("^GSPC", "INDEX", "USD", "America/New_York", ("GSPC", "index", "XNYS", "USD")),
        ("VOD.L", "EQUITY", "GBp", "Europe/London", ("VOD_L", "equity", "XLON", "GBP")),
        ("7203.T", "EQUITY", "JPY", "Asia/Tokyo", ("T_7203", "equity", "XTKS", "JPY")),
        ("GC=F", "FUTURE", "USD", "America/New_York", ("GC", "metal", "XNYS", "USD")),
        ("SOL-USD", "CRYPTOCURRENCY", "USD", "UTC", ("SOL", "crypto", "24/7", "USD")),
        ("EURUSD=X", "CURRENCY", "USD", "Europe/London", ("EURUSD", "currency", "24/5", "USD")),
        ("BRK-B", "EQUITY", "USD", "America/New_York", ("BRK_B", "equity", "XNYS", "USD")),
    ],
)
def test_entry_is_derived_from_the_metadata(
    symbol: str, kind: str, currency: str, zone: str, expected: tuple[str, ...]
) -> None:
    entry = propose(Listing("yahoo", symbol, "", kind), Facts(currency, zone, date(1927, 12, 30)), (), {})
    assert (entry["id"], entry["asset_class"], entry["calendar"], entry["quote_currency"]) == expected
    assert (entry["name"], entry["since"]) == (symbol, date(1970, 1, 2))
    assert entry["sources"] == [{"source": "yahoo", "symbol": symbol}]


def test_given_values_win_and_an_exchange_starts_early() -> None:
    listing, facts = Listing("yahoo", "SOL-USD", "Solana", "CRYPTOCURRENCY"), Facts("USD", "UTC", None)
    entry = propose(listing, facts, [SourceRef("bitstamp", "SOL/USD")], {"id": "SUN", "name": None})
    assert (entry["id"], entry["name"], entry["since"]) == ("SUN", "Solana", date(2011, 8, 18))
    assert [source["source"] for source in entry["sources"]] == ["bitstamp", "yahoo"]


@pytest.mark.parametrize(
    ("kind", "currency", "zone", "message"),
    [
        ("FUTURE", "USD", "America/New_York", "--asset-class"),
        ("EQUITY", "USD", "Atlantic/Reykjavik", "--calendar"),
        ("EQUITY", "", "Europe/London", "--currency"),
    ],
)
def test_missing_metadata_must_be_given(kind: str, currency: str, zone: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        propose(Listing("yahoo", "CL=F", "", kind), Facts(currency, zone, None), (), {})


def test_every_calendar_is_known() -> None:
    import exchange_calendars

    assert set(_CALENDARS.values()) <= set(exchange_calendars.get_calendar_names())
