"""What to ask for: windows come from what is stored, never from a scheduler's interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ..calendars import load_calendar
from ..errors import EmptyLakeError, UsageError
from ..instruments import Instrument, Universe
from ..store.lake import assert_belongs, open_manifest
from ..store.watermark import LastRun, Watermark, last_runs, watermarks

LOOK_BACK_SESSIONS: Final = 10
"""Fetched again each run and compared, so that a vendor's corrections are seen."""

FIRST_LOAD, DAILY, BACKFILL = "first_load", "daily", "backfill"


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


def plan_daily(root: Path, universe: Universe, origin: str, now: datetime) -> list[Job]:
    """Each instrument from ten sessions before its last one (or from its beginning) to what is finished.

    A window that came back truncated is asked for again from its start.
    """
    assert_belongs(root, origin)
    try:
        manifest = open_manifest(root)
    except EmptyLakeError:
        return [_job(instrument, None, None, now) for instrument in universe.instruments]
    marks = watermarks(root, manifest, set(universe.by_id))
    runs = last_runs(root, manifest)
    return [_job(i, marks.get(i.id), runs.get(i.id), now) for i in universe.instruments]


def plan_backfill(
    root: Path, universe: Universe, origin: str, now: datetime, start: date, end: date | None
) -> list[Job]:
    """The same window for each instrument, cut to its life and to what is finished."""
    if end is not None and end < start:
        raise UsageError(f"the window ends ({end}) before it starts ({start}); swap --from and --to")
    assert_belongs(root, origin)
    jobs = []
    for instrument in universe.instruments:
        finished = _last_session(instrument, now)
        first, last = max(start, instrument.since), min(finished, end or date.max)
        if first > last:
            raise UsageError(
                f"{instrument.id}: no finished session from {first} to {last}; "
                f"it begins {instrument.since} and {finished} is its last finished session"
            )
        jobs.append(Job(instrument.id, BACKFILL, first, last))
    return jobs


def in_batches(jobs: Sequence[Job], size: int) -> list[list[Job]]:
    """Jobs in their order, `size` to a batch."""
    return [list(jobs[first : first + size]) for first in range(0, len(jobs), size)]


def _job(instrument: Instrument, mark: Watermark | None, run: LastRun | None, now: datetime) -> Job:
    end = _last_session(instrument, now)
    if mark is None:
        return Job(instrument.id, FIRST_LOAD, min(instrument.since, end), end)
    calendar = load_calendar(instrument.calendar, now.date())
    start = calendar.back(min(mark.session, end), LOOK_BACK_SESSIONS)
    if run and run.outcome == "truncated":
        start = min(start, run.asked_from)
    return Job(instrument.id, DAILY, max(start, min(instrument.since, end)), end)


def _last_session(instrument: Instrument, now: datetime) -> date:
    calendar = load_calendar(instrument.calendar, now.date())
    return min(calendar.last_finished(now), instrument.until)
