"""Each vendor fault has one outcome, affects no other instrument, and the lake recovers
afterwards."""

from __future__ import annotations

import pytest

from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import YAHOO, Make
from .homes import rows, table

NOW, NEXT, LAST = "2024-01-10T12:00", "2024-01-12T12:00", "2024-01-13T12:00"


def prices(settings) -> list[tuple]:
    names = ("instrument_id", "session", "close", "volume", "dividend", "split", "source")
    return [
        tuple(row[name] for name in names)
        for row in table(settings.lake, "bar")
        .sort_by([("instrument_id", "ascending"), ("session", "ascending")])
        .to_pylist()
    ]


FAULTS = {
    "429:yahoo:OLD-USD": "rate_limited",
    "429:yahoo:OLD-USD:retry_after=7": "rate_limited",
    "500:yahoo:OLD-USD": "unavailable",
    "503:yahoo:OLD-USD": "unavailable",
    "reset:yahoo:OLD-USD": "unavailable",
    "html:yahoo:OLD-USD": "malformed",
    "empty:yahoo:OLD-USD": "malformed",
    "truncated:yahoo:OLD-USD": "malformed",
    "truncated:yahoo:OLD-USD:length=actual": "malformed",
    "404:yahoo:OLD-USD": "not_found",
    "451:yahoo:OLD-USD": "blocked",
    "403:yahoo:OLD-USD": "blocked",
    "unit:yahoo:OLD-USD:factor=100": "quarantined",
    "unit:yahoo:OLD-USD:label=EUR": "quarantined",
    "spike:yahoo:OLD-USD:field=high,factor=1000000,where=middle": "quarantined",
    "missing:yahoo:OLD-USD:count=8,where=middle": "quarantined",
    "missing:yahoo:SPARE-USD:count=8,where=middle": "truncated",
    "missing:yahoo:OLD-USD:count=99,where=head": "truncated",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_has_one_outcome_and_the_lake_recovers(make: Make, simulator: Simulator, fault: str) -> None:
    affected, sources = (
        fault.split(":")[2].removesuffix("-USD"),
        {i: YAHOO % i for i in ("OLD", "NEW", "SPARE")},
    )
    faulty, faultless = make("faulty", NOW, **sources), make("faultless", NOW, **sources)
    ingest(faulty)
    ingest(faultless)
    simulator.set_faults([parse_fault(fault)])
    faulty = make("faulty", NEXT, **sources)
    run_rows = {row["instrument_id"]: row for row in ingest(faulty)}
    assert run_rows[affected]["outcome"] == FAULTS[fault]
    assert run_rows[affected]["message"]
    assert (run_rows["NEW"]["outcome"], run_rows["NEW"]["new_rows"]) == ("ok", 2)
    assert exit_code(list(run_rows.values())) == 3
    assert not rows(faulty.lake, "revision")
    simulator.set_faults([])
    faulty, faultless = make("faulty", LAST, **sources), make("faultless", LAST, **sources)
    assert exit_code(ingest(faulty)) == 0
    ingest(faultless)
    assert prices(faulty) == prices(faultless)


@pytest.mark.parametrize(
    "fault",
    ["nulls:yahoo:OLD-USD:count=2", "duplicates:yahoo:OLD-USD", "missing:yahoo:OLD-USD:count=2,where=tail"],
)
def test_small_fault_is_accepted_and_missing_rows_arrive_later(
    make: Make, simulator: Simulator, fault: str
) -> None:
    faulty, faultless = make("faulty", NOW), make("faultless", LAST)
    ingest(faultless)
    ingest(faulty)
    simulator.set_faults([parse_fault(fault)])
    assert exit_code(ingest(make("faulty", NEXT))) == 0
    simulator.set_faults([])
    faulty = make("faulty", LAST)
    assert exit_code(ingest(faulty)) == 0
    assert prices(faulty) == prices(faultless)


def test_restated_history_is_revised_and_reverted(make: Make, simulator: Simulator) -> None:
    first = make("faulty", NOW)
    ingest(first)
    before = prices(first)
    simulator.set_faults([parse_fault("restated:yahoo:OLD-USD:percent=3,from=2024-01-06,to=2024-01-07")])
    (_, old) = sorted(
        (row["instrument_id"], row["revised_rows"]) for row in ingest(make("faulty", "2024-01-10T12:10"))
    )
    assert old == ("OLD", 2)
    simulator.set_faults([])
    last = make("faulty", "2024-01-10T12:30")
    ingest(last)
    assert prices(last) == before
    assert [row["superseded_at"].minute for row in rows(last.lake, "revision")] == [10, 30, 10, 30]


@pytest.mark.parametrize("fault", ["unadjusted", "unadjusted:::scope=day"])
def test_unadjusted_split_day_is_quarantined(make: Make, simulator: Simulator, fault: str) -> None:
    ingest(make("faulty", "2024-01-04T12:00"))
    simulator.set_faults([parse_fault(fault)])
    faulty = make("faulty", "2024-01-07T12:00")
    run_rows = {row["instrument_id"]: row for row in ingest(faulty)}
    assert run_rows["OLD"]["outcome"] == "quarantined"
    assert not rows(faulty.lake, "revision")
    simulator.set_faults([])
    faulty, faultless = make("faulty", LAST), make("faultless", LAST)
    ingest(faulty)
    ingest(faultless)
    assert prices(faulty) == prices(faultless)


def test_retry_after_is_honored_in_virtual_time(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("429:yahoo:OLD-USD:times=4,retry_after=7")])
    settings = make()
    assert exit_code(ingest(settings)) == 0
    assert sum(settings.clock.slept) >= 7
    assert max(settings.clock.slept) <= 8


def test_long_retry_after_stops_requests_to_the_source(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("429:yahoo:OLD-USD:retry_after=3600")])
    before = len(simulator.requests)
    settings = make()
    run_rows = ingest(settings)
    assert [row["outcome"] for row in run_rows] == ["rate_limited", "rate_limited"]
    assert sum(settings.clock.slept) < 60
    assert not any("NEW" in request.path for request in simulator.requests[before:])


def test_all_failed_is_exit_code_1(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("503")])
    assert exit_code(ingest(make())) == 1


BOTH = "yahoo:BTC-USD bitstamp:BTC/USD"


def test_next_source_is_the_fallback_and_the_row_names_it(make: Make, simulator: Simulator) -> None:
    ingest(make("home", NOW, BTC=BOTH))
    simulator.set_faults([parse_fault("503:yahoo")])
    settings = make("home", NEXT, BTC=BOTH)
    (row,) = ingest(settings)
    assert (row["outcome"], row["source"], row["new_rows"]) == ("ok", "bitstamp", 2)
    assert row["attempts"] == 4
    bars = {r["session"].isoformat(): r["source"] for r in rows(settings.lake, "bar")}
    assert (bars["2024-01-09"], bars["2024-01-11"]) == ("yahoo", "bitstamp")
    assert not rows(settings.lake, "revision")


def test_retryable_errors_are_reported_before_terminal_ones(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("503:yahoo"), parse_fault("451:bitstamp")])
    (row,) = ingest(make("home", NOW, BTC=BOTH))
    assert (row["outcome"], row["source"]) == ("unavailable", "yahoo")


def test_open_breaker_stops_requests_to_a_dead_host(make: Make, simulator: Simulator) -> None:
    simulator.set_faults([parse_fault("reset:yahoo")])
    settings = make("home", NOW, **{f"I{n}": YAHOO % "OLD" for n in range(6)})
    run_rows = ingest(settings)
    assert [row["outcome"] for row in run_rows] == ["unavailable"] * 6
    assert [row["message"].startswith("not requested") for row in run_rows] == [False] * 3 + [True] * 3
