"""One instrument to fetch, the attempts to fetch it, and whether its calendar can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..model.calendars import load_calendar
from ..model.errors import ConfigError, MisconfiguredError
from ..model.instruments import Instrument
from ..sources.contract import Page, Request

FIRST_LOAD, DAILY, BACKFILL = "first_load", "daily", "backfill"
REVERIFY: Final = "reverify"
"""The whole history is fetched again and stored like a day's answer: a restatement becomes a
revision."""
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

    def to_dict(self) -> dict[str, str]:
        """For a scheduler's queue."""
        values = {
            "instrument_id": self.instrument_id,
            "mode": self.mode,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
        }
        return values | ({"source": self.source} if self.source else {})

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Job:
        """The job that `to_dict` described."""
        start, end = (date.fromisoformat(value[name]) for name in ("start", "end"))
        return cls(value["instrument_id"], value["mode"], start, end, value.get("source", ""))


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
