"""The tasks that `ingest` and `backfill` share: plan -> fetch (mapped over batches) -> store -> check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from airflow.sdk import Asset, TriggerRule, XComArg, task

from . import steps
from .alert import AlertNotifier
from .policy import final, retried
from .schedule import pool_of

_LONGEST_FETCH: Final = timedelta(hours=1)


def lake_tasks(sources: Sequence[str], calendar: str | None, outlet: Asset) -> None:
    """Add the tasks to the DAG at hand: per source a plan and a mapped fetch, then one store and one check.

    `store` and `check` run whatever became of the fetches, so one failed instrument stops no other.
    """
    done = TriggerRule.ALL_DONE
    store = task(task_id="store", trigger_rule=done, outlets=[outlet], **retried())(steps.store)()
    told = AlertNotifier()
    check = task(task_id="check", trigger_rule=done, on_failure_callback=told, **final())(steps.check)()
    for source in sources:
        _fetch_of(source, calendar) >> store
    store >> check


def _fetch_of(source: str, calendar: str | None) -> XComArg:
    """The plan of a source and the fetch mapped over its batches, in the pool of its host."""
    batches = task(task_id=f"plan_{source}", **retried())(steps.plan)(source, calendar)
    fetch = task(
        task_id=f"fetch_{source}",
        pool=pool_of(source),
        execution_timeout=_LONGEST_FETCH,
        map_index_template="{{ task.op_kwargs['batch'] | map(attribute='instrument_id') | join(', ') }}",
        **retried(),
    )(steps.fetch)
    return fetch.expand(batch=batches)
