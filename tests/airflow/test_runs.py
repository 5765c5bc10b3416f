"""The real DAGs, run in this process on a scripted pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("airflow")


def states(dag_run: Any) -> dict[str, str]:
    """State by task id, with the map index for mapped tasks."""
    states_by_task = {}
    for ti in dag_run.get_task_instances():
        states_by_task[ti.task_id if ti.map_index < 1 else f"{ti.task_id}[{ti.map_index}]"] = str(ti.state)
    return states_by_task


def assets_updated(dag_run: Any) -> list[tuple[str, dict[str, Any]]]:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(AssetModel.name, AssetEvent.extra).join(
            AssetEvent, AssetEvent.asset_id == AssetModel.id
        )
        return [(name, extra) for name, extra in rows.filter(AssetEvent.source_run_id == dag_run.run_id)]


def test_successful_run_fetches_each_batch_once_and_updates_the_asset(
    run_dag: Callable[..., Any], pipeline: Any
) -> None:
    dag_run = run_dag("ingest_xnys")
    assert dag_run.state == "success"
    assert sorted(call["ids"] for call in pipeline.calls("fetch")) == [["NASDAQ"], ["SPY"]]
    counts = {"new": 3, "revised": 0, "volume": 0}
    assert assets_updated(dag_run) == [("marketlake_bar_xnys", {**counts, "snapshot": "s1"})]


def test_every_step_gets_the_same_sanitized_run_id(run_dag: Callable[..., Any], pipeline: Any) -> None:
    run_dag("ingest_24_7")
    ids = {call["run_id"] for step in ("plan", "fetch", "store", "check") for call in pipeline.calls(step)}
    assert len(ids) == 1
    assert re.fullmatch(r"ingest_24_7\.[A-Za-z0-9_.-]+", ids.pop())


def test_run_without_new_data_succeeds_and_updates_no_asset(
    run_dag: Callable[..., Any], pipeline: Any
) -> None:
    pipeline.play(new=0)
    dag_run = run_dag("ingest_xnys")
    assert dag_run.state == "success"
    assert states(dag_run)["store"] == "skipped"
    assert assets_updated(dag_run) == []


def test_terminal_error_is_not_retried_and_fails_only_its_task_and_the_run(
    run_dag: Callable[..., Any], pipeline: Any
) -> None:
    pipeline.play(fetch={"SPY": "NotFoundError"})
    dag_run = run_dag("ingest_xnys")
    assert dag_run.state == "failed"
    assert [call["ids"] for call in pipeline.calls("fetch")].count(["SPY"]) == 1
    assert states(dag_run)["fetch_yahoo"] == "success"
    assert states(dag_run)["fetch_yahoo[1]"] == "failed"
    assert states(dag_run)["store"] == "success"
    assert len(assets_updated(dag_run)) == 1


@pytest.mark.parametrize("kind", ["RateLimitedError", "UnavailableError"])
def test_transient_error_is_retried(run_dag: Callable[..., Any], pipeline: Any, kind: str) -> None:
    pipeline.play(fetch={"BTC": kind})
    assert run_dag("ingest_24_7").state == "failed"
    assert len(pipeline.calls("fetch")) == 3


def test_store_error_fails_the_run_although_no_instrument_failed(
    run_dag: Callable[..., Any], pipeline: Any
) -> None:
    pipeline.play(store="simulated and live data never share a lake")
    dag_run = run_dag("ingest_xnys")
    assert dag_run.state == "failed"
    assert states(dag_run) | {"store": "failed", "check": "failed"} == states(dag_run)
    assert len(pipeline.calls("store")) == 1


def test_plan_error_fails_the_run(run_dag: Callable[..., Any], pipeline: Any) -> None:
    pipeline.play(plan="instruments.toml cannot be read")
    dag_run = run_dag("ingest_xnys")
    assert dag_run.state == "failed"
    assert states(dag_run)["fetch_yahoo"] == "upstream_failed"


def test_backfill_passes_the_form_values_on(run_dag: Callable[..., Any], pipeline: Any) -> None:
    conf = {"instruments": ["BTC", "SPY"], "from": "2020-01-01", "to": "2020-12-31", "source": "yahoo"}
    assert run_dag("backfill", **conf).state == "success"
    plans = {call["source"]: call for call in pipeline.calls("plan")}
    assert set(plans) == {"bitstamp", "yahoo"}
    for call in plans.values():
        assert call["calendar"] is None
        given = (call["instruments"], call["start"], call["end"], call["only"], call["replace"])
        assert given == (["BTC", "SPY"], "2020-01-01", "2020-12-31", "yahoo", False)
    assert sorted(call["ids"] for call in pipeline.calls("fetch")) == [["BTC"], ["SPY"]]


def test_returns_builds(run_dag: Callable[..., Any], pipeline: Any) -> None:
    assert run_dag("returns").state == "success"
    assert len(pipeline.calls("build")) == 1


def test_watch_runs_what_is_stale_again_once_in_six_hours(
    run_dag: Callable[..., Any], pipeline: Any, dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.models.dagrun import DagRun

    for run in DagRun.find(dag_id=["ingest_xnys", "ingest_24_7"], state="queued"):
        set_state(run, "success")
    # known to Airflow
    run_dag("ingest_xnys")
    run_dag("ingest_24_7")
    monkeypatch.setenv("MARKETLAKE_NOW", "2031-01-06T13:30Z")
    pipeline.play(behind={"SPY": "SPY is late", "BTC": "BTC is late"}, hopeless=["BTC"])
    for _ in range(2):
        assert states(run_dag("watch"))["freshness"] == "failed"
    runs = [
        run
        for run in DagRun.find(dag_id=["ingest_xnys", "ingest_24_7"])
        if run.run_id.startswith("watch__2031")
    ]
    assert [(run.dag_id, run.run_id, run.conf) for run in runs] == [
        ("ingest_xnys", "watch__2031-01-06T12", {"instruments": ["SPY"]})
    ]
    assert runs[0].run_type == "operator_triggered"


def set_state(run: Any, state: str) -> None:
    """Of a run that no scheduler runs here."""
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(run).state = state


def test_ingest_can_be_limited_to_some_instruments(run_dag: Callable[..., Any], pipeline: Any) -> None:
    assert run_dag("ingest_xnys", instruments=["SPY"]).state == "success"
    assert [call["ids"] for call in pipeline.calls("fetch")] == [["SPY"]]
    assert [(call["start"], call["instruments"]) for call in pipeline.calls("plan")] == [(None, ["SPY"])]
