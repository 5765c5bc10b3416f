"""Run the real DAGs without a scheduler: every `ingest` DAG, then `returns`, in this one process.

    python -m marketlake.orchestration.embedded --airflow-home .marketlake/airflow --dags dags

Airflow's log goes to a file; the terminal gets a line or two per DAG. The exit code is the pipeline's:
0 all well, 1 nothing worked, 2 usage, 3 some instruments failed.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError, MarketlakeError
from ..settings import LIVE, load_settings
from .environment import airflow_environment
from .outcome import Ingested, exit_code
from .reach import require_a_vendor
from .schedule import calendar_schedules, first_sources
from .steps import ERROR_KEY, FINDINGS_KEY, SUMMARY_KEY
from .xcom import xcoms

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

Say = Callable[[str], None]
_IMPATIENT: Final = {"MARKETLAKE_RETRY_SECONDS": "2"}
"""Somebody is waiting at the terminal."""
_FINDINGS_TOLD: Final = 5


def main() -> int:
    """Parse the arguments, set the environment and run."""
    parser = argparse.ArgumentParser(prog="python -m marketlake.orchestration.embedded", description=__doc__)
    parser.add_argument("--airflow-home", type=Path, required=True, help="folder for Airflow's database")
    parser.add_argument("--dags", type=Path, required=True, help="folder with the DAG files")
    arguments = parser.parse_args()
    home = arguments.airflow_home.resolve()
    try:
        settings = load_settings()
        schedules = calendar_schedules(settings)
        if settings.origin == LIVE:
            require_a_vendor(source for each in schedules for source in each.sources)
        home.mkdir(parents=True, exist_ok=True)
        os.environ |= airflow_environment(home, arguments.dags.resolve()) | _IMPATIENT
        with airflow_log(home / "run.log") as say:
            say(f"== Airflow, embedded; its log: {home / 'run.log'}")
            _end_on_interrupt(say)
            return run(home, arguments.dags.resolve(), say)
    except MarketlakeError as error:
        sys.stderr.write(f"marketlake: {error}\n")
        return error.exit_code


def run(home: Path, dags: Path, say: Say) -> int:
    """Run every DAG once; returns the exit code. Expects the environment to be set."""
    with _timed(say, "Airflow") as result:
        from .database import create_pools, migrate

        result.append("new database" if migrate(home) else "ready")
        create_pools(first_sources())
        bag = _load(dags)
    ingested = [_ingest(bag, each.dag_id, say) for each in calendar_schedules()]
    return exit_code(ingested, _build(bag, say))


def _end_on_interrupt(say: Say) -> None:
    """End at once on Ctrl-C: Airflow takes the exception for a task's own. The lake bears any kill."""

    def end(signum: int, frame: FrameType | None) -> None:
        say("interrupted; what was fetched is kept, and the next run goes on from there")
        os._exit(128 + signum)

    signal.signal(signal.SIGINT, end)


def _ingest(bag: dict[str, DAG], dag_id: str, say: Say) -> Ingested:
    with _timed(say, dag_id) as result:
        ingested = _result(bag[dag_id].test())
        result.append(str(ingested))
    for instrument, why in ingested.failed.items():
        say(f"    {instrument}: {why}")
    for line in (*ingested.findings[:_FINDINGS_TOLD], *ingested.errors):
        say(f"    {line}")
    if len(ingested.findings) > _FINDINGS_TOLD:
        say(f"    {len(ingested.findings)} findings in all: `marketlake check`")
    return ingested


def _build(bag: dict[str, DAG], say: Say) -> bool:
    with _timed(say, "returns") as result:
        dag_run = bag["returns"].test()
        result.append("market.duckdb is up to date" if dag_run.state == "success" else "failed")
    for error in _errors(dag_run):
        say(f"    {error}")
    return bool(dag_run.state == "success")


def _result(dag_run: DagRun) -> Ingested:
    plans = [batches for task, batches in xcoms(dag_run, "return_value") if task.startswith("plan_")]
    summary = dict(xcoms(dag_run, SUMMARY_KEY)).get("store")
    failed = summary["failed"] if summary else {}
    return Ingested(
        asked=sum(len(batch) for batches in plans for batch in batches),
        stored=summary is not None,
        succeeded=dag_run.state == "success",
        new=summary["new"] if summary else 0,
        revised=summary["revised"] if summary else 0,
        failed=failed,
        findings=tuple(dict(xcoms(dag_run, FINDINGS_KEY)).get("check", ())),
        # what is said of the instruments says more than the same errors by batch
        errors=() if failed else _errors(dag_run),
    )


def _errors(dag_run: DagRun) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{task}: {message}" for task, message in xcoms(dag_run, ERROR_KEY)))


def _load(dags: Path) -> dict[str, DAG]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dags)
    for file, error in bag.import_errors.items():
        raise ConfigError(f"{file} cannot be imported: {error.strip().splitlines()[-1]}")
    return bag.dags


@contextmanager
def _timed(say: Say, what: str) -> Iterator[list[str]]:
    """Say what begins and, with what the block appended, how it ended and how long it took."""
    say(f"{what} ...")
    started = time.monotonic()
    result: list[str] = []
    yield result
    say(f"{what}: {'; '.join(result)} ({time.monotonic() - started:.1f} s)")


@contextmanager
def airflow_log(path: Path) -> Iterator[Say]:
    """Send what is written to standard output and error to `path`; yields a way to the terminal."""
    with path.open("a") as log, os.fdopen(os.dup(1), "w", buffering=1) as terminal:
        kept = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield lambda line: print(line, file=terminal)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for target, saved in enumerate(kept, start=1):
                os.dup2(saved, target)
                os.close(saved)


if __name__ == "__main__":
    sys.exit(main())
