"""The steps of a run: plan, fetch a batch, store, outcome.

There is one set of steps. The command line runs them in one process (`ingest`, `reconcile`).
Airflow runs each as a task, with the jobs as plain values in between. Every answer is persisted in
raw/ before an error is raised, so that a retry fetches only what failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from .. import sources
from ..model.errors import EmptyLakeError, RateLimitedError, TerminalError, UnavailableError
from ..model.instruments import Universe
from ..model.settings import Settings
from ..store import raw
from ..store.raw import batch_names
from ..store.writer import open_manifest
from .batches import store_pending
from .corrections import persist_corrections
from .fetch import TRANSIENT_OUTCOMES, answered, collect
from .job import BACKFILL, RECONCILE, REPLACE, Fetched, Job
from .plan import in_batches, plan_backfill, plan_daily
from .runs import RunRow, new_run_id, run_rows


@dataclass(frozen=True)
class Scope:
    """What a run covers: all instruments unless something narrows it."""

    ids: Sequence[str] = ()
    window: tuple[date, date | None] | None = None
    """First and last day of a backfill; None is the daily run."""
    only: str = ""
    """The only source that a backfill requests; empty is each instrument's sources in order. Without
    `ids` it covers the instruments that list it."""
    calendar: str | None = None
    source: str | None = None
    """The first usable source of the instruments; `NO_SOURCE` for those that have none."""
    replace: bool = False
    """Whether a backfill's answers are taken in place of what is stored."""

    def select(self, universe: Universe) -> Universe:
        """The instruments of the scope, in the universe's order; `UsageError` for an unknown id."""
        return Universe(
            tuple(
                one
                for one in universe.select(self.ids).instruments
                if self.calendar in (None, one.calendar)
                and self.source in (None, sources.leading(one))
                and (self.ids or not self.only or self.only in {ref.source for ref in one.sources})
            )
        )


@dataclass(frozen=True)
class Listener:
    """Receives the progress of a run."""

    on_plan: Callable[[int], None] = lambda _: None
    """How many instruments will be fetched."""
    on_fetched: Callable[[Fetched], None] = lambda _: None
    on_store: Callable[[], None] = lambda: None


def ingest(
    settings: Settings,
    ids: Sequence[str] = (),
    window: tuple[date, date | None] | None = None,
    listener: Listener | None = None,
    source: str = "",
    *,
    replace: bool = False,
) -> list[RunRow]:
    """Fetch the instruments (all when `ids` is empty) and store what came.

    `window` makes it a backfill, from `source` alone if that is given; with `replace` its answers
    are taken in place of what is stored.

    Returns the run's rows. What an interrupted run had fetched is stored first.
    """
    run_id = new_run_id(settings)
    scope = Scope(ids, window, source, replace=replace)
    return run_batches(settings, run_id, plan(settings, run_id, scope), listener)


def run_batches(
    settings: Settings, run_id: str, batches: Sequence[Sequence[Job]], listener: Listener | None = None
) -> list[RunRow]:
    """Fetch each batch and store them, in this process."""
    report = listener or Listener()
    report.on_plan(sum(map(len, batches)))
    for batch in batches:
        fetch(settings, run_id, batch, report.on_fetched)
    report.on_store()
    return store(settings, run_id)


def plan(settings: Settings, run_id: str, scope: Scope) -> list[list[Job]]:
    """Batches of jobs for the instruments of the scope.

    The current corrections are persisted with them.
    """
    chosen = scope.select(settings.universe)
    store_waiting(settings)
    persist_corrections(settings, run_id)
    window = scope.window
    mode = REPLACE if scope.replace else BACKFILL
    if window:
        jobs = plan_backfill(settings, chosen, *window, scope.only, mode)
    else:
        jobs = plan_daily(settings, chosen)
    return in_batches(jobs, settings.batch_size)


def store_waiting(settings: Settings) -> None:
    """Store what an interrupted run has fetched, where there is any."""
    try:
        waiting = bool(raw.pending(settings.lake, open_manifest(settings.lake)))
    except EmptyLakeError:
        waiting = bool(batch_names(settings.lake))
    if waiting:
        store_pending(settings)


def fetch(
    settings: Settings, run_id: str, batch: Sequence[Job], on_done: Callable[[Fetched], None] = lambda _: None
) -> list[Fetched]:
    """Fetch those jobs of a batch that the run has not fetched well yet, and persist every
    answer."""
    done = answered(settings.lake, run_id)
    jobs = [
        job for job in batch if (job.instrument_id, job.source if job.mode == RECONCILE else "") not in done
    ]
    return collect(settings, run_id, jobs, on_done) if jobs else []


def store(settings: Settings, run_id: str) -> list[RunRow]:
    """Store what is waiting in raw/; returns the run's rows."""
    store_pending(settings)
    return run_rows(settings, run_id)


def assert_fetched(fetched: Sequence[Fetched]) -> None:
    """Raise for the instruments that were not fetched well.

    The error's type decides about a retry.
    """
    bad = [one for one in fetched if one.outcome != "ok"]
    if not bad:
        return
    text = "; ".join(f"{one.job.instrument_id} {one.outcome}: {one.message}" for one in bad)
    outcomes = {one.outcome for one in bad}
    if RateLimitedError.outcome in outcomes:
        raise RateLimitedError(text)
    if outcomes & TRANSIENT_OUTCOMES:
        raise UnavailableError(text)
    raise TerminalError(text)
