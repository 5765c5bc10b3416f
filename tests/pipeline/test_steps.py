"""The steps as a scheduler calls them: plain values, one retry for what failed, no failure unnoticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from marketlake.ingest import tasks
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
from .homes import rows


@pytest.fixture
def settings(make: Make, monkeypatch: pytest.MonkeyPatch) -> VirtualSettings:
    settings = make()
    monkeypatch.setattr(tasks, "load_settings", lambda: settings)
    return settings


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def plan(run_id: str, *ids: str, start: str | None = None, end: str | None = None) -> Any:
    return through_json(tasks.plan(run_id, None, None, list(ids), start, end))


def test_a_run_in_steps(settings: VirtualSettings) -> None:
    (batch,) = plan("run-1")
    assert through_json(tasks.fetch("run-1", batch)) == {"outcomes": {"OLD": "ok", "NEW": "ok"}}
    stored = through_json(tasks.store("run-1"))
    assert stored.items() >= {"new": 140, "revised": 0, "volume": 0, "failed": {}}.items()
    tasks.check("run-1")
    assert len(rows(settings.lake, "bar")) == 140


def test_plans_choose_by_calendar_source_and_name(settings: VirtualSettings) -> None:
    assert tasks.plan("r", "XNYS", None, [], None, None) == []
    assert tasks.plan("r", None, "fred", [], None, None) == []
    assert [
        [j["instrument_id"] for j in b] for b in tasks.plan("r", "24/7", "yahoo", ["NEW"], None, None)
    ] == [["NEW"]]
    (batch,) = plan("r", "NEW", start="2024-01-01", end="2024-01-02")
    assert batch == [{"instrument_id": "NEW", "mode": "backfill", "start": "2024-01-01", "end": "2024-01-02"}]
    with pytest.raises(UsageError, match="not a date"):
        plan("r", start="January")
    with pytest.raises(UsageError, match="unknown instrument"):
        plan("r", "NOBODY")


def test_a_retry_asks_only_for_what_failed(settings: VirtualSettings, simulator: Simulator) -> None:
    (batch,) = plan("run-1")
    simulator.set_faults([parse_fault("503:yahoo:OLD-USD")])
    with pytest.raises(UnavailableError, match="OLD unavailable"):
        tasks.fetch("run-1", batch)
    simulator.set_faults([])
    asked = len(simulator.requests)
    assert tasks.fetch("run-1", batch) == {"outcomes": {"OLD": "ok"}}
    assert not any("NEW-USD" in request.path for request in simulator.requests[asked:])
    assert tasks.fetch("run-1", batch) == {"outcomes": {}}
    tasks.store("run-1")
    tasks.check("run-1")
    assert {row["outcome"] for row in rows(settings.lake, "run") if row["instrument_id"] == "NEW"} == {"ok"}


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (["404:yahoo:OLD-USD"], TerminalError),
        (["404:yahoo:OLD-USD", "503:yahoo:NEW-USD"], UnavailableError),
        (["html:yahoo:OLD-USD"], UnavailableError),
        (["429:yahoo:OLD-USD", "503:yahoo:NEW-USD"], RateLimitedError),
    ],
)
def test_the_error_says_whether_to_try_again(
    settings: VirtualSettings, simulator: Simulator, faults: list[str], error: type[Exception]
) -> None:
    (batch,) = plan("run-1")
    simulator.set_faults([parse_fault(text) for text in faults])
    with pytest.raises(error) as raised:
        tasks.fetch("run-1", batch)
    assert type(raised.value) is error
    # the answers are kept all the same
    assert list(Path(settings.lake).glob("raw/*/*.parquet"))


def test_what_the_checks_found_is_told_and_rows_put_aside_fail_the_run(
    settings: VirtualSettings, simulator: Simulator
) -> None:
    (batch,) = plan("run-1")
    tasks.fetch("run-1", batch)
    tasks.store("run-1")
    assert tasks.findings("run-1") == []
    # a coin whose last close is in another unit, and one that trebled
    spoilt = settings.home / "files"
    spoilt.mkdir()
    for name, last in {"SPIKE": 4500.0, "HIGH": 27.0}.items():
        text = "date,close\n" + "".join(f"2024-01-0{n},{9.0 if n < 9 else last}\n" for n in range(1, 10))
        (spoilt / f"{name}.csv").write_text(text)
    entry = '[[instrument]]\nid = "{0}"\nasset_class = "crypto"\ncalendar = "24/7"\nsince = 2024-01-01\n'
    entry += 'sources = [{{ source = "files", symbol = "{0}.csv" }}]\n'
    (settings.home / "instruments.toml").write_text(entry.format("SPIKE") + entry.format("HIGH"))
    after = VirtualSettings(
        settings.home, settings.lake, source_url=settings.source_url, virtual=settings.virtual
    )
    with mock.patch.object(tasks, "load_settings", return_value=after):
        (batch,) = plan("run-2")
        tasks.fetch("run-2", batch)
        tasks.store("run-2")
        assert tasks.findings("run-2") == [
            "fail unit_spike: SPIKE 2024-01-09, close 4500.0",
            "warn jump: HIGH 2024-01-09, from 9 to 27, dividend 0, split 1",
        ]
        with pytest.raises(MarketlakeError, match="SPIKE: quarantined"):
            tasks.check("run-2")


def test_check_names_every_instrument_that_failed(settings: VirtualSettings, simulator: Simulator) -> None:
    (batch,) = plan("run-1")
    simulator.set_faults([parse_fault("404:yahoo:OLD-USD")])
    with pytest.raises(TerminalError):
        tasks.fetch("run-1", batch)
    stored = tasks.store("run-1")
    assert list(stored["failed"]) == ["OLD"]
    with pytest.raises(MarketlakeError, match=r"1 of 2 instruments did not end well:\n  OLD: not_found"):
        tasks.check("run-1")
