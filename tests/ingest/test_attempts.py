"""Retries, pauses, the circuit breaker and fallback sources of a fetch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketlake.ingest.fetch import Fetcher
from marketlake.ingest.plan import plan_daily
from marketlake.ingest.run import ingest
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator
from marketlake.sources.contract import Access
from marketlake.sources.limiter import MachineLimiter
from marketlake.store.raw import read_columns

from .conftest import YAHOO, Make

SOURCES = {
    "yahoo": "yahoo:BTC-USD",
    "bitstamp": "bitstamp:BTC/USD",
    "binance": "binance:BTC/USD",
    "coinbaseexchange": "coinbaseexchange:BTC/USD",
    "kraken": "kraken:BTC/USD",
}
TWO = f"{SOURCES['yahoo']} {SOURCES['bitstamp']}"


def pauses_with(make: Make, simulator: Simulator, share: float) -> list[float]:
    """The pauses between attempts at a host that is down, with this share of the jitter."""
    simulator.set_faults([parse_fault("503:yahoo")])
    settings = make("home", OLD=YAHOO % "OLD")
    limiter = MachineLimiter(settings.home / "limits", settings.clock, settings.rate)
    access = Access(settings.clock, limiter, settings.home, settings.source_url)
    fetcher = Fetcher(access, jitter=lambda low, high: low + share * (high - low))
    list(
        fetcher.fetch(
            plan_daily(replace(settings, reverify_days=0), settings.universe), settings.universe.by_id
        )
    )
    return [round(pause, 6) for pause in settings.clock.slept if pause]


@pytest.mark.parametrize(("share", "pauses"), [(0.0, [1.0, 2.0]), (1.0, [1.5, 3.0])])
def test_retry_pauses_grow_with_jitter(
    make: Make, simulator: Simulator, share: float, pauses: list[float]
) -> None:
    assert pauses_with(make, simulator, share) == pauses


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("status", [403, 451])
def test_refusal_is_not_retried(make: Make, simulator: Simulator, source: str, status: int) -> None:
    simulator.set_faults([parse_fault(f"{status}:{source}")])
    settings = make("home", BTC=SOURCES[source])
    (row,) = ingest(settings)
    assert (row["outcome"], row["attempts"], row["source"]) == ("blocked", 1, source)
    assert f"{source} answered {status}" in row["message"]
    assert not any(settings.clock.slept)


@pytest.mark.parametrize(
    ("fault", "tries"), [("503:yahoo", 3), ("html:yahoo", 3), ("404:yahoo", 1), ("451:yahoo", 1)]
)
def test_fallback_row_counts_all_attempts_and_raw_keeps_the_errors(
    make: Make, simulator: Simulator, fault: str, tries: int
) -> None:
    simulator.set_faults([parse_fault(fault)])
    settings = make("home", BTC=TWO)
    (row,) = ingest(settings)
    assert (row["outcome"], row["source"], row["attempts"]) == ("ok", "bitstamp", tries + 1)
    assert row["duration_s"] == pytest.approx(sum(settings.clock.slept), abs=1)
    assert (row["message"], row["first_session"], row["received_sessions"]) == ("", row["requested_from"], 70)
    (path,) = settings.lake.glob("raw/*/*.parquet")
    requests = {
        (r["attempt"], r["source"], r["outcome"], r["message"] != "")
        for r in read_columns(path, ["attempt", "source", "outcome", "message"])
    }
    bad = {"503": "unavailable", "html": "malformed", "404": "not_found", "451": "blocked"}[fault[:-6]]
    expected = {(n, "yahoo", bad, True) for n in range(1, tries + 1)} | {(tries + 1, "bitstamp", "ok", False)}
    assert requests == expected


def test_breaker_opens_for_one_source_and_the_next_serves_all(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("503:yahoo")])
    before = len(simulator.requests)
    run_rows = ingest(make("home", **{f"I{n}": TWO for n in range(6)}))
    assert [(row["outcome"], row["source"]) for row in run_rows] == [("ok", "bitstamp")] * 6
    # three instruments with three attempts, then one attempt without a request
    assert [row["attempts"] for row in run_rows] == [4, 4, 4, 2, 2, 2]
    charts = [r for r in simulator.requests[before:] if "/v8/finance/chart" in r.path]
    assert len({r.path for r in charts}) == 1
    assert len(charts) <= 2 * 9


def test_response_closes_the_breaker(make: Make, simulator: Simulator) -> None:
    faults = ["503:yahoo:OLD-USD", "503:yahoo:NEW-USD", "503:yahoo:BTC-USD"]
    simulator.set_faults([parse_fault(fault) for fault in faults])
    ids = {name: YAHOO % name for name in ("OLD", "NEW", "SPARE", "BTC")}
    run_rows = ingest(make("home", **ids))
    assert [row["outcome"] for row in run_rows] == ["unavailable", "unavailable", "ok", "unavailable"]
    assert run_rows[3]["attempts"] == 3


def test_not_found_requires_that_every_source_reports_it(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("404:yahoo"), parse_fault("451:bitstamp")])
    (row,) = ingest(make("home", BTC=TWO))
    assert (row["outcome"], row["source"]) == ("blocked", "bitstamp")
    simulator.set_faults([parse_fault("404:yahoo"), parse_fault("404:bitstamp")])
    (row,) = ingest(make("home", "2024-01-10T12:10", BTC=TWO))
    assert (row["outcome"], row["source"]) == ("not_found", "yahoo")


def test_long_retry_after_applies_to_other_workers(make: Make, simulator: Simulator) -> None:
    """With a rate limit, as every vendor has, the next process sends no request."""
    simulator.set_faults([parse_fault("429:yahoo:OLD-USD:retry_after=1800")])
    limits = {"yahoo": 100.0}
    first = replace(make("home", OLD=YAHOO % "OLD"), requests_per_second=limits)
    ingest(first)
    requests_before = len(simulator.requests)
    second = replace(make("other", "2024-01-10T12:10", NEW=YAHOO % "NEW"))
    second = replace(second, requests_per_second=limits)
    (row,) = ingest(second)
    assert (row["outcome"], len(simulator.requests)) == ("rate_limited", requests_before)
    assert "is rate limited for" in row["message"]
    third = make("third", "2024-01-10T12:31", NEW=YAHOO % "NEW")
    (row,) = ingest(replace(third, requests_per_second=limits))
    assert row["outcome"] == "ok"
