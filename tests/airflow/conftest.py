"""Set Airflow's environment before any test of this folder imports Airflow."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marketlake.airflow.standalone import airflow_environment

from ..universes import entry

PROJECT = Path(__file__).parents[2]
DAGS = PROJECT / "dags"
_FOLDER = tempfile.TemporaryDirectory(prefix="marketlake-airflow-", ignore_cleanup_errors=True)
AIRFLOW_HOME = Path(_FOLDER.name)

os.environ |= airflow_environment(AIRFLOW_HOME, DAGS) | {
    "MARKETLAKE_RETRY_SECONDS": "0",
    "MARKETLAKE_RETRIES": "2",
}

UNIVERSE = (
    entry("BTC", "bitstamp:BTC/USD", "yahoo:BTC-USD", since="2018-01-01")
    + entry("NASDAQ", "yahoo:^IXIC", kind="index", calendar="XNYS", since="2018-01-01")
    + entry("SPY", "yahoo:SPY", kind="fund", calendar="XNYS", since="2018-01-01")
)


class Pipeline:
    """A fake pipeline: scripted results and recorded calls."""

    def __init__(self, home: Path) -> None:
        self._script, self._calls = home / "script.json", home / "calls.jsonl"

    def play(self, **script: Any) -> None:
        self._script.write_text(json.dumps(script))

    def calls(self, step: str) -> list[dict[str, Any]]:
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [call for call in map(json.loads, lines) if call["step"] == step]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "instruments.toml").write_text(UNIVERSE)
    monkeypatch.setenv("MARKETLAKE_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETLAKE_SOURCE_URL", "http://127.0.0.1:9")
    for name in ("MARKETLAKE_LAKE", "MARKETLAKE_NOW"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def pipeline(home: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The modules that the tasks import replaced by fake_tasks.py."""
    from marketlake.ingest import run  # noqa: F401 - before it is replaced

    spec = importlib.util.spec_from_file_location("fake_tasks", Path(__file__).with_name("fake_tasks.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in (
        "ingest.run",
        "ingest.runs",
        "ingest.build",
        "ingest.status",
        "lake",
        "store.writer",
    ):
        monkeypatch.setitem(sys.modules, f"marketlake.{name}", module)
    monkeypatch.setattr("marketlake.ingest.run", module)
    return Pipeline(home)


@pytest.fixture(scope="session")
def database() -> None:
    from marketlake.airflow.database import migrate

    migrate(AIRFLOW_HOME)


@pytest.fixture
def dags(home: Path) -> dict[str, Any]:
    """The real DAG files, parsed against the universe above."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(DAGS)
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture
def run_dag(dags: dict[str, Any], pipeline: Pipeline, database: None) -> Callable[..., Any]:
    """Run a DAG once in this process and return the DAG run."""

    def run(dag_id: str, **conf: Any) -> Any:
        return dags[dag_id].test(run_conf=conf or None)

    return run
