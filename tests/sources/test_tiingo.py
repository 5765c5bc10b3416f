"""Tiingo: its key, which is sent and never stored, and its place as a second source."""

from __future__ import annotations

import dataclasses
import logging
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pytest

from marketlake.ingest.fetch import Fetcher, access_of
from marketlake.ingest.job import BACKFILL, Job
from marketlake.ingest.plan import plan_backfill
from marketlake.ingest.reconcile import plan_reconcile
from marketlake.model.errors import MisconfiguredError, UsageError
from marketlake.model.settings import Settings, load_settings
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator, serve
from marketlake.sources import create, leading
from marketlake.sources.contract import Page, Request
from marketlake.store.raw import batch_names

REQUEST = Request("X", "CUT", date(2024, 3, 13), date(2024, 3, 19))
NOW = datetime(2024, 3, 19, 15, tzinfo=UTC)
"""New York trades."""
KEY = "0123456789abcdef"
ENTRY = """[[instrument]]
id = "CUT"
asset_class = "equity"
calendar = "XNYS"
quote_currency = "USD"
return_basis = "price"
since = 2024-03-01
sources = [{ source = "yahoo", symbol = "CUT" }, { source = "tiingo", symbol = "CUT" }]
"""
ROWS = """date,open,high,low,close,volume,dividend,split
2024-03-13,100,102,99,100,10,0,1
2024-03-14,100,102,99,101,10,1,1
2024-03-15,25,26,24,25,40,0,4
2024-03-18,25,26,24,25.5,40,0,1
2024-03-19,25,26,24,26,40,0,1
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "instruments.toml").write_text(ENTRY)
    (tmp_path / "market").mkdir()
    (tmp_path / "market" / "CUT.csv").write_text(ROWS)
    return tmp_path


def settings_of(home: Path, url: str, key: str = "") -> Settings:
    return load_settings(home=home, now=NOW.isoformat(), source_url=url, environ={"TIINGO_API_KEY": key})


def outcomes(settings: Settings, source: str = "") -> list[tuple[str, str]]:
    job = Job("CUT", BACKFILL, date(2024, 3, 13), date(2024, 3, 18), source)
    [fetched] = Fetcher(access_of(settings)).fetch([job], settings.universe.by_id)
    return [(attempt.source, attempt.outcome) for attempt in fetched.attempts]


def test_key_is_sent_in_a_header_and_kept_out_of_everything(vendor, access, canned, caplog):
    caplog.set_level(logging.DEBUG)
    vendor.answer = canned(b'{"detail":"Invalid token secret-key."}', 401)
    request = dataclasses.replace(REQUEST, symbol="BRK-B")
    [page] = create("tiingo").fetch(request, access)
    assert page.body == b'{"detail":"Invalid token ***."}'
    shown = [repr(page), repr(access), caplog.text, *vendor.requests]
    assert "/tiingo/daily/BRK-B/prices?" in page.url
    assert not [text for text in shown if "secret-key" in text]


def test_key_of_the_settings_is_never_shown(home):
    settings = settings_of(home, "http://127.0.0.1:9", KEY)
    assert settings.keys == {"tiingo": KEY}
    assert KEY not in repr(settings) + repr(settings.universe) + repr(access_of(settings))


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "\u00e9"])
def test_text_that_cannot_be_a_key_is_none(home, key):
    assert settings_of(home, "http://127.0.0.1:9", key).keys == {}


def test_source_without_its_key_is_skipped_and_named(home):
    with serve(load_market(home / "market"), now=NOW) as simulator:
        settings = settings_of(home, simulator.url)
        assert outcomes(settings) == [("yahoo", "ok")]
        assert settings.universe.missing_keys == {"tiingo": "TIINGO_API_KEY"}
        with pytest.raises(UsageError, match="or set TIINGO_API_KEY for tiingo"):
            plan_reconcile(settings, settings.universe)
        assert outcomes(settings, "tiingo") == [("tiingo", "misconfigured")]
    assert {request.source for request in simulator.requests} == {"yahoo"}


def test_source_without_its_key_does_not_answer_for_a_failed_one(home):
    with serve(load_market(home / "market"), now=NOW) as simulator:
        simulator.set_faults([parse_fault("404:yahoo")])
        assert outcomes(settings_of(home, simulator.url)) == [("yahoo", "not_found")]
        assert outcomes(settings_of(home, simulator.url, KEY)) == [
            ("yahoo", "not_found"),
            ("tiingo", "ok"),
        ]
    assert KEY not in repr(simulator.requests)


def test_instrument_whose_only_source_has_no_key_says_so(home):
    (home / "instruments.toml").write_text(ENTRY.replace('{ source = "yahoo", symbol = "CUT" }, ', ""))
    settings = settings_of(home, "http://127.0.0.1:9")
    assert leading(settings.universe.instruments[0]) == "none"
    [job] = plan_backfill(settings, settings.universe, date(2024, 3, 13), date(2024, 3, 18))
    [fetched] = Fetcher(access_of(settings)).fetch([job], settings.universe.by_id)
    assert (fetched.outcome, fetched.message) == (
        MisconfiguredError.outcome,
        "tiingo needs a key; set TIINGO_API_KEY",
    )
    assert not batch_names(settings.lake)


def test_simulated_prices_are_as_traded_and_finished(home):
    simulator = Simulator(load_market(home / "market"), NOW, [])
    target = "/tiingo/tiingo/daily/CUT/prices?startDate=2024-03-13"
    assert simulator.answer(target).status == 403
    reply = simulator.answer(target, f"Token {KEY}")
    rows = create("tiingo").parse([Page(REQUEST, target, 200, {}, reply.body)]).bars.to_pylist()
    assert [(row["session"].day, row["close"], row["dividend"], row["split"]) for row in rows] == [
        (13, 100.0, 0.0, 1.0),
        (14, 101.0, 1.0, 1.0),
        (15, 25.0, 0.0, 4.0),
        (18, 25.5, 0.0, 1.0),
    ]
    assert [row["volume"] for row in rows] == [10, 10, 40, 40]
    # 101 / 102 for the dividend, a quarter for the split
    [first, *_] = orjson.loads(reply.body)
    assert first["adjClose"] == pytest.approx(100 * 101 / 102 / 4, rel=1e-12)
    assert first["adjVolume"] == 40


def test_dividends_without_prices_are_not_taken_for_rows_of_a_month():
    """They are a quarter apart where a vendor serves no price."""
    none = dict.fromkeys(("open", "high", "low", "close", "volume"))
    days = ("2024-02-09", "2024-05-10", "2024-08-12")
    served = [{"date": day, **none, "divCash": 0.25, "splitFactor": 1.0} for day in days]
    result = create("tiingo").parse([Page(REQUEST, "u", 200, {}, orjson.dumps(served))])
    assert result.failed == {}
    assert [row["dividend"] for row in result.bars.to_pylist()] == [0.25] * 3


def test_quota_text_with_status_200_is_a_rate_limit(home):
    with serve(load_market(home / "market"), now=NOW) as simulator:
        simulator.set_faults([parse_fault("429:tiingo:CUT:as=text")])
        assert outcomes(settings_of(home, simulator.url, KEY), "tiingo") == [("tiingo", "rate_limited")]
