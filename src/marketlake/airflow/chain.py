"""The tasks of an `ingest` or `backfill` DAG, and their retry policy by type of error."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule, TriggerRule, XComArg, task

from ..airflow import steps
from .alert import AlertNotifier
from .schedule import pool_of

RETRY_DELAY: Final = timedelta(seconds=float(os.environ.get("MARKETLAKE_RETRY_SECONDS", "30")))
"""Delay between tries; ten times as long if the vendor limits the rate."""
# Errors are named by path, so that parsing a DAG file imports nothing for them.
_HOPELESS: Final = (
    "TerminalError",
    "UsageError",
    "CorruptLakeError",
    "OriginError",
    "SchemaVersionError",
)
_LONGEST_FETCH: Final = timedelta(hours=1)


def retried() -> Mapping[str, Any]:
    """Arguments of a task that is retried, unless the type of its error rules that out."""
    policy = ExceptionRetryPolicy(
        rules=[
            _rule(RetryAction.FAIL, *_HOPELESS, reason="a retry would fail the same way"),
            _rule(
                RetryAction.RETRY,
                "RateLimitedError",
                reason="the vendor limits the rate",
                delay=10 * RETRY_DELAY,
            ),
        ]
    )
    return {"retries": 2, "retry_delay": RETRY_DELAY, "retry_policy": policy}


def final() -> Mapping[str, Any]:
    """Arguments of a task whose error is a verdict; retried only if its worker was lost."""
    policy = ExceptionRetryPolicy(
        rules=[_rule(RetryAction.FAIL, "MarketlakeError", reason="this is the result of the run")]
    )
    return {"retries": 1, "retry_delay": RETRY_DELAY, "retry_policy": policy}


def _rule(action: RetryAction, *errors: str, reason: str, delay: timedelta | None = None) -> RetryRule:
    names: list[type[BaseException] | str] = [f"marketlake.model.errors.{error}" for error in errors]
    return RetryRule(exception=names, action=action, retry_delay=delay, reason=reason)


def lake_tasks(sources: Sequence[str], calendar: str | None, outlet: Asset) -> None:
    """Add the tasks to the current DAG: per source a plan and mapped fetches, one store, one check.

    `store` and `check` run whatever the fetches return, so a failed instrument stops no other.
    """
    done = TriggerRule.ALL_DONE
    store = task(task_id="store", trigger_rule=done, outlets=[outlet], **retried())(steps.store)()
    notifier = AlertNotifier()
    check = task(task_id="check", trigger_rule=done, on_failure_callback=notifier, **final())(steps.check)()
    for source in sources:
        _fetch_of(source, calendar) >> store
    store >> check


def _fetch_of(source: str, calendar: str | None) -> XComArg:
    """The plan of a source, and the fetch mapped over its batches, in the pool of its host."""
    batches = task(task_id=f"plan_{source}", **retried())(steps.plan)(source, calendar)
    fetch = task(
        task_id=f"fetch_{source}",
        pool=pool_of(source),
        execution_timeout=_LONGEST_FETCH,
        map_index_template="{{ task.op_kwargs['batch'] | map(attribute='instrument_id') | join(', ') }}",
        **retried(),
    )(steps.fetch)
    return fetch.expand(batch=batches)
