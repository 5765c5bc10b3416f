"""What was fetched as the rows of a raw batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from ..clock import Clock
from ..sources import answered_at
from .fetch import Attempt, Fetched


def as_rows(fetched: Fetched, run_id: str, origin: str, clock: Clock, now: datetime) -> list[dict[str, Any]]:
    """The rows of a raw batch (`RAW` without sha256) for one instrument."""
    return [
        {
            "run_id": run_id,
            "origin": origin,
            "instrument_id": fetched.job.instrument_id,
            "source": attempt.source,
            "symbol": attempt.request.symbol,
            "mode": fetched.job.mode,
            "asked_from": fetched.job.start,
            "asked_to": fetched.job.end,
            "attempt": number,
            "fetched_at": answered_at(clock, now, attempt.pages),
            "duration_s": fetched.duration_s,
            "outcome": attempt.outcome,
            "message": attempt.message,
            **answer,
        }
        for number, attempt in enumerate(fetched.attempts, 1)
        for answer in _answers(attempt)
    ]


def _answers(attempt: Attempt) -> list[dict[str, Any]]:
    if not attempt.pages:
        return [{"page": -1, "url": "", "status": 0, "headers": "{}", "body": b""}]
    return [
        {
            "page": number,
            "url": page.url,
            "status": page.status,
            "headers": orjson.dumps(dict(page.headers)).decode(),
            "body": page.body,
        }
        for number, page in enumerate(attempt.pages)
    ]
