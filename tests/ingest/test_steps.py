"""The steps as Airflow's tasks call them: plain values, retries of failed fetches only, no
failure missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketlake.model.errors import (
    MarketlakeError,
    RateLimitedError,
    TerminalError,
    UnavailableError,
    UsageError,
)
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator

from .conftest import Make, VirtualSettings
from .dag import Dag
from .homes import rows


@pytest.fixture
def settings(make: Make) -> VirtualSettings:
    return make()


def test_run_in_steps_stores_rows(settings: VirtualSettings) -> None:
    dag = Dag(settings)
    (batch,) = dag.plan()
    assert dag.fetch(batch) == {"outcomes": {"OLD": "ok", "NEW": "ok"}}
    stored = dag.store()
    assert stored.items() >= {"new": 140, "revised": 0, "volume": 0, "failed": {}}.items()
    dag.check()
    assert len(rows(settings.lake, "bar")) == 140


def test_plans_choose_by_calendar_source_and_name(settings: VirtualSettings) -> None:
    dag = Dag(settings)
    assert dag.plan(calendar="XNYS") == []
    assert dag.plan(source="fred") == []
    assert [
        [job["instrument_id"] for job in batch] for batch in dag.plan("NEW", source="yahoo", calendar="24/7")
    ] == [["NEW"]]
    (batch,) = dag.plan("NEW", from_="2024-01-01", to="2024-01-02")
    assert batch == [{"instrument_id": "NEW", "mode": "backfill", "start": "2024-01-01", "end": "2024-01-02"}]
    with pytest.raises(UsageError, match="not a date"):
        dag.plan(from_="January")
    with pytest.raises(UsageError, match="unknown instrument"):
        dag.plan("NOBODY")


def test_backfill_form_may_choose_one_source_and_replace(make: Make) -> None:
    dag = Dag(make(BTC="yahoo:BTC-USD bitstamp:BTC/USD", NEW="yahoo:NEW-USD"))
    form = {"from_": "2024-01-01", "to": "2024-01-02", "source_": "bitstamp"}
    (batch,) = dag.plan(source="yahoo", replace=True, **form)
    job = {"instrument_id": "BTC", "mode": "replace", "start": "2024-01-01", "end": "2024-01-02"}
    assert batch == [{**job, "source": "bitstamp"}]
    with pytest.raises(UsageError, match="NEW does not list the source 'bitstamp' but yahoo"):
        dag.plan("NEW", **form)


def test_retry_fetches_only_failed_instruments(settings: VirtualSettings, simulator: Simulator) -> None:
    dag = Dag(settings)
    (batch,) = dag.plan()
    simulator.set_faults([parse_fault("503:yahoo:OLD-USD")])
    with pytest.raises(UnavailableError, match="OLD unavailable"):
        dag.fetch(batch)
    simulator.set_faults([])
    before = len(simulator.requests)
    assert dag.fetch(batch) == {"outcomes": {"OLD": "ok"}}
    assert not any("NEW-USD" in request.path for request in simulator.requests[before:])
    assert dag.fetch(batch) == {"outcomes": {}}
    dag.store()
    dag.check()
    assert {row["outcome"] for row in rows(settings.lake, "run") if row["instrument_id"] == "NEW"} == {"ok"}


@pytest.mark.parametrize(
    ("faults", "error", "words"),
    [
        (["404:yahoo:OLD-USD"], TerminalError, "OLD not_found"),
        (["404:yahoo:OLD-USD", "503:yahoo:NEW-USD"], UnavailableError, "NEW unavailable"),
        (["html:yahoo:OLD-USD"], UnavailableError, "OLD malformed"),
        (["429:yahoo:OLD-USD", "503:yahoo:NEW-USD"], RateLimitedError, "OLD rate_limited"),
    ],
)
def test_error_class_says_whether_to_retry(
    settings: VirtualSettings, simulator: Simulator, faults: list[str], error: type[Exception], words: str
) -> None:
    dag = Dag(settings)
    (batch,) = dag.plan()
    simulator.set_faults([parse_fault(text) for text in faults])
    with pytest.raises(error, match=words) as raised:
        dag.fetch(batch)
    assert type(raised.value) is error
    # the responses are persisted anyway
    assert list(Path(settings.lake).glob("raw/*/*.parquet"))


def test_findings_are_reported_and_quarantined_rows_fail_the_run(
    settings: VirtualSettings, simulator: Simulator
) -> None:
    dag = Dag(settings)
    (batch,) = dag.plan()
    dag.fetch(batch)
    dag.store()
    dag.check()
    assert dag.left["findings"] == []
    # one coin has its last close in another unit, one tripled
    damaged = settings.home / "files"
    damaged.mkdir()
    for name, last in {"SPIKE": 4500.0, "HIGH": 27.0}.items():
        text = "date,close\n" + "".join(f"2024-01-0{n},{9.0 if n < 9 else last}\n" for n in range(1, 10))
        (damaged / f"{name}.csv").write_text(text)
    entry = '[[instrument]]\nid = "{0}"\nasset_class = "crypto"\ncalendar = "24/7"\nsince = 2024-01-01\n'
    entry += 'sources = [{{ source = "files", symbol = "{0}.csv" }}]\n'
    (settings.home / "instruments.toml").write_text(entry.format("SPIKE") + entry.format("HIGH"))
    after = VirtualSettings(
        settings.home, settings.lake, source_url=settings.source_url, virtual=settings.virtual
    )
    dag = Dag(after, "2")
    (batch,) = dag.plan()
    dag.fetch(batch)
    dag.store()
    with pytest.raises(MarketlakeError, match="SPIKE: quarantined"):
        dag.check()
    assert dag.left["findings"] == [
        "fail unit_spike: SPIKE 2024-01-09, close 4500.0",
        "warn jump: HIGH 2024-01-09, from 9 to 27, dividend 0, split 1",
    ]


def test_check_names_every_failed_instrument(settings: VirtualSettings, simulator: Simulator) -> None:
    dag = Dag(settings)
    (batch,) = dag.plan()
    simulator.set_faults([parse_fault("404:yahoo:OLD-USD")])
    with pytest.raises(TerminalError, match="OLD not_found"):
        dag.fetch(batch)
    stored = dag.store()
    assert list(stored["failed"]) == ["OLD"]
    with pytest.raises(MarketlakeError, match=r"1 of 2 instruments failed:\n  OLD: not_found"):
        dag.check()
