"""Run every DAG once in this process (`make run`), with Airflow's log in a file.

A live run first checks that a vendor is reachable, so that without a network nothing changes.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from ..model.errors import ConfigError, MarketlakeError, UnavailableError
from ..model.settings import LIVE, load_settings
from ..sources import NO_SOURCE
from .schedule import ScheduledLake, lake_schedule
from .standalone import airflow_environment
from .steps import ERROR_KEY, FINDINGS_KEY, SUMMARY_KEY

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

ADDRESSES: Final[Mapping[str, str]] = {
    "binance": "https://api.binance.com",
    "bitstamp": "https://www.bitstamp.net",
    "coinbaseexchange": "https://api.exchange.coinbase.com",
    "ecb": "https://www.ecb.europa.eu",
    "fred": "https://fred.stlouisfed.org",
    "kraken": "https://api.kraken.com",
    "yahoo": "https://query1.finance.yahoo.com",
}
_TIMEOUT_S: Final = 5.0
_IMPATIENT: Final = {"MARKETLAKE_RETRY_SECONDS": "2", "MARKETLAKE_RETRIES": "2", "MARKETLAKE_LAKES": ""}
"""One lake, few retries, short pauses: a user is waiting at the terminal."""
_SHOWN_FINDINGS: Final = 5

Say = Callable[[str], None]


def require_a_vendor(sources: Iterable[str], addresses: Mapping[str, str] = ADDRESSES) -> None:
    """Return if any source answers, with any status; `UnavailableError` if none does.

    A source that is not in `addresses` (a rare exchange, a file) counts as reachable.
    """
    wanted = tuple(dict.fromkeys(sources))
    if not all(source in addresses and not _answers(addresses[source]) for source in wanted):
        return
    raise UnavailableError(
        f"none of {', '.join(wanted)} can be reached; is there a network, does it need HTTPS_PROXY? "
        "Nothing was changed. `make run` without LIVE=1 needs no network."
    )


def _answers(address: str) -> bool:
    import requests

    try:
        requests.head(address, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException:
        return False
    return True


def xcoms(dag_run: DagRun, key: str) -> list[tuple[str, Any]]:
    """Task id and value of everything stored under `key`, oldest first."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(run_id=dag_run.run_id, dag_ids=dag_run.dag_id, key=key)
    with create_session() as session:
        rows: list[Any] = list(session.scalars(query))
        return [(row.task_id, XComModel.deserialize_value(row)) for row in reversed(rows)]


@dataclass(frozen=True)
class Ingested:
    """The run of one `ingest` DAG."""

    planned: int
    """Instruments planned."""
    stored: bool
    """True if the answers were stored, new or not."""
    succeeded: bool
    """True if the DAG run succeeded."""
    new: int = 0
    revised: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    """Outcome and message by instrument id."""
    findings: tuple[str, ...] = ()
    """The findings of the data checks, one line each."""
    errors: tuple[str, ...] = ()
    """Messages of the failed tasks."""

    @property
    def worked(self) -> int:
        """Instruments that were planned and are stored."""
        return self.planned - len(self.failed) if self.stored else 0

    def __str__(self) -> str:
        if not self.stored:
            return "failed"
        news = f"{self.new} new, {self.revised} revised" if self.new or self.revised else "nothing new"
        good = f"{self.worked} of {self.planned}" if self.failed else f"{self.planned}"
        return f"{good} instrument{'' if self.planned == 1 else 's'}, {news}"


def exit_code(ingested: Iterable[Ingested], built: bool) -> int:
    """0 if all succeeded, 1 if nothing did, 3 if some did."""
    results = list(ingested)
    if built and all(result.succeeded for result in results):
        return 0
    return 3 if built and any(result.worked for result in results) else 1


def main() -> int:
    """Parse the arguments, set the environment and run."""
    parser = argparse.ArgumentParser(prog="python -m marketlake.airflow.embedded", description=__doc__)
    parser.add_argument("--airflow-home", type=Path, required=True, help="folder for Airflow's database")
    parser.add_argument("--dags", type=Path, required=True, help="folder with the DAG files")
    arguments = parser.parse_args()
    home = arguments.airflow_home.resolve()
    try:
        settings = load_settings()
        if settings.origin == LIVE:
            sources = lake_schedule(ScheduledLake(), settings).sources
            require_a_vendor(source for source in sources if source != NO_SOURCE)
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
        from .database import migrate

        result.append("new database" if migrate(home) else "ready")
        bag = _load(dags)
    ingested = [_ingest(bag, each.dag_id, say) for each in lake_schedule(ScheduledLake()).calendars]
    return exit_code(ingested, _build(bag, say))


def _end_on_interrupt(say: Say) -> None:
    """Exit immediately on Ctrl-C: Airflow would treat the exception as a task's own.

    The lake survives any kill.
    """

    def end(signum: int, frame: FrameType | None) -> None:
        say("interrupted; what was fetched is persisted, and the next run continues from there")
        os._exit(128 + signum)

    signal.signal(signal.SIGINT, end)


def _ingest(bag: dict[str, DAG], dag_id: str, say: Say) -> Ingested:
    with _timed(say, dag_id) as result:
        ingested = _result(bag[dag_id].test())
        result.append(str(ingested))
    for instrument, why in ingested.failed.items():
        say(f"    {instrument}: {why}")
    for line in (*ingested.findings[:_SHOWN_FINDINGS], *ingested.errors):
        say(f"    {line}")
    if len(ingested.findings) > _SHOWN_FINDINGS:
        say(f"    {len(ingested.findings)} findings in total: `marketlake check`")
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
        planned=sum(len(batch) for batches in plans for batch in batches),
        stored=summary is not None,
        succeeded=dag_run.state == "success",
        new=summary["new"] if summary else 0,
        revised=summary["revised"] if summary else 0,
        failed=failed,
        findings=tuple(dict(xcoms(dag_run, FINDINGS_KEY)).get("check", ())),
        # an error per instrument is more precise than the same errors per batch
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
    """Print the start and, with what the block appended, the result and duration."""
    say(f"{what} ...")
    started = time.monotonic()
    result: list[str] = []
    yield result
    say(f"{what}: {'; '.join(result)} ({time.monotonic() - started:.1f} s)")


@contextmanager
def airflow_log(path: Path) -> Iterator[Say]:
    """Redirect standard output and error to `path`; yields a function that prints to the
    terminal."""
    with path.open("a") as log, os.fdopen(os.dup(1), "w", buffering=1) as terminal:
        saved_descriptors = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield lambda line: print(line, file=terminal)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for target, saved in enumerate(saved_descriptors, start=1):
                os.dup2(saved, target)
                os.close(saved)


if __name__ == "__main__":
    sys.exit(main())
