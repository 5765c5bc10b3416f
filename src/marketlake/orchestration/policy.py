"""How a task that failed is treated: by the type of its error, not by its text."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRY_DELAY: Final = timedelta(seconds=float(os.environ.get("MARKETLAKE_RETRY_SECONDS", "30")))
"""Between tries; ten times as long where the vendor asked us to slow down."""

# Errors are named by path, so that parsing a DAG file imports nothing for them.
_HOPELESS: Final = (
    "TerminalError",
    "UsageError",
    "CorruptLakeError",
    "OriginError",
    "SchemaVersionError",
)


def retried() -> Mapping[str, Any]:
    """Arguments of a task that is worth another try, unless its error says that it is not."""
    policy = ExceptionRetryPolicy(
        rules=[
            _rule(RetryAction.FAIL, *_HOPELESS, reason="another try would get the same answer"),
            _rule(
                RetryAction.RETRY,
                "RateLimitedError",
                reason="the vendor asked us to slow down",
                delay=10 * RETRY_DELAY,
            ),
        ]
    )
    return {"retries": 2, "retry_delay": RETRY_DELAY, "retry_policy": policy}


def final() -> Mapping[str, Any]:
    """Arguments of a task whose error is a verdict; tried again only when its worker was lost."""
    policy = ExceptionRetryPolicy(
        rules=[_rule(RetryAction.FAIL, "MarketlakeError", reason="this is what the run came to")]
    )
    return {"retries": 1, "retry_delay": RETRY_DELAY, "retry_policy": policy}


def _rule(action: RetryAction, *errors: str, reason: str, delay: timedelta | None = None) -> RetryRule:
    names: list[type[BaseException] | str] = [f"marketlake.errors.{error}" for error in errors]
    return RetryRule(exception=names, action=action, retry_delay=delay, reason=reason)
