"""What does Airflow add to a run of the library?

    python -m benchmarks.airflow_overhead [--batches 20] [--rounds 3]

The same first load from the same simulated market: once by `marketlake ingest` in a fresh process, once as
the DAG run of a scheduler with a LocalExecutor, from being queued to its end; of one batch of 50 instruments
and of more.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import requests

from marketlake.airflow.standalone import airflow, password_file

from .scale.home import configure, evening
from .synthetic import BILL, last_session, names, sessions
from .tables import Target, seconds, table

BATCH: Final = 50
YEAR: Final = 2024
_ROOT: Final = Path(__file__).parents[1]
_WITHIN_S: Final = 900
_FIXED, _PER_BATCH = Target(60), Target(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sizes = (1, asked.batches)
    taken: dict[tuple[str, int], list[float]] = {}
    for _ in range(asked.rounds):
        for batches in sizes:
            for way, run in (("library", _library), ("airflow", _airflow)):
                print(f"{batches} batches: {way}", file=sys.stderr, flush=True)
                with market(batches) as (folder, environ):
                    taken.setdefault((way, batches), []).append(run(folder, environ))
    print(_report(sizes, taken))


def _report(sizes: tuple[int, int], taken: Mapping[tuple[str, int], list[float]]) -> str:
    own = {key: statistics.median(each) for key, each in taken.items()}
    added = {n: own["airflow", n] - own["library", n] for n in sizes}
    slope = (added[sizes[1]] - added[sizes[0]]) / (sizes[1] - sizes[0])
    fixed = added[sizes[0]] - slope * sizes[0]
    rows = [
        [
            f"{n} ({n * BATCH:,} instruments)",
            *(seconds(own[way, n]) for way in ("library", "airflow")),
            seconds(added[n]),
        ]
        for n in sizes
    ]
    told = (
        f"Airflow adds {fixed:.0f} s a run ({_FIXED.judge(fixed)}) and {slope:.2f} s a batch "
        f"({_PER_BATCH.judge(slope)})."
    )
    return table(["batches", "`marketlake ingest`", "the DAG's run", "added"], rows) + f"\n\n{told}"


@contextmanager
def market(batches: int) -> Iterator[tuple[Path, dict[str, str]]]:
    """A user's folder with nothing stored, and the simulator that serves what it lists."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        configure(folder, YEAR, batches * BATCH - 1)
        prices = folder / "prices"
        prices.mkdir()
        days = sessions(YEAR)
        rows = "\n".join(f"{day},{100 + n % 7}.25" for n, day in enumerate(days.tolist()))
        for name in [*names(batches * BATCH - 1), BILL]:
            (prices / f"{name}.csv").write_text(f"date,close\n{rows}\n")
        address, now = folder / "address", evening(last_session(YEAR)).isoformat()
        command = [sys.executable, "-m", "marketlake", "simulate", "--market", str(prices), "--now", now]
        simulator = subprocess.Popen(
            [*command, "--port", "0", "--port-file", str(address)], stdout=subprocess.DEVNULL
        )
        try:
            _until(lambda: address.exists() and address.read_text())
            own = {
                "MARKETLAKE_HOME": text,
                "MARKETLAKE_NOW": now,
                "MARKETLAKE_SOURCE_URL": address.read_text(),
            }
            yield folder, own
        finally:
            simulator.terminate()
            simulator.wait()


def _library(folder: Path, environ: Mapping[str, str]) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "marketlake", "ingest"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environ})
    return time.perf_counter() - started


def _airflow(folder: Path, environ: Mapping[str, str]) -> float:
    """The run starts by itself, as soon as the scheduler sees the DAG."""
    os.environ |= environ
    home, port = folder / "airflow", _free_port()
    with airflow(home, _ROOT / "dags", port):
        base, session = f"http://127.0.0.1:{port}", requests.Session()
        session.trust_env = False
        password = json.loads(password_file(home).read_text())["admin"]
        login = session.post(
            f"{base}/auth/token", json={"username": "admin", "password": password}, timeout=30
        )
        session.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        run = _until(
            lambda: _ended(session.get(f"{base}/api/v2/dags/ingest_xnys/dagRuns", timeout=30).json())
        )
    if run["state"] != "success":
        raise RuntimeError(f"the DAG run ended as {run['state']}")
    moments = (datetime.fromisoformat(run[name]).astimezone(UTC) for name in ("queued_at", "end_date"))
    queued, end = moments
    return (end - queued).total_seconds()


def _ended(answer: dict[str, Any]) -> dict[str, Any] | None:
    return next((run for run in answer.get("dag_runs", []) if run["state"] in {"success", "failed"}), None)


def _until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.5)
    raise TimeoutError(f"nothing within {_WITHIN_S} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
