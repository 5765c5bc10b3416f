"""A real Airflow on loopback and what its operators do: the tests use one after the other, in order."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from marketlake.airflow.standalone import airflow, password_file
from marketlake.simulator.server import Simulator

from ..ingest.homes import rows
from ..sample import NOW
from ..universes import entry
from .sinks import Webhook, served

DAGS = Path(__file__).parents[2] / "dags"
WITHIN_S: Final = 400
UNIVERSE: Final = entry("BTC", "bitstamp:BTC/USD", name="Bitcoin", since="2025-11-01")
TEAMS: Final = {
    "east": entry("ETHER", "yahoo:ETH-USD", since="2025-11-01"),
    "west": entry("COIN", "yahoo:BTC-USD", since="2025-11-01") + entry("LOST", "yahoo:LOST"),
}
"""Two more lakes in the same Airflow; a symbol of one does not exist."""
_TEAMS_FILE: Final = """
# the DAGs of two lakes in one Airflow
import os
from pathlib import Path

os.environ["MARKETLAKE_LAKES"] = "{lakes}"
for name in ("ingest", "returns"):
    exec(compile(Path("{dags}", f"{{name}}.py").read_text(), __file__, "exec"))
"""

pytestmark = [pytest.mark.scheduler, pytest.mark.xdist_group("scheduler")]


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

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """The task instances of a run, the first of mapped ones."""
        found = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {each["task_id"]: each for each in found if each["map_index"] < 1}

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int) -> str:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        return json.dumps(self._call("GET", path, params={"map_index": 0}))

    def task_ids(self, dag_id: str) -> set[str]:
        return {task["task_id"] for task in self._call("GET", f"/api/v2/dags/{dag_id}/tasks")["tasks"]}

    def trigger(self, dag_id: str) -> str:
        run = self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None})
        return str(run["dag_run_id"])

    def clear(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Clear a task and what follows it."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id], "only_failed": False}
        body |= {"include_downstream": True}
        self._call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body)

    def backfill(self, dag_id: str) -> requests.Response:
        """Airflow's own backfill of two days."""
        body = {"dag_id": dag_id, "from_date": "2025-11-03T00:00:00Z", "to_date": "2025-11-05T00:00:00Z"}
        return self._session.post(f"{self._base}/api/v2/backfills", json=body, timeout=30)

    def asset_events(self, prefix: str = "marketlake") -> list[dict[str, Any]]:
        """The events of one lake's assets."""
        events = self._call("GET", "/api/v2/assets/events")["asset_events"]
        return [event for event in events if event["name"].startswith(f"{prefix}_bar_")]

    def pools(self) -> list[str]:
        return [pool["name"] for pool in self._call("GET", "/api/v2/pools")["pools"]]

    def import_errors(self) -> list[Any]:
        return list(self._call("GET", "/api/v2/importErrors")["import_errors"])

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._session.request(method, self._base + path, timeout=30, **arguments)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        body: dict[str, Any] = answer.json()
        return body


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


@dataclass(frozen=True)
class Running:
    """An Airflow with one instrument, served by the simulator, and the lakes of two teams."""

    home: Path
    api: Api
    hook: Webhook
    """Where its alerts arrive."""

    def run(self, dag_id: str) -> dict[str, Any]:
        """Trigger a run; returns it once it has ended."""
        run_id = self.api.trigger(dag_id)
        (run,) = until(
            lambda: [run for run in ended(self.api.runs(dag_id)) if run["dag_run_id"] == run_id],
            f"end of {dag_id}",
        )
        return dict(run)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sample_simulator: Simulator) -> Iterator[Running]:
    home, hook = tmp_path_factory.mktemp("scheduler"), Webhook()
    (home / "instruments.toml").write_text(UNIVERSE)
    airflow_home, port = home / "airflow", free_port()
    with pytest.MonkeyPatch.context() as patch, served(hook) as hook_port:
        patch.setenv("MARKETLAKE_HOME", str(home))
        patch.setenv("MARKETLAKE_NOW", NOW)
        patch.setenv("MARKETLAKE_SOURCE_URL", sample_simulator.url)
        patch.setenv("MARKETLAKE_ALERT_WEBHOOK", f"http://127.0.0.1:{hook_port}/hook")
        patch.setenv("AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL", "10")
        # on a busy machine the scheduler starts tasks before the API server answers them
        patch.setenv("MARKETLAKE_RETRIES", "6")
        patch.setenv("MARKETLAKE_RETRY_SECONDS", "3")
        patch.setattr("marketlake.airflow.standalone._READY_WITHIN_S", WITHIN_S)
        for name in ("MARKETLAKE_LAKE", "MARKETLAKE_LAKES"):
            patch.delenv(name, raising=False)
        for team in TEAMS:
            place = {"conn_type": "http", "password": f"http://127.0.0.1:{hook_port}/{team}"}
            patch.setenv(f"AIRFLOW_CONN_{team.upper()}_WEBHOOK", json.dumps(place))
        with airflow(airflow_home, with_teams(home), port):
            api = Api(port, json.loads(password_file(airflow_home).read_text())["admin"])
            until(lambda: {"ingest_24_7", "returns"} <= api.dag_ids(), "DAGs")
            yield Running(home, api, hook)
    assert processes_of(airflow_home) == []


def with_teams(home: Path) -> Path:
    """A folder with the DAG files, and with one more for the lakes of the teams."""
    dags = home / "dags"
    shutil.copytree(DAGS, dags, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in TEAMS.items():
        (home / name).mkdir()
        (home / name / "instruments.toml").write_text(text)
    lakes = ",".join(f"{name}={home / name}" for name in TEAMS)
    (dags / "teams.py").write_text(_TEAMS_FILE.format(lakes=lakes, dags=DAGS))
    return dags


def test_first_ingest_starts_immediately_and_its_asset_starts_returns(running: Running) -> None:
    api = running.api
    assert api.import_errors() == []
    ingest = until(lambda: ended(api.runs("ingest_24_7")), "end of the ingest run")
    assert [(run["run_type"], run["state"]) for run in ingest] == [("scheduled", "success")]
    tasks = api.tasks("ingest_24_7", ingest[0]["dag_run_id"])
    assert tasks["fetch_bitstamp"]["rendered_map_index"] == "BTC"
    events = until(api.asset_events, "asset event")
    assert [(event["name"], event["uri"]) for event in events] == [
        ("marketlake_bar_24_7", "marketlake://marketlake/bar/24_7")
    ]
    assert events[0]["extra"]["new"] > 50

    returns = until(lambda: ended(api.runs("returns")), "returns run")
    assert [(run["run_type"], run["state"]) for run in returns] == [("asset_triggered", "success")]
    assert (running.home / "data" / "market.duckdb").exists()


def test_two_lakes_run_side_by_side_and_share_nothing(running: Running) -> None:
    api, home = running.api, running.home
    runs, returns = {}, {}
    for team in TEAMS:
        (runs[team],) = until(lambda t=team: ended(api.runs(f"{t}_ingest_24_7")), f"run of {team}")
        (returns[team],) = until(lambda t=team: ended(api.runs(f"{t}_returns")), f"returns of {team}")
    # both ran at the same time; only the lake with the wrong symbol failed, and stored its other one
    assert max(run["start_date"] for run in runs.values()) < min(run["end_date"] for run in runs.values())
    assert {team: run["state"] for team, run in runs.items()} == {"east": "success", "west": "failed"}
    assert {run["state"] for run in returns.values()} == {"success"}
    assert {team: stored(home / team / "data") for team in TEAMS} == {"east": {"ETHER"}, "west": {"COIN"}}
    assert stored(home / "data") == {"BTC"}
    for team, run in runs.items():
        (event,) = api.asset_events(team)
        expected = (f"marketlake://{team}/bar/24_7", f"{team}_ingest_24_7", run["dag_run_id"])
        assert (event["uri"], event["source_dag_id"], event["source_run_id"]) == expected
        tasks = api.tasks(f"{team}_ingest_24_7", run["dag_run_id"])
        assert {task["pool"] for task in tasks.values()} == {"default_pool"}
    assert api.pools() == ["default_pool"]
    assert len(api.runs("returns")) == len(api.asset_events()) == 1
    # a connection of each lake says where its alerts go
    about = {(path, body["about"].partition(",")[0]) for path, body in running.hook.bodies}
    assert {each for each in about if each[0] != "/hook"} == {("/west", "west_ingest_24_7.check")}
    assert not any("east" in what or "west" in what for path, what in about if path == "/hook")


def stored(lake: Path) -> set[str]:
    """The instruments that a lake has bars of."""
    return {row["instrument_id"] for row in rows(lake, "bar")}


def test_cleared_fetch_says_that_it_was_answered_and_updates_no_asset(running: Running) -> None:
    api = running.api
    run_id = api.runs("ingest_24_7")[0]["dag_run_id"]
    assert "1 of up to 1: BTC" in api.log("ingest_24_7", run_id, "fetch_bitstamp", 1)
    api.clear("ingest_24_7", run_id, "fetch_bitstamp")
    until(lambda: api.tasks("ingest_24_7", run_id)["store"]["state"] == "skipped", "skipped store")
    until(lambda: ended(api.runs("ingest_24_7")), "end of the cleared run")
    log = api.log("ingest_24_7", run_id, "fetch_bitstamp", 2)
    assert "already answered in this run, not requested again: BTC" in log
    assert len(api.asset_events()) == 1
    assert len(api.runs("returns")) == 1


def test_airflows_own_backfill_is_refused_by_the_api(running: Running) -> None:
    answer = running.api.backfill("ingest_24_7")
    assert 400 <= answer.status_code < 500
    assert "backfill" in answer.text


def test_instrument_of_a_new_source_needs_no_other_step(running: Running) -> None:
    (running.home / "instruments.toml").write_text(
        UNIVERSE + entry("COIN", "yahoo:BTC-USD", since="2025-11-01")
    )
    until(lambda: "plan_yahoo" in running.api.task_ids("ingest_24_7"), "task of the new source")
    run = running.run("ingest_24_7")
    tasks = running.api.tasks("ingest_24_7", run["dag_run_id"])
    assert (run["state"], tasks["fetch_yahoo"]["state"], tasks["store"]["state"]) == ("success",) * 3


def test_mistake_in_the_configuration_is_alerted_by_watch(running: Running) -> None:
    (running.home / "instruments.toml").write_text("[[instrument]\n")
    until(running.api.import_errors, "import error")
    assert "watch" in running.api.dag_ids()
    assert running.run("watch")["state"] == "failed"
    # a busy machine may have lost a task, which is another alert
    (line,) = (body["lines"][0] for _, body in running.hook.bodies if "unknown" in body["lines"][0])
    assert "it is unknown what is stale" in line
    assert "instruments.toml cannot be read" in line


def ended(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [run for run in runs if run["state"] in {"success", "failed"}]
