"""Conventions of the DAG files: no logic, no heavy imports, documentation, one active run."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from marketlake.airflow import schedule
from marketlake.model.errors import ConfigError

from ..sample import Run
from ..universes import entry

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


def test_each_fetch_maps_few_batches_at_once_without_a_pool(dags: dict[str, Any]) -> None:
    fetches = [task for dag in dags.values() for task in dag.tasks if task.task_id.startswith("fetch_")]
    assert len(fetches) == 4
    for task in fetches:
        assert task.is_mapped
        assert task.pool == "default_pool"
        assert task.max_active_tis_per_dagrun == 2
        assert task.partial_kwargs["retry_policy"]


def test_every_task_and_every_run_has_a_time_limit(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert timedelta() < dag.dagrun_timeout <= timedelta(hours=20)
        for task in dag.tasks:
            limit = task.partial_kwargs["execution_timeout"] if task.is_mapped else task.execution_timeout
            # docker-compose.yml: a message is redelivered after 3900 s
            assert timedelta() < limit <= min(timedelta(hours=1), dag.dagrun_timeout)


def test_retries_outlast_an_outage_of_an_hour() -> None:
    """In a process of its own, because the tests of this folder shorten the waits."""
    code = (
        "from marketlake.airflow.chain import retried\n"
        "given = retried()\n"
        "delays = [given['retry_delay'] * 2**n for n in range(given['retries'])]\n"
        "delays = [min(delay, given['max_retry_delay']) for delay in delays]\n"
        "limited = given['retry_policy'].rules[1].retry_delay * given['retries']\n"
        "print(sum(d.seconds for d in delays) // 60, max(delays).seconds // 60, limited.seconds // 60)"
    )
    environment = {name: value for name, value in os.environ.items() if "MARKETLAKE_RETR" not in name}
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert completed.stdout.split() == ["61", "30", "90"]


def test_airflows_own_backfill_is_refused(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert "backfill" not in dag.allowed_run_types
        assert {"manual", "operator_triggered"} <= dag.allowed_run_types


@pytest.mark.parametrize("count", [1, 1000])
def test_label_of_a_batch_fits_airflows_column(dags: dict[str, Any], count: int) -> None:
    from jinja2 import Environment

    batch = [{"instrument_id": f"{'X' * 28}{n:04}"} for n in range(count)]
    template = dags["ingest_xnys"].get_task("fetch_yahoo").partial_kwargs["map_index_template"]
    label = (
        Environment(autoescape=True)
        .from_string(template)
        .render(task=SimpleNamespace(op_kwargs={"batch": batch}))
    )
    first, last = f"{'X' * 28}0000", f"{'X' * 28}0999"
    assert label == (first if count == 1 else f"{first} ... {last} (1000)")
    assert len(label) <= 250


def test_check_is_the_only_leaf_and_always_runs(dags: dict[str, Any]) -> None:
    for name in ("ingest_24_7", "ingest_xnys", "backfill"):
        assert [leaf.task_id for leaf in dags[name].leaves] == ["check"]
        for task_id in ("store", "check"):
            assert dags[name].get_task(task_id).trigger_rule == "all_done"


def test_returns_waits_for_any_updated_asset(dags: dict[str, Any]) -> None:
    awaited = {asset.name for asset in dags["returns"].timetable.asset_condition.objects}
    updated = {outlet.name for dag in dags.values() for task in dag.tasks for outlet in task.outlets}
    assert awaited == updated
    assert awaited == {f"marketlake_bar_{each}" for each in ("24_7", "xnys", "backfill")}
    uris = {outlet.uri for dag in dags.values() for task in dag.tasks for outlet in task.outlets}
    assert uris == {f"marketlake://marketlake/bar/{each}" for each in ("24_7", "xnys", "backfill")}


@pytest.mark.parametrize(
    "conf",
    [
        {},
        {"from": "yesterday"},
        {"from": "2020-01-01", "instruments": ["DOGE"]},
        {"from": "2020-01-01", "instruments": ["BTC", "BTC"]},
        {"from": "2020-01-01", "to": 20201231},
        {"from": "2020-01-01", "source": "kraken"},
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
    assert dags["backfill"].params.get_param("source").schema["enum"] == [None, "bitstamp", "yahoo"]


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


@pytest.mark.parametrize("name", ["instruments.toml", "marketlake.toml"])
def test_unreadable_configuration_leaves_watch_to_report_it(home: Path, name: str) -> None:
    (home / name).write_text("[[instrument]\n")
    bag = parsed()
    assert {Path(name).stem for name in bag.import_errors} == {"backfill", "ingest", "returns"}
    assert all(f"{name} cannot be read" in error for error in bag.import_errors.values())
    assert set(bag.dags) == {"watch"}


def test_misspelt_calendar_does_not_take_the_dag_of_the_right_one(home: Path) -> None:
    (home / "instruments.toml").write_text(
        entry("BAD", "yahoo:BAD", kind="fund", calendar="xnys")
        + entry("SPY", "yahoo:SPY", kind="fund", calendar="XNYS")
    )
    dags = parsed().dags
    assert "SPY" in dags["ingest_xnys"].doc_md
    assert "BAD" in dags["ingest_xnys_1"].doc_md


@pytest.fixture
def two_lakes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lakes `eq` and `coin`, each with its folder."""
    for name, text in (
        ("eq", entry("SPY", "yahoo:SPY", kind="fund", calendar="XNYS")),
        ("coin", entry("BTC", "bitstamp:BTC/USD")),
    ):
        (home / name).mkdir()
        (home / name / "instruments.toml").write_text(text)
    monkeypatch.setenv("MARKETLAKE_LAKES", f"eq={home}/eq, coin={home}/coin")
    return home


def test_several_lakes_have_dags_owners_and_assets_of_their_own(
    two_lakes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = parsed()
    assert bag.import_errors == {}
    names = {"backfill", "returns", "watch"}
    assert set(bag.dags) == {"eq_ingest_xnys", "coin_ingest_24_7"} | {
        f"{lake}_{name}" for lake in ("eq", "coin") for name in names
    }
    for dag_id, dag in bag.dags.items():
        lake = dag_id.split("_")[0]
        assert {task.owner for task in dag.tasks} == {lake}
        assert {lake, "marketlake"} <= set(dag.tags)
        assert all(outlet.name.startswith(f"{lake}_bar_") for task in dag.tasks for outlet in task.outlets)
    awaited = {asset.uri for asset in bag.dags["eq_returns"].timetable.asset_condition.objects}
    assert awaited == {"marketlake://eq/bar/xnys", "marketlake://eq/bar/backfill"}
    monkeypatch.setenv("MARKETLAKE_DAG_OWNER", "desk")
    assert {task.owner for task in parsed().dags["eq_watch"].tasks} == {"desk"}


def test_mistake_in_one_lake_leaves_the_others(two_lakes: Path) -> None:
    (two_lakes / "eq" / "instruments.toml").write_text("[[instrument]\n")
    bag = parsed()
    assert bag.import_errors == {}
    coin = {"coin_ingest_24_7", "coin_backfill", "coin_returns", "coin_watch"}
    assert set(bag.dags) == coin | {"eq_watch"}


@pytest.mark.parametrize(
    ("value", "message"),
    [("eq", "must look like"), ("Eq=/a", "must look like"), ("eq=/a,eq=/b", "a name comes twice")],
)
def test_wrong_list_of_lakes_is_explained(monkeypatch: pytest.MonkeyPatch, value: str, message: str) -> None:
    monkeypatch.setenv("MARKETLAKE_LAKES", value)
    with pytest.raises(ConfigError, match=f"MARKETLAKE_LAKES: .*{message}"):
        schedule.lakes()


def test_installed_files_are_the_same_dags(dags: dict[str, Any], home: Path, run: Run) -> None:
    folder = home / "elsewhere"
    assert "elsewhere is no folder; name the dags_folder" in run("dags", "--install", folder).err
    folder.mkdir()
    assert [run("dags", "--install", folder).code for _ in range(2)] == [0, 0]
    assert {path.name for path in folder.iterdir()} == {f"marketlake_{path.name}" for path in FILES}
    bag = parsed(folder)
    assert bag.import_errors == {}
    assert {name: dag.task_ids for name, dag in bag.dags.items()} == {n: d.task_ids for n, d in dags.items()}


def parsed(folder: Path = FILES[0].parent) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(folder)
