"""One run of the cluster from beginning to end."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaign.clock import KEYS

from marketlake.ingest.run import ingest
from marketlake.model.settings import KEY_VARIABLES, Settings
from marketlake.simulator.server import Served, Simulator, serve

from .compare import difference
from .market import INSTRUMENTS, LIMITS, NOW, faults, world, write_home
from .meter import loads
from .orchestra import WORKERS, Api, Orchestra, orchestra
from .processes import ClusterError, Processes, descendants, free_ports, unprivileged
from .record import Record
from .servers import start_postgres, start_redis

_GOOD = {"success", "skipped"}
_DAGS = {"ingest_24_7", "ingest_target", "ingest_xnys"}
_WITHIN_S = 420.0


@dataclass
class Timer:
    """Seconds by phase."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[what] = time.monotonic() - begun


def run_cluster() -> Record:
    """Start everything, kill a worker half-way, wait for the end, compare."""
    timer, market = Timer(), world()
    with serve(market.market, now=NOW) as simulator, unprivileged() as processes:
        for place in ("undisturbed", "home"):
            home = processes.folder / place
            home.mkdir()
            write_home(home, market)
        with timer("undisturbed ingest"):
            undisturbed = _undisturbed(processes.folder / "undisturbed", simulator)
        before = len(simulator.requests)
        simulator.set_faults(faults(market))
        airflow = _started(processes, simulator, timer)
        with timer("Airflow's start"):
            airflow.start()
            api = airflow.api()
            processes.until(airflow.healthy, "word that every part is healthy", 120)
        with timer("until half-way"):
            _wait_until_half_way(processes, simulator, before)
        killed = _kill_the_busier_worker(processes, api)
        with timer("from the kill to the end"):
            runs = _ended(processes, api)
        served = simulator.requests[before:]
        tasks = api.tasks()
        compared = difference(processes.folder / "home" / "data", undisturbed)
        account = "their user" if airflow.as_self else processes.account or "their user"
        record = _record(account, runs, tasks, killed, served, compared, timer)
        processes.keep = not record.good
        return record


def _undisturbed(home: Path, simulator: Simulator) -> Path:
    """The lake of a run in one process, without faults or limits."""
    rows = ingest(Settings(home, home / "data", now=NOW, source_url=simulator.url, keys=KEYS))
    bad = [row for row in rows if row["outcome"] != "ok"]
    if bad or len(rows) != INSTRUMENTS:
        raise ClusterError(f"the undisturbed ingest is not good: {len(rows)} rows, {bad[:1]}")
    return home / "data"


def _started(processes: Processes, simulator: Simulator, timer: Timer) -> Orchestra:
    ports = free_ports(3)
    if processes.account:
        shutil.chown(processes.folder / "home", processes.account)
    with timer("Postgres, Redis, tables"):
        postgres, redis = start_postgres(processes, ports[0]), start_redis(processes, ports[1])
        home = processes.folder / "home"
        own = {"MARKETLAKE_HOME": str(home), "MARKETLAKE_LAKE": str(home / "data")}
        own |= {"MARKETLAKE_SOURCE_URL": simulator.url, "MARKETLAKE_NOW": NOW.isoformat()}
        own |= {KEY_VARIABLES[source]: key for source, key in KEYS.items()}
        airflow = orchestra(processes, ports[2], postgres, redis, own)
        airflow.migrate()
    return airflow


def _wait_until_half_way(processes: Processes, simulator: Simulator, before: int) -> None:
    """Wait for as many requests to the hosts with a limit as half of the instruments need."""
    half = INSTRUMENTS // 2

    def served() -> bool:
        return sum(each.source in LIMITS for each in simulator.requests[before:]) >= half

    processes.until(served, f"{half} requests", _WITHIN_S)


def _kill_the_busier_worker(processes: Processes, api: Api) -> list[str]:
    """Kill the worker with more tasks; returns the tasks it was running."""

    def busy() -> dict[str, list[str]]:
        families = {name: set(descendants(processes.running[name].pid)) for name in WORKERS}
        at: dict[str, list[str]] = defaultdict(list)
        for task in api.tasks():
            for name, family in families.items():
                if (
                    task["state"] == "running"
                    and task["task_id"].startswith("fetch_")
                    and task["pid"] in family
                ):
                    at[name].append(named(task))
        return at

    at = processes.until(busy, "worker with a fetch under way", 60)
    victim = max(at, key=lambda name: len(at[name]))
    processes.kill_tree(victim)
    return list(at[victim])


def _ended(processes: Processes, api: Api) -> dict[str, str]:
    """State by DAG once each run has ended."""

    def over() -> dict[str, str]:
        runs = api.runs()
        return runs if runs.keys() >= _DAGS and set(runs.values()) <= {"success", "failed"} else {}

    states: dict[str, str] = processes.until(over, "end of all runs", _WITHIN_S, 1)
    return states


def _record(
    account: str,
    runs: dict[str, str],
    tasks: list[dict[str, Any]],
    killed: list[str],
    served: tuple[Served, ...],
    compared: Any,
    timer: Timer,
) -> Record:
    moments: dict[str, list[float]] = defaultdict(list)
    for request in served:
        moments[request.source].append(request.at)
    return Record(
        instruments=INSTRUMENTS,
        account=account,
        runs=runs,
        tasks=len(tasks),
        tasks_not_good=[named(task) for task in tasks if task["state"] not in _GOOD],
        kills=1,
        tasks_killed=len(killed),
        tries_again=sum(max(0, task["try_number"] - 1) for task in tasks),
        requests=len(served),
        answers_spoilt=sum(request.status != 200 for request in served),
        loads=loads(moments, LIMITS),
        difference=compared,
        seconds=timer.seconds,
    )


def named(task: dict[str, Any]) -> str:
    place = f"[{task['map_index']}]" if task["map_index"] >= 0 else ""
    return f"{task['dag_id']}.{task['task_id']}{place} {task['state']}"
