"""What the tasks do: each calls `marketlake.pipeline.tasks` and says the result in Airflow's words."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..model.errors import MarketlakeError

if TYPE_CHECKING:
    from airflow.sdk import Context


SUMMARY_KEY: Final = "summary"
"""XCom key under which `store` leaves its result, also when it is skipped."""
FINDINGS_KEY: Final = "findings"
"""XCom key under which `check` leaves what the data checks found, a line each."""
STALE_KEY: Final = "marketlake_stale"
"""Airflow variable with the instruments whose being behind was told."""
ERROR_KEY: Final = "error"
"""XCom key under which a task that fails leaves its message."""

_log = logging.getLogger(__name__)
Batch = list[dict[str, Any]]


def plan(
    source: str, calendar: str | None, params: dict[str, Any] | None = None, ti: Any = None
) -> list[Batch]:
    """The batches whose first source is `source`; a `backfill` says what and from when in `params`."""
    from ..ingest import tasks

    asked = params or {}
    wanted = asked.get("instruments", []), asked.get("from"), asked.get("to")
    with _told(ti):
        return tasks.plan(run_of(ti), calendar, source, *wanted)


def fetch(batch: Batch, ti: Any = None) -> dict[str, Any]:
    """Ask the vendor for one batch; raises by the kind of failure, which the retry policy goes by."""
    from ..ingest import tasks

    with _told(ti):
        return tasks.fetch(run_of(ti), batch)


def store(ti: Any = None, outlet_events: Any = None) -> dict[str, Any]:
    """Absorb what was fetched; skipped, so that no asset is updated, when nothing is new."""
    from airflow.sdk.exceptions import AirflowSkipException

    from ..ingest import tasks

    with _told(ti):
        summary = tasks.store(run_of(ti))
    ti.xcom_push(key=SUMMARY_KEY, value=summary)
    counts = {kind: summary[kind] for kind in ("new", "revised", "volume")}
    if not any(counts.values()):
        raise AirflowSkipException("nothing new")
    for asset in ti.task.outlets:
        outlet_events[asset].extra = {**counts, "snapshot": summary["snapshot"]}
    return summary


def check(ti: Any = None) -> None:
    """Show what the checks found, and fail the run when rows were put aside, an instrument or a step failed.

    It is the last task: the others have run, but nobody may miss it. What is merely odd fails nothing.
    """
    from ..ingest import tasks

    findings = tasks.findings(run_of(ti))
    for line in findings:
        _log.warning("%s", line)
    ti.xcom_push(key=FINDINGS_KEY, value=findings)
    if findings:
        _alert(ti, "surprising", findings)
    tasks.check(run_of(ti))
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    broken = sorted(task for task, state in states.items() if state in {"failed", "upstream_failed"})
    if broken:
        raise MarketlakeError(
            f"{', '.join(broken)} did not finish; the log of each says why, and the next run catches up"
        )


def build(ti: Any = None) -> dict[str, Any]:
    """Rebuild `market.duckdb` and check the claims."""
    from ..ingest import tasks

    with _told(ti):
        return tasks.build()


def watch(ti: Any = None) -> None:
    """Fail while an instrument is behind its deadline; tell it once, when it comes to be."""
    from airflow.sdk import Variable

    from ..ingest import tasks

    behind = tasks.behind()
    told = Variable.get(STALE_KEY, default=[], deserialize_json=True)
    if news := [line for name, line in behind.items() if name not in told]:
        _alert(ti, "stale", news)
    if list(behind) != told:
        Variable.set(STALE_KEY, list(behind), serialize_json=True)
    if behind:
        raise MarketlakeError(f"{len(behind)} instruments are stale:\n" + "\n".join(behind.values()))


def report_failure(context: Context) -> None:
    """One line in the log of the DAG processor, where an operator's alerting can find it."""
    run = context["dag_run"]
    what = "marketlake: run %s of %s failed; the log of its task `check` names the instruments"
    _log.error(what, run.run_id, run.dag_id)


def run_of(ti: Any) -> str:
    """Our id of a DAG run: unique over DAGs and harmless in a path."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{ti.dag_id}.{ti.run_id}")


def _alert(ti: Any, kind: str, lines: list[str]) -> None:
    from .alert import Alert, send

    send(Alert(kind, f"{ti.dag_id}, run {ti.run_id}", lines))


@contextmanager
def _told(ti: Any) -> Iterator[None]:
    """Leave the message of a failure beside the results, where the embedded run and the UI find it."""
    try:
        yield
    except MarketlakeError as error:
        ti.xcom_push(key=ERROR_KEY, value=str(error))
        raise
