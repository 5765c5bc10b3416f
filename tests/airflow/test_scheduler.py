"""A real Airflow on loopback: the first ingest of the sample market triggers `returns` through
its asset."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from marketlake.airflow.standalone import airflow, password_file
from marketlake.simulator.server import Simulator

from ..sample import NOW
from ..universes import entry

DAGS = Path(__file__).parents[2] / "dags"
WITHIN_S: Final = 150


class Api:
    """Airflow's REST API, as admin."""

    def __init__(self, port: int, password: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        token = self._call("POST", "/auth/token", json={"username": "admin", "password": password})
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return list(self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"])

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self._call("GET", "/api/v2/dags")["dags"]}

    def asset_events(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/api/v2/assets/events")["asset_events"])

    def import_errors(self) -> list[Any]:
        return list(self._call("GET", "/api/v2/importErrors")["import_errors"])

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._session.request(method, self._base + path, timeout=30, **arguments)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        body: dict[str, Any] = answer.json()
        return body


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample_simulator: Simulator) -> Path:
    """A home with one instrument served by the simulator."""
    (tmp_path / "instruments.toml").write_text(
        entry("BTC", "bitstamp:BTC/USD", name="Bitcoin", since="2025-11-01")
    )
    monkeypatch.setenv("MARKETLAKE_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETLAKE_NOW", NOW)
    monkeypatch.setenv("MARKETLAKE_SOURCE_URL", sample_simulator.url)
    monkeypatch.delenv("MARKETLAKE_LAKE", raising=False)
    return tmp_path


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll until the condition is true, with a timeout; returns its value."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.5)
    raise AssertionError(f"no {what} within {WITHIN_S} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_of(home: Path) -> list[int]:
    """Processes with this AIRFLOW_HOME in their environment (Linux only)."""
    expected, pids = f"AIRFLOW_HOME={home}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and expected in (process / "environ").read_bytes().split(
                b"\0"
            ):
                pids.append(int(process.name))
        except OSError:
            continue
    return pids


@pytest.mark.scheduler
@pytest.mark.xdist_group("scheduler")
def test_asset_update_starts_returns_and_no_process_remains(market: Path) -> None:
    home, port = market / "airflow", free_port()
    with airflow(home, DAGS, port):
        password = json.loads(password_file(home).read_text())["admin"]
        api = Api(port, password)
        until(lambda: {"ingest_24_7", "returns"} <= api.dag_ids(), "DAGs")
        assert api.import_errors() == []

        # an unpaused DAG starts its first run immediately and only once
        ingest = until(lambda: ended(api.runs("ingest_24_7")), "end of the ingest run")
        assert [(run["run_type"], run["state"]) for run in ingest] == [("scheduled", "success")]
        events = until(api.asset_events, "asset event")
        assert [event["name"] for event in events] == ["marketlake_bar_24_7"]
        assert events[0]["extra"]["new"] > 50

        returns = until(lambda: ended(api.runs("returns")), "returns run")
        assert [(run["run_type"], run["state"]) for run in returns] == [("asset_triggered", "success")]
        assert (market / "data" / "market.duckdb").exists()
    assert processes_of(home) == []


def ended(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [run for run in runs if run["state"] in {"success", "failed"}]
