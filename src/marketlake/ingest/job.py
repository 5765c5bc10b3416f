"""One instrument to fetch, the attempts to fetch it, and whether its calendar can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from ..model.calendars import load_calendar
from ..model.errors import ConfigError, MisconfiguredError, TruncatedError
from ..model.instruments import Instrument
from ..sources.contract import Page, Request

FIRST_LOAD, DAILY, BACKFILL = "first_load", "daily", "backfill"
REVERIFY: Final = "reverify"
"""The whole history is fetched again and stored like a day's answer: a restatement becomes a
revision."""
REPLACE: Final = "replace"
"""A backfill whose answer is taken in place of what is stored, whatever the overlap shows."""
RECONCILE: Final = "reconcile"
"""Further sources are fetched for comparison: their answers are stored and never become bars."""


@dataclass(frozen=True)
class Job:
    """One instrument to fetch, both ends included."""

    instrument_id: str
    mode: str
    start: date
    end: date
    source: str = ""
    """The only source to fetch from; empty means the instrument's sources in their order."""
    due: date | None = None
    """What must be answered begins here; None is `start`. Sessions before it are gaps, which the
    first source is requested for."""

    @property
    def due_from(self) -> date:
        """The first session that must be answered."""
        return self.due or self.start

    def to_dict(self) -> dict[str, str]:
        """For a scheduler's queue."""
        values = {
            "instrument_id": self.instrument_id,
            "mode": self.mode,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
        }
        more = {"source": self.source, "due": self.due.isoformat() if self.due else ""}
        return values | {name: text for name, text in more.items() if text}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Job:
        """The job that `to_dict` described."""
        start, end = (date.fromisoformat(value[name]) for name in ("start", "end"))
        due = date.fromisoformat(value["due"]) if "due" in value else None
        return cls(value["instrument_id"], value["mode"], start, end, value.get("source", ""), due)


def calendar_error(instrument: Instrument, day: date) -> MisconfiguredError | None:
    """Why the instrument's calendar cannot be used on this day; None where it can be."""
    fault = instrument.calendar_fault
    if not fault:
        try:
            load_calendar(instrument.calendar, day)
        except ConfigError as error:
            fault = f"{instrument.id}: {error}. Correct calendar in instruments.toml"
    return MisconfiguredError(fault) if fault else None


@dataclass(frozen=True)
class Attempt:
    """One try at one source."""

    source: str
    request: Request
    pages: Sequence[Page]
    outcome: str
    message: str
    first: date | None = None
    """The first usable session of a good or a short answer."""


@dataclass(frozen=True)
class Fetched:
    """All attempts for one instrument; the last one counts."""

    job: Job
    attempts: Sequence[Attempt]
    duration_s: float

    @property
    def outcome(self) -> str:
        """Of the attempt that counts."""
        return self.attempts[-1].outcome

    @property
    def message(self) -> str:
        """Of the attempt that counts."""
        return self.attempts[-1].message

    @property
    def head(self) -> Fetched | None:
        """Of a first load, what a short answer has before the first session of the one that counts."""
        last = self.attempts[-1]
        if self.job.mode != FIRST_LOAD or last.outcome != "ok" or last.first is None:
            return None
        short = (a for a in self.attempts if a.outcome == TruncatedError.outcome and a.first)
        earlier = next((a for a in short if a.first and a.first < last.first), None)
        if earlier is None:
            return None
        job = replace(self.job, mode=BACKFILL, end=last.first - timedelta(days=1))
        request = replace(earlier.request, end=job.end)
        return Fetched(job, [replace(earlier, request=request, outcome="ok", message="")], self.duration_s)
