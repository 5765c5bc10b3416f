"""The functions of the tasks: each calls a step of `marketlake.ingest.run`.

Settings come from the environment. Only plain values pass between tasks. Results and errors are
converted to Airflow's terms: a result, a skipped task, an XCom value, an error whose type decides
about a retry.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ..model.errors import MarketlakeError
from ..model.settings import load_settings
from ..model.terms import day_of

if TYPE_CHECKING:
    from airflow.sdk import Context


SUMMARY_KEY: Final = "summary"
"""XCom key of the result of `store`, also when it is skipped."""
FINDINGS_KEY: Final = "findings"
"""XCom key of the findings of the data checks, one line each."""
STALE_KEY: Final = "marketlake_stale"
"""Airflow variable with the instruments already reported as stale."""
ERROR_KEY: Final = "error"
"""XCom key of the error message of a failed task."""
_MOST_FINDINGS: Final = 100
"""Maximum number of findings in the result of a run; the lake has all of them."""

_log = logging.getLogger(__name__)
Batch = list[dict[str, Any]]


def plan(
    source: str, calendar: str | None, params: dict[str, Any] | None = None, ti: Any = None
) -> list[Batch]:
    """The batches whose first usable source is `source`.

    The DAG `backfill` passes its instruments and window in `params`.
    """
    from ..ingest import run

    given = params or {}
    with _recording_error(ti):
        start, end = day_of(given.get("from")), day_of(given.get("to"), "12-31")
        scope = run.Scope(given.get("instruments", ()), _window(start, end), calendar=calendar, source=source)
        batches = run.plan(load_settings(), run_of(ti), scope)
    return [[job.to_dict() for job in batch] for batch in batches]


def fetch(batch: Batch, ti: Any = None) -> dict[str, Any]:
    """Fetch one batch; the type of the error decides the retry policy."""
    from ..ingest import run
    from ..ingest.job import Job

    with _recording_error(ti):
        fetched = run.fetch(load_settings(), run_of(ti), [Job.from_dict(one) for one in batch])
        run.assert_fetched(fetched)
    return {"outcomes": {one.job.instrument_id: one.outcome for one in fetched}}


def store(ti: Any = None, outlet_events: Any = None) -> dict[str, Any]:
    """Store the fetched answers; skipped if nothing is new, so that no asset is updated."""
    from ..ingest import run
    from ..ingest.runs import failed
    from ..store.writer import open_manifest

    with _recording_error(ti):
        settings = load_settings()
        rows = run.store(settings, run_of(ti))
        snapshot = open_manifest(settings.lake).snapshot
    counts = {kind: sum(row[f"{kind}_rows"] for row in rows) for kind in ("new", "revised", "volume")}
    summary = {**counts, "failed": failed(rows), "snapshot": snapshot}
    ti.xcom_push(key=SUMMARY_KEY, value=summary)
    if not any(counts.values()):
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException("nothing new")
    for asset in ti.task.outlets:
        outlet_events[asset].extra = {**counts, "snapshot": snapshot}
    return summary


def check(ti: Any = None) -> None:
    """Report the findings of the checks; fail for quarantined rows, failed instruments or steps.

    It is the last task and always runs. Findings that are merely unusual do not fail the run.
    """
    from ..ingest.runs import run_findings, run_rows

    settings = load_settings()
    rows = run_rows(settings, run_of(ti))
    findings = _listed([str(one) for one in run_findings(settings, rows)])
    for line in findings:
        _log.warning("%s", line)
    ti.xcom_push(key=FINDINGS_KEY, value=findings)
    if findings:
        _alert(ti, "surprising", findings)
    _assert_good(rows)
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    broken = sorted(task for task, state in states.items() if state in {"failed", "upstream_failed"})
    if broken:
        raise MarketlakeError(
            f"{', '.join(broken)} did not finish; see the log of each; the next run catches up"
        )


def build(ti: Any = None) -> dict[str, Any]:
    """Update `market.duckdb` and the report, and evaluate the claims."""
    from ..ingest.build import build as build_database
    from ..ingest.build import refresh_report
    from ..lake import Lake
    from ..store.writer import open_manifest

    with _recording_error(ti):
        settings = load_settings()
        rebuilt = build_database(settings)
        page = refresh_report(settings, rebuilt)
        claims = Lake(settings.lake).claims().checks
        return {
            "rebuilt": rebuilt,
            "snapshot": open_manifest(settings.lake).snapshot,
            "claims": [f"{one.claim_id}, {one.span}: {one.verdict}" for one in claims],
            "report": page and str(page),
        }


def watch(ti: Any = None) -> None:
    """Fail while an instrument is past its deadline; send one alert when it becomes stale."""
    from airflow.sdk import Variable

    from ..ingest.status import stale

    behind = {each.instrument_id: str(each) for each in stale(load_settings())}
    reported = Variable.get(STALE_KEY, default=[], deserialize_json=True)
    if news := [line for name, line in behind.items() if name not in reported]:
        _alert(ti, "stale", news)
    if list(behind) != reported:
        Variable.set(STALE_KEY, list(behind), serialize_json=True)
    if behind:
        raise MarketlakeError(f"{len(behind)} instruments are stale:\n" + "\n".join(behind.values()))


def report_failure(context: Context) -> None:
    """Log one line in the DAG processor's log, for an operator's alerting."""
    run = context["dag_run"]
    what = "marketlake: run %s of %s failed; the log of its task `check` names the instruments"
    _log.error(what, run.run_id, run.dag_id)


def run_of(ti: Any) -> str:
    """Our id of a DAG run: unique over DAGs and safe in a path."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{ti.dag_id}.{ti.run_id}")


def _alert(ti: Any, kind: str, lines: list[str]) -> None:
    from .alert import Alert, send

    send(Alert(kind, f"{ti.dag_id}, run {ti.run_id}", lines))


def _window(start: date | None, end: date | None) -> tuple[date, date | None] | None:
    return (start, end) if start else None


def _listed(lines: list[str]) -> list[str]:
    left = len(lines) - _MOST_FINDINGS
    return [*lines[:_MOST_FINDINGS], *([f"and {left} more: `marketlake check`"] if left > 0 else [])]


def _assert_good(rows: list[Any]) -> None:
    """Raise if any instrument of the run failed, naming each."""
    from ..ingest.runs import failed

    bad = failed(rows)
    if bad:
        listed = "\n".join(f"  {name}: {text}" for name, text in bad.items())
        raise MarketlakeError(f"{len(bad)} of {len(rows)} instruments failed:\n{listed}")


@contextmanager
def _recording_error(ti: Any) -> Iterator[None]:
    """Store the message of a failure in XCom, where the embedded run and the UI find it."""
    try:
        yield
    except MarketlakeError as error:
        ti.xcom_push(key=ERROR_KEY, value=str(error))
        raise
