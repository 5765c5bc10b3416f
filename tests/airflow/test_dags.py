"""Conventions of the DAG files: no logic, no heavy imports, documentation, one active run."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from marketlake.airflow import schedule

pytestmark = pytest.mark.xdist_group("airflow")

FILES = sorted((Path(__file__).parents[2] / "dags").glob("*.py"))
HEAVY = {
    "ccxt",
    "yfinance",
    "pandas",
    "numpy",
    "pyarrow",
    "duckdb",
    "exchange_calendars",
    "currency_converter",
}


def test_dag_ids_follow_from_the_universe(dags: dict[str, Any]) -> None:
    assert set(dags) == {"ingest_24_7", "ingest_xnys", "backfill", "returns", "watch"}


def test_each_dag_is_documented_and_has_one_active_run(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.doc_md
        assert dag.description
        assert "marketlake" in dag.tags
        assert dag.max_active_runs == 1
        assert not dag.catchup
        assert dag.is_paused_upon_creation is False
        assert dag.has_on_failure_callback


def test_ingest_is_scheduled_in_the_calendars_time_zone(dags: dict[str, Any]) -> None:
    assert str(dags["ingest_xnys"].timezone)
    timetable = dags["ingest_xnys"].timetable
    assert (timetable.expression, str(timetable.timezone)) == ("15 17 * * 1-5", "America/New_York")


def test_each_fetch_uses_its_hosts_pool_and_maps_batches(dags: dict[str, Any]) -> None:
    fetches = [task for dag in dags.values() for task in dag.tasks if task.task_id.startswith("fetch_")]
    assert len(fetches) == 4
    for task in fetches:
        assert task.is_mapped
        assert task.pool == schedule.pool_of(task.task_id.removeprefix("fetch_"))
        assert task.partial_kwargs["retry_policy"]


def test_check_is_the_only_leaf_and_always_runs(dags: dict[str, Any]) -> None:
    for name in ("ingest_24_7", "ingest_xnys", "backfill"):
        assert [leaf.task_id for leaf in dags[name].leaves] == ["check"]
        for task_id in ("store", "check"):
            assert dags[name].get_task(task_id).trigger_rule == "all_done"


def test_returns_waits_for_any_updated_asset(dags: dict[str, Any]) -> None:
    awaited = {asset.name for asset in dags["returns"].timetable.asset_condition.objects}
    updated = {outlet.name for dag in dags.values() for task in dag.tasks for outlet in task.outlets}
    assert awaited == updated == set(schedule.asset_names())


@pytest.mark.parametrize(
    "conf",
    [
        {},
        {"from": "yesterday"},
        {"from": "2020-01-01", "instruments": ["DOGE"]},
        {"from": "2020-01-01", "instruments": ["BTC", "BTC"]},
        {"from": "2020-01-01", "to": 20201231},
    ],
)
def test_backfill_form_rejects(dags: dict[str, Any], conf: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError, match="Invalid input for param"):
        fill(dags["backfill"].params, conf)


def fill(params: Any, conf: dict[str, Any]) -> None:
    params.update(conf)
    params.validate()


def test_backfill_form_lists_every_instrument(dags: dict[str, Any]) -> None:
    assert dags["backfill"].params.get_param("instruments").schema["examples"] == ["BTC", "NASDAQ", "SPY"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dag_file_has_no_logic(file: Path) -> None:
    tree = ast.parse(file.read_text())
    forbidden = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.While, ast.Try)
    assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, forbidden)] == []
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert all(m in {"datetime", "airflow.sdk"} or m.startswith("marketlake.airflow") for m in modules)


def test_parsing_dag_files_imports_no_heavy_modules(home: Path) -> None:
    code = (
        "import runpy, sys\n"
        f"for file in {[str(file) for file in FILES]!r}: runpy.run_path(file)\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True
    )
    assert completed.stdout.strip().splitlines()[-1] == "[]"


def test_unreadable_universe_is_an_import_error(home: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    (home / "instruments.toml").write_text("[[instrument]\n")
    bag = DagBag(FILES[0].parent)
    assert {Path(name).stem for name in bag.import_errors} == {file.stem for file in FILES}
    assert all("instruments.toml cannot be read" in error for error in bag.import_errors.values())
