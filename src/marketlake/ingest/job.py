"""One instrument to fetch, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..sources.contract import Page, Request

FIRST_LOAD, DAILY, BACKFILL = "first_load", "daily", "backfill"
REVERIFY: Final = "reverify"
"""The whole stored history again, absorbed like a day's answer: what was restated becomes a revision."""
RECONCILE: Final = "reconcile"
"""Further sources asked for comparison: the answers are kept and never become bars."""


@dataclass(frozen=True)
class Job:
    """One instrument to fetch, both ends included."""

    instrument_id: str
    mode: str
    start: date
    end: date

    def to_dict(self) -> dict[str, str]:
        """For a scheduler's queue."""
        return {
            "instrument_id": self.instrument_id,
            "mode": self.mode,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Job:
        start, end = (date.fromisoformat(value[name]) for name in ("start", "end"))
        return cls(value["instrument_id"], value["mode"], start, end)


@dataclass(frozen=True)
class Attempt:
    """One try at one source."""

    source: str
    request: Request
    pages: Sequence[Page]
    outcome: str
    message: str


@dataclass(frozen=True)
class Fetched:
    """All attempts for one instrument; the last one counts."""

    job: Job
    attempts: Sequence[Attempt]
    duration_s: float

    @property
    def outcome(self) -> str:
        return self.attempts[-1].outcome

    @property
    def message(self) -> str:
        return self.attempts[-1].message
