"""The command line and the DAG's tasks share one code path: the same faults give the same rows
and outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketlake.ingest import fetch as fetching
from marketlake.ingest.build import build
from marketlake.ingest.reconcile import reconcile
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code, run_rows
from marketlake.ingest.status import stale, status
from marketlake.model.errors import ConfigError
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.server import Simulator
from marketlake.store import raw
from marketlake.store.writer import open_manifest

from .conftest import YAHOO, Make, VirtualSettings
from .dag import Dag
from .homes import rows

FIRST, LATER = "2024-01-10T12:00", "2024-01-10T18:00"
SECOND, LAST = "2024-01-12T12:00", "2024-01-12T18:00"
NAMES = ("OLD", "NEW", "SPARE", "BTC")
TYPO = "yahooo:%s-USD"
MISTAKES = {
    "a source that does not exist": ('source = "yahoo"', 'source = "yahooo"'),
    "a source that is no name": ('source = "yahoo"', 'source = "Yahoo!"'),
    "a symbol that nobody knows": ('"SPARE-USD"', '"NOBODY-USD"'),
    "a symbol that is empty": ('"SPARE-USD"', '""'),
    "a symbol that cannot be one": ('"SPARE-USD"', '".."'),
    "a calendar that does not exist": ('calendar = "24/7"', 'calendar = "XNYZ"'),
    "a calendar that is no name": ('calendar = "24/7"', 'calendar = "New York"'),
}
"""What is wrong with the entry of SPARE: a text in it, and what stands there instead."""
NOT_FOUND = {"a symbol that nobody knows", "a symbol that cannot be one"}
FAULTS = [
    "restated:yahoo:BTC-USD:percent=2,from=2024-01-06,to=2024-01-07",
    "missing:yahoo:BTC-USD:count=1,where=middle",
    "unit:yahoo:NEW-USD:factor=100",
    "503:yahoo:OLD-USD",
]
OUTSIDE = {
    "bar": (),
    "revision": (),
    "run": ("run_id", "batch_id", "started_at", "duration_s"),
    "quarantine": ("run_id",),
    "finding": (),
    "gap": ("run_id",),
}
"""The tables that are compared, and the columns that name a run or time it."""

Home = Callable[..., VirtualSettings]


def by_command_line(settings: VirtualSettings) -> dict[str, str]:
    return outcomes(ingest(settings))


def by_dag(settings: VirtualSettings, name: str = "1") -> dict[str, str]:
    dag = Dag(settings, f"{name}-{settings.clock.now():%d}")
    dag.run()
    return outcomes(run_rows(settings, dag.run_id))


def outcomes(found: Sequence[Any]) -> dict[str, str]:
    return {row["instrument_id"]: row["outcome"] for row in found}


def contents(root: Path, name: str) -> list[tuple[Any, ...]]:
    """A table's sorted rows without the columns that differ between runs."""
    return sorted(
        tuple((key, str(value)) for key, value in row.items() if key not in OUTSIDE[name])
        for row in rows(root, name)
    )


def misconfigure(settings: VirtualSettings, old: str, new: str) -> None:
    """Replace text in the entry of SPARE."""
    path = settings.home / "instruments.toml"
    head, *entries = path.read_text().split("[[instrument]]")
    changed = [entry.replace(old, new) if 'id = "SPARE"' in entry else entry for entry in entries]
    assert changed != entries
    path.write_text("[[instrument]]".join([head, *changed]))


@pytest.fixture
def home(make: Make) -> Home:
    def home(name: str, at: str, mistake: str | None = None, **sources: str) -> VirtualSettings:
        settings = make(name, at, **{i: YAHOO % i for i in NAMES} | sources)
        if mistake:
            misconfigure(settings, *MISTAKES[mistake])
        return settings

    return home


@pytest.mark.parametrize("mistake", MISTAKES)
def test_command_line_and_dag_store_the_same(home: Home, simulator: Simulator, mistake: str) -> None:
    fallback = f"{YAHOO % 'OLD'} {TYPO % 'OLD'}"
    outcomes_by_path = {}
    for name, run_path in {"line": by_command_line, "dag": by_dag}.items():
        simulator.set_faults([])
        assert set(run_path(home(name, FIRST)).values()) == {"ok"}
        simulator.set_faults([parse_fault(text) for text in FAULTS])
        outcomes_by_path[name] = run_path(home(name, SECOND, mistake, OLD=fallback))
    wrong = "not_found" if mistake in NOT_FOUND else "misconfigured"
    assert outcomes_by_path["line"] == {
        "OLD": "unavailable",
        "NEW": "quarantined",
        "SPARE": wrong,
        "BTC": "ok",
    }
    assert outcomes_by_path["dag"] == outcomes_by_path["line"]
    line, dag = (home(name, SECOND, mistake, OLD=fallback).lake for name in ("line", "dag"))
    for table in OUTSIDE:
        assert contents(dag, table) == contents(line, table), table
    assert {name for name in ("bar", "revision", "quarantine", "gap") if rows(line, name)} >= {
        "bar",
        "revision",
    }


@pytest.mark.parametrize("mistake", MISTAKES)
def test_configuration_mistake_fails_only_its_instrument(home: Home, mistake: str) -> None:
    settings = home("home", FIRST, mistake)
    ended = ingest(settings)
    (bad,) = [row for row in ended if row["instrument_id"] == "SPARE"]
    assert bad["outcome"] == ("not_found" if mistake in NOT_FOUND else "misconfigured")
    assert "instruments.toml" in bad["message"]
    assert outcomes(ended) == {"OLD": "ok", "NEW": "ok", "SPARE": bad["outcome"], "BTC": "ok"}
    assert exit_code(ended) == 3
    # all later steps work, and fixing the entry stores the instrument
    assert build(settings)
    assert status(settings).instruments[2].outcome == bad["outcome"]
    assert "SPARE" not in {one.instrument_id for one in stale(settings)} - {"SPARE"}
    assert replay(settings).changed == ()
    mended = home("home", LATER)
    assert outcomes(ingest(mended))["SPARE"] == "ok"
    assert build(mended)


def test_later_mistake_keeps_stored_rows(home: Home) -> None:
    ingest(home("home", FIRST))
    before = contents(home("home", FIRST).lake, "bar")
    broken = home("home", SECOND, "a calendar that does not exist")
    assert outcomes(ingest(broken))["SPARE"] == "misconfigured"
    assert set(before) <= set(contents(broken.lake, "bar"))
    assert build(broken)
    mended = home("home", LAST)
    assert outcomes(ingest(mended)) == {
        "OLD": "no_new_data",
        "NEW": "no_new_data",
        "SPARE": "ok",
        "BTC": "no_new_data",
    }


def test_response_stays_in_raw_when_its_calendar_becomes_invalid(home: Home) -> None:
    settings = home("home", FIRST)
    dag = Dag(settings)
    for batch in dag.plan():
        dag.fetch(batch)
    broken = home("home", FIRST, "a calendar that does not exist")
    assert Dag(broken).store()["failed"].keys() == {"SPARE"}
    assert "SPARE" not in {row["instrument_id"] for row in rows(broken.lake, "bar")}
    mended = home("home", FIRST)
    assert replay(mended).changed
    assert "SPARE" in {row["instrument_id"] for row in rows(mended.lake, "bar")}


def test_invalid_fallback_is_reported_although_the_first_source_works(home: Home) -> None:
    (row,) = ingest(home("home", FIRST, OLD=f"{YAHOO % 'OLD'} {TYPO % 'OLD'}"), ["OLD"])
    assert (row["outcome"], row["new_rows"]) == ("ok", 70)
    assert "unknown source 'yahooo'" in row["message"]
    assert exit_code([row]) == 0


def test_typo_in_a_fallback_loses_no_response_of_the_batch(home: Home, simulator: Simulator) -> None:
    settings = home("home", FIRST, OLD=f"{YAHOO % 'OLD'} {TYPO % 'OLD'}")
    simulator.set_faults([parse_fault("503:yahoo:OLD-USD")])
    dag = Dag(settings)
    assert dag.run()
    stored = {row["instrument_id"] for row in rows(settings.lake, "bar")}
    assert stored == {"NEW", "SPARE", "BTC"}
    assert dag.left["summary"]["failed"].keys() == {"OLD"}
    assert "yahooo" in dag.left["summary"]["failed"]["OLD"]


@pytest.mark.parametrize(
    "error", [ConfigError("the folder of the limiter cannot be written"), KeyError("defect")]
)
def test_unexpected_error_in_a_fetch_is_that_instruments_outcome(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    judge = fetching.judge

    def fail(source: Any, pages: Any, job: Any, *others: Any) -> Any:
        if job.instrument_id == "NEW":
            raise error
        return judge(source, pages, job, *others)

    monkeypatch.setattr(fetching, "judge", fail)
    settings = home("home", FIRST)
    ended = outcomes(ingest(settings))
    assert ended["NEW"] == ("misconfigured" if isinstance(error, ConfigError) else "malformed")
    assert {ended[name] for name in ("OLD", "SPARE", "BTC")} == {"ok"}


def test_responses_received_before_an_interruption_are_persisted(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = fetching.judge

    def interrupt(source: Any, pages: Any, job: Any, *others: Any) -> Any:
        if job.instrument_id == "SPARE":
            raise KeyboardInterrupt
        return judge(source, pages, job, *others)

    settings = home("home", FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "judge", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(settings)
    assert len(raw.pending(settings.lake, open_manifest(settings.lake))) == 1
    assert set(outcomes(ingest(settings)).values()) == {"ok", "no_new_data"}


def test_instrument_removed_after_the_plan_stops_no_other(home: Home, make: Make) -> None:
    dag = Dag(home("home", FIRST))
    (batch,) = dag.plan()
    after = make("home", FIRST, OLD=YAHOO % "OLD", NEW=YAHOO % "NEW")
    later = Dag(after)
    with pytest.raises(Exception, match="SPARE not_found"):
        later.fetch(batch)
    assert later.store()["failed"].keys() == {"SPARE", "BTC"}
    assert {row["instrument_id"] for row in rows(after.lake, "bar")} == {"OLD", "NEW"}


def test_reconciliation_skips_the_invalid_instrument(home: Home) -> None:
    both = {name: f"{YAHOO % name} files:{name}.csv" for name in ("OLD", "SPARE")}
    settings = home("home", FIRST, **both)
    (settings.home / "files").mkdir()
    (settings.home / "files" / "OLD.csv").write_text("date,close\n2024-01-09,100\n")
    ingest(settings)
    broken = home("home", LATER, **both)
    misconfigure(broken, *MISTAKES["a calendar that does not exist"])
    result = reconcile(broken, start=date(2024, 1, 5))
    assert {row["instrument_id"] for row in result.pairs} == {"OLD"}
    assert list(result.failed) == ["SPARE"]
    assert result.exit_code == 3
