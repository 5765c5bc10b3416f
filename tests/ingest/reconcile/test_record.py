"""What a reconciliation stores: responses in raw/, run records and its tables, but no bar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from marketlake.ingest.batches import store_pending
from marketlake.ingest.plan import plan_daily
from marketlake.ingest.reconcile import plan_reconcile, reconcile
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.status import status
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator
from marketlake.store import raw
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from ..conftest import VirtualSettings
from ..homes import rows, stored_bytes
from .conftest import Make

THREE = "bitstamp:COIN/USD kraken:COIN/USD yahoo:COIN-USD"


def requested_sources(settings: VirtualSettings) -> set[str]:
    """The sources that a plan requests."""
    batches = plan_reconcile(settings, settings.universe)
    return {job.source for batch in batches for job in batch}


def test_responses_are_kept_and_no_bar_is_stored(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": THREE})
    ingest(settings)
    before, plan = (
        stored_bytes(settings.lake),
        plan_daily(replace(settings, reverify_days=0), settings.universe),
    )
    simulator.set_faults([parse_fault("unit:kraken:COIN/USD:factor=100"), parse_fault("503:yahoo")])
    reconcile(settings)
    assert stored_bytes(settings.lake) == before
    assert plan_daily(replace(settings, reverify_days=0), settings.universe) == plan
    runs = {r["source"]: r for r in rows(settings.lake, "run") if r["mode"] == "reconcile"}
    assert {source: r["outcome"] for source, r in runs.items()} == {
        "kraken": "no_new_data",
        "yahoo": "unavailable",
    }
    assert (runs["kraken"]["received_sessions"], runs["kraken"]["new_rows"]) == (30, 0)
    [path] = [
        p
        for p in open_manifest(settings.lake).paths("raw")
        if "reconcile" in str(raw.read_columns(settings.lake / p, ["mode"]))
    ]
    assert {r["source"] for r in raw.read_columns(settings.lake / path, ["source"])} == {"kraken", "yahoo"}
    assert verify(settings.lake)[1] == []
    # the state is about stored rows, not about a comparison
    assert (status(settings).instruments[0].outcome, status(settings).waiting) == ("ok", 0)


def test_replay_skips_them_and_keeps_the_tables(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": THREE})
    ingest(settings)
    simulator.set_faults([parse_fault("unit:kraken:COIN/USD:factor=100")])
    reconcile(settings)
    before, table = stored_bytes(settings.lake), rows(settings.lake, "reconciliation")
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before
    assert rows(settings.lake, "reconciliation") == table != []


def test_next_run_finishes_a_killed_reconciliation(
    make: Make, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make({"COIN": THREE})
    ingest(settings)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("marketlake.ingest.run.store", killed)
        with pytest.raises(KeyboardInterrupt):
            reconcile(settings)
    assert rows(settings.lake, "reconciliation") == []
    store_pending(settings)
    assert len(rows(settings.lake, "reconciliation")) == 30
    assert {r["source"] for r in rows(settings.lake, "bar")} == {"bitstamp"}


def test_source_that_served_everything_is_not_requested_again(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": THREE})
    assert requested_sources(settings) == {"bitstamp", "kraken", "yahoo"}
    ingest(settings)
    assert requested_sources(settings) == {"kraken", "yahoo"}


def test_fallback_rows_are_compared_with_the_trusted_source(make: Make, simulator: Simulator) -> None:
    settings = make({"COIN": "bitstamp:COIN/USD yahoo:COIN-USD"})
    simulator.set_faults([parse_fault("503:bitstamp")])
    ingest(settings)
    simulator.set_faults([])
    assert requested_sources(settings) == {"bitstamp"}
    result = reconcile(settings)
    assert {(r["trusted_source"], r["sources"], r["cause"]) for r in result.sessions} == {
        ("yahoo", "bitstamp, yahoo", "agrees")
    }


def test_sources_are_compared_before_any_row_is_stored(make: Make) -> None:
    settings = make({"COIN": THREE})
    result = reconcile(settings)
    assert (result.exit_code, {r["trusted_source"] for r in result.sessions}) == (0, {"bitstamp"})
    assert rows(settings.lake, "bar") == []


def test_window_can_be_given(make: Make) -> None:
    settings = make({"COIN": THREE})
    result = reconcile(settings, ["COIN"], date(2023, 11, 1), date(2023, 11, 10))
    assert [r["session"] for r in result.sessions] == [date(2023, 11, n) for n in range(1, 11)]
    result = reconcile(settings, end=date(2023, 11, 10))
    assert (len(result.sessions), result.sessions[-1]["session"]) == (30, date(2023, 11, 10))


def test_each_reconciliation_adds_its_own_rows(make: Make) -> None:
    settings = make({"COIN": THREE})
    ingest(settings)
    for _ in range(2):
        reconcile(settings)
    stored = rows(settings.lake, "reconciliation")
    assert (len(stored), len({r["run_id"] for r in stored})) == (60, 2)
