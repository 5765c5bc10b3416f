"""The tasks of the DAGs, what all DAGs share, and the retry policy by type of error."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule, TriggerRule, XComArg, task

from ..airflow import steps
from .alert import AlertNotifier, RunFailure
from .schedule import ScheduledLake

RETRIES: Final = int(os.environ.get("MARKETLAKE_RETRIES", "6"))
"""Retries of a task: with the default delay they span 60 to 90 minutes."""
RETRY_DELAY: Final = timedelta(seconds=float(os.environ.get("MARKETLAKE_RETRY_SECONDS", "60")))
"""Delay before the first retry. It doubles up to 30 times this, and up to twice as long at random."""
LONGEST_TASK: Final = timedelta(hours=1)
LONGEST_RUN: Final = timedelta(hours=20)
"""The next day's run waits for its end."""
BATCHES_AT_ONCE: Final = 2
"""Batches of one source that a run fetches at the same time; the limiter spaces their requests."""
# Errors are named by path, so that parsing a DAG file imports nothing for them.
_HOPELESS: Final = (
    "TerminalError",
    "UsageError",
    "CorruptLakeError",
    "OriginError",
    "SchemaVersionError",
)
_RUN_TYPES: Final = ("scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization")
"""All but Airflow's own backfill: a run fetches what is not stored, whatever its date."""
_LABEL: Final = (
    "{% set ids = task.op_kwargs['batch'] | map(attribute='instrument_id') | list %}"
    "{{ ids[0] }}{% if ids | length > 1 %} ... {{ ids[-1] }} ({{ ids | length }}){% endif %}"
)
"""Of a batch; Airflow's column holds 250 characters."""


def shared(
    lake: ScheduledLake, dag: str, *tags: str, longest_run: timedelta = LONGEST_RUN
) -> Mapping[str, Any]:
    """The arguments that every DAG has."""
    return {
        "dag_id": lake.dag_id(dag),
        "default_args": {"owner": lake.owner, "execution_timeout": min(LONGEST_TASK, longest_run)},
        "dagrun_timeout": longest_run,
        "allowed_run_types": _RUN_TYPES,
        "catchup": False,
        "max_active_runs": 1,
        "is_paused_upon_creation": False,
        "on_failure_callback": RunFailure(lake.prefix),
        "tags": list(dict.fromkeys([lake.prefix, "marketlake", *tags])),
    }


def retried() -> Mapping[str, Any]:
    """Arguments of a task that is retried, unless the type of its error rules that out."""
    policy = ExceptionRetryPolicy(
        rules=[
            _rule(RetryAction.FAIL, *_HOPELESS, reason="a retry would fail the same way"),
            _rule(
                RetryAction.RETRY,
                "RateLimitedError",
                reason="the vendor limits the rate",
                delay=15 * RETRY_DELAY,
            ),
        ]
    )
    return {
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": 30 * RETRY_DELAY,
        "retry_policy": policy,
    }


def final() -> Mapping[str, Any]:
    """Arguments of a task whose error is a verdict; retried only if its worker was lost."""
    policy = ExceptionRetryPolicy(
        rules=[_rule(RetryAction.FAIL, "MarketlakeError", reason="this is the result of the run")]
    )
    return {"retries": 1, "retry_delay": RETRY_DELAY, "retry_policy": policy}


def _rule(action: RetryAction, *errors: str, reason: str, delay: timedelta | None = None) -> RetryRule:
    names: list[type[BaseException] | str] = [f"marketlake.model.errors.{error}" for error in errors]
    return RetryRule(exception=names, action=action, retry_delay=delay, reason=reason)


def lake_tasks(
    lake: ScheduledLake, sources: Sequence[str], calendar: str | None, asset: tuple[str, str]
) -> None:
    """Add the tasks to the current DAG: per source a plan and mapped fetches, one store, one check.

    `store` and `check` run whatever the fetches return, so a failed instrument stops no other.
    """
    done, outlet = TriggerRule.ALL_DONE, Asset(*asset)
    # an inlet too, so that the task can see which runs have updated it
    options = {"outlets": [outlet], "inlets": [outlet], **retried()}
    store = task(task_id="store", trigger_rule=done, **options)(steps.store)(lake=str(lake))
    notifier = AlertNotifier(lake.prefix)
    check = task(task_id="check", trigger_rule=done, on_failure_callback=notifier, **final())(steps.check)
    for source in sources:
        _fetch_of(source, calendar, lake) >> store
    store >> check(lake=str(lake))


def build_task(lake: ScheduledLake) -> None:
    """Add the task that builds market.duckdb to the current DAG."""
    notifier = AlertNotifier(lake.prefix)
    task(task_id="build", on_failure_callback=notifier, **retried())(steps.build)(lake=str(lake))


def watch_tasks(lake: ScheduledLake) -> None:
    """Add the tasks to the current DAG: find what is stale, fetch it again, fail while it is."""
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

    options = {"on_failure_callback": AlertNotifier(lake.prefix), **final()}
    found = task(task_id="find_stale", **options)(steps.find_stale)(lake=str(lake))
    rerun = TriggerDagRunOperator.partial(task_id="rerun", skip_when_already_exists=True, **options)
    rerun.expand_kwargs(found)
    found >> task(task_id="freshness", **options)(steps.assert_fresh)()


def _fetch_of(source: str, calendar: str | None, lake: ScheduledLake) -> XComArg:
    """The plan of a source, and the fetch mapped over its batches."""
    plan = task(task_id=f"plan_{source}", **retried())(steps.plan)
    fetch = task(
        task_id=f"fetch_{source}",
        max_active_tis_per_dagrun=BATCHES_AT_ONCE,
        map_index_template=_LABEL,
        **retried(),
    )(steps.fetch)
    return fetch.partial(lake=str(lake)).expand(batch=plan(source, calendar, lake=str(lake)))
