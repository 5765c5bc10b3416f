"""The functions of the tasks: each calls a step of `marketlake.ingest.run`.

Settings come from the environment; `lake` names one of several lakes (`ScheduledLake`). Only plain
values pass between tasks. Results and errors are converted to Airflow's terms: a result, a skipped
task, an XCom value, an error whose type decides about a retry.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from ..model.errors import EmptyLakeError, MarketlakeError, TerminalError, printable
from ..model.settings import Settings, load_settings
from ..model.terms import day_of
from .schedule import CalendarSchedule, ScheduledLake, lake_schedule

if TYPE_CHECKING:
    from ..ingest.status import Stale

SUMMARY_KEY: Final = "summary"
"""XCom key of the result of `store`, also when it is skipped."""
FINDINGS_KEY: Final = "findings"
"""XCom key of the findings of the data checks, one line each."""
WRONG_KEY: Final = "wrong"
"""XCom key of what the DAG `watch` is red for, in lines."""
ERROR_KEY: Final = "error"
"""XCom key of the error message of a failed task."""
_MOST_FINDINGS: Final = 100
"""Maximum number of findings in the result of a run; the lake has all of them."""

_RERUN_HOURS: Final = 6
"""A calendar with stale instruments is run again at most once in so many hours."""
_MOST_EVENTS: Final = 100
_HOPELESS: Final = frozenset(error.outcome for error in TerminalError.__subclasses__())
_MOST_RERUN: Final = 500
"""Instruments named to a rerun; for more it asks for the whole calendar."""

_log = logging.getLogger(__name__)
Batch = list[dict[str, Any]]


class AlertedError(MarketlakeError):
    """A failure that the task has sent an alert about itself, or that needs none."""


def plan(
    source: str, calendar: str | None, params: dict[str, Any] | None = None, ti: Any = None, lake: str = ""
) -> list[Batch]:
    """The batches whose first usable source is `source`.

    `params` may select instruments; the DAG `backfill` passes its window too, the only source to
    request and whether its answers replace what is stored.
    """
    from ..ingest import run

    given = params or {}
    with _recording_error(ti):
        start, end = day_of(given.get("from")), day_of(given.get("to"), "12-31")
        scope = run.Scope(
            given.get("instruments", ()),
            _window(start, end),
            given.get("source") or "",
            calendar,
            source,
            replace=bool(given.get("replace")),
        )
        batches = run.plan(_settings(lake), run_of(ti), scope)
    return [[job.to_dict() for job in batch] for batch in batches]


def fetch(batch: Batch, ti: Any = None, lake: str = "") -> dict[str, Any]:
    """Fetch one batch; the type of the error decides the retry policy."""
    from ..ingest import run
    from ..ingest.job import Fetched, Job

    jobs, count = [Job.from_dict(one) for one in batch], 0

    def report(one: Fetched) -> None:
        nonlocal count
        count += 1
        _log.info("%d of up to %d: %s", count, len(jobs), _progress(one))

    with _recording_error(ti):
        fetched = run.fetch(_settings(lake), run_of(ti), jobs, report)
        if len(fetched) < len(jobs):
            new = {one.job.instrument_id for one in fetched}
            done = [job.instrument_id for job in jobs if job.instrument_id not in new]
            what = "already answered in this run, not requested again: %s. A new run requests them"
            _log.info(what, ", ".join(done))
        run.assert_fetched(fetched)
    return {"outcomes": {one.job.instrument_id: one.outcome for one in fetched}}


def store(
    ti: Any = None, outlet_events: Any = None, inlet_events: Any = None, lake: str = ""
) -> dict[str, Any]:
    """Store the fetched answers; skipped if nothing is new, so that no asset is updated.

    A run whose tasks were cleared updates the asset again only if it stores more than before.
    """
    from ..ingest import run
    from ..ingest.runs import failed
    from ..store.writer import open_manifest

    with _recording_error(ti):
        settings = _settings(lake)
        rows = run.store(settings, run_of(ti))
        snapshot = open_manifest(settings.lake).snapshot
    counts = {kind: sum(row[f"{kind}_rows"] for row in rows) for kind in ("new", "revised", "volume")}
    summary = {**counts, "failed": failed(rows), "snapshot": snapshot}
    ti.xcom_push(key=SUMMARY_KEY, value=summary)
    if not any(counts.values()):
        _skip("nothing new")
    for asset in ti.task.outlets:
        if _was_updated(inlet_events[asset], ti.run_id, counts):
            _skip("already stored in this run; the asset is not updated again")
        outlet_events[asset].extra = {**counts, "snapshot": snapshot}
    return summary


def check(ti: Any = None, lake: str = "") -> None:
    """Report the findings of the checks; fail for quarantined rows, failed instruments or steps.

    It is the last task and always runs. Findings that are merely unusual do not fail the run. One
    alert is sent: of a failure, with the findings, or of the findings.
    """
    from ..ingest.runs import failed, run_findings, run_rows

    settings = _settings(lake)
    rows = run_rows(settings, run_of(ti))
    findings = _listed([printable(str(one)) for one in run_findings(settings, rows)])
    for line in findings:
        _log.warning("%s", line)
    ti.xcom_push(key=FINDINGS_KEY, value=findings)
    wrong = _failed_instruments(failed(rows), len(rows)) or _failed_tasks(ti)
    if wrong:
        raise MarketlakeError("\n".join([*wrong, *findings]))
    if findings:
        _alert(ti, lake, "surprising", findings)


def build(ti: Any = None, lake: str = "") -> dict[str, Any]:
    """Update `market.duckdb` and the report, and evaluate the claims."""
    from ..ingest.build import build as build_database
    from ..ingest.build import refresh_report
    from ..lake import Lake
    from ..store.writer import open_manifest

    with _recording_error(ti):
        settings = _settings(lake)
        rebuilt = build_database(settings)
        page = refresh_report(settings, rebuilt)
        claims = Lake(settings.lake).claims().checks
        return {
            "rebuilt": rebuilt,
            "snapshot": open_manifest(settings.lake).snapshot,
            "claims": [f"{one.claim_id}, {one.span}: {one.verdict}" for one in claims],
            "report": page and str(page),
        }


def find_stale(ti: Any = None, lake: str = "") -> list[dict[str, Any]]:
    """Alert once about each instrument past its deadline; returns the `ingest` runs that may cure it.

    If it is not known what is stale, that is alerted once too. Alerts that could not be sent are
    sent again.
    """
    from ..ingest.status import stale
    from .alert import FAILED, STALE, news, send_again

    place = ScheduledLake.parse(lake)
    unsent = send_again(place.prefix)
    try:
        settings = _settings(lake)
        calendars = lake_schedule(place, settings).calendars
        behind = stale(settings)
    except Exception as error:
        text = str(error) if isinstance(error, MarketlakeError) else f"{type(error).__name__}: {error}"
        # before the first load is through there is nothing to report: its runs report their failures
        unknown = {} if isinstance(error, EmptyLakeError) else {text: f"it is unknown what is stale: {text}"}
        if lines := news(place.prefix, FAILED, unknown):
            _alert(ti, lake, FAILED, lines)
        raise AlertedError(text) from error
    news(place.prefix, FAILED, {})
    late = {each.instrument_id: str(each) for each in behind}
    if lines := news(place.prefix, STALE, late):
        _alert(ti, lake, STALE, lines)
    wrong = [f"{len(late)} instruments are stale:", *late.values()] if late else []
    ti.xcom_push(key=WRONG_KEY, value=wrong + unsent)
    return _reruns(
        ti, calendars, {one.instrument_id for one in behind if _curable(one)}, settings.clock.now()
    )


def assert_fresh(ti: Any = None) -> None:
    """Fail while an instrument is past its deadline or an alert could not be sent."""
    if wrong := ti.xcom_pull(task_ids="find_stale", key=WRONG_KEY):
        raise AlertedError("\n".join(wrong))


def run_of(ti: Any) -> str:
    """Our id of a DAG run: unique over DAGs and safe in a path."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{ti.dag_id}.{ti.run_id}")


def _settings(lake: str) -> Settings:
    return load_settings(**ScheduledLake.parse(lake).arguments())


def _alert(ti: Any, lake: str, kind: str, lines: list[str]) -> None:
    from .alert import Alert, send

    send(Alert(kind, f"{ti.dag_id}, run {ti.run_id}", lines), ScheduledLake.parse(lake).prefix)


def _skip(why: str) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    raise AirflowSkipException(why)


def _progress(fetched: Any) -> str:
    """One line about an instrument."""
    job = fetched.job
    shown = f"{job.instrument_id} {job.start} to {job.end}: {fetched.outcome}"
    return f"{shown}, {fetched.message}" if fetched.message else shown


def _was_updated(events: Any, run_id: str, counts: dict[str, int]) -> bool:
    """Whether this run has already told the asset of these rows."""
    latest = events.ascending(False).limit(_MOST_EVENTS)
    mine = next((event for event in latest if event.source_run_id == run_id), None)
    return mine is not None and all(mine.extra.get(kind) == count for kind, count in counts.items())


def _curable(behind: Stale) -> bool:
    """Whether another run may help."""
    return behind.outcome not in _HOPELESS


def _reruns(
    ti: Any, calendars: Iterable[CalendarSchedule], ids: set[str], now: datetime
) -> list[dict[str, Any]]:
    """Arguments of the runs to trigger: none while the calendar's DAG runs, and one in some hours."""
    hours = f"{now:%Y-%m-%d}T{now.hour - now.hour % _RERUN_HOURS:02}"
    runs = []
    for each in calendars:
        mine = [name for name in each.instruments if name in ids]
        if mine and not ti.get_dr_count(dag_id=each.dag_id, states=["queued", "running"]):
            conf = {"instruments": mine if len(mine) <= _MOST_RERUN else []}
            runs.append({"trigger_dag_id": each.dag_id, "trigger_run_id": f"watch__{hours}", "conf": conf})
    return runs


def _window(start: date | None, end: date | None) -> tuple[date, date | None] | None:
    return (start, end) if start else None


def _listed(lines: list[str]) -> list[str]:
    left = len(lines) - _MOST_FINDINGS
    return [*lines[:_MOST_FINDINGS], *([f"and {left} more: `marketlake check`"] if left > 0 else [])]


def _failed_instruments(bad: dict[str, str], of: int) -> list[str]:
    listed = [f"  {name}: {text}" for name, text in bad.items()]
    return [f"{len(bad)} of {of} instruments failed:", *listed] if bad else []


def _failed_tasks(ti: Any) -> list[str]:
    """Steps that broke though no instrument failed."""
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    broken = sorted(task for task, state in states.items() if state in {"failed", "upstream_failed"})
    return (
        [f"{', '.join(broken)} did not finish; see the log of each; the next run catches up"]
        if broken
        else []
    )


@contextmanager
def _recording_error(ti: Any) -> Iterator[None]:
    """Store the message of a failure in XCom, where the embedded run and the UI find it."""
    try:
        yield
    except MarketlakeError as error:
        ti.xcom_push(key=ERROR_KEY, value=str(error))
        raise
