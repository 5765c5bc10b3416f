"""What to ask for: windows come from what is stored, never from a scheduler's interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ..calendars import load_calendar
from ..errors import EmptyLakeError, UsageError
from ..instruments import Instrument, Universe
from ..store.holes import Hole, first_open, read_holes
from ..store.lake import assert_belongs, open_manifest
from ..store.watermark import Debt, Watermark, owed, watermarks
from .reverify import due_histories

LOOK_BACK_SESSIONS: Final = 10
"""Fetched again each run and compared, so that a vendor's corrections are seen."""

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


def plan_daily(
    root: Path, universe: Universe, origin: str, now: datetime, reverify_days: int = 0
) -> list[Job]:
    """Each instrument from ten sessions before its last one (or from its beginning) to what is finished.

    A window that was not answered well is asked for again from its start, and so is the earliest session that
    no answer has held yet, until it was asked for often enough. Once in `reverify_days` days (0:
    never) an instrument is asked for its whole history.
    """
    assert_belongs(root, origin)
    try:
        manifest = open_manifest(root)
    except EmptyLakeError:
        marks: Mapping[str, Watermark] = {}
        debts: Mapping[str, Debt] = {}
        holes: Mapping[str, list[Hole]] = {}
    else:
        marks = watermarks(root, manifest, set(universe.by_id))
        debts, holes = owed(root, manifest), read_holes(root, manifest)
    begun = [i for i in universe.instruments if i.since <= last_session(i, now)]
    jobs = [_job(i, marks.get(i.id), debts.get(i.id), holes.get(i.id, []), now) for i in begun]
    due = due_histories(root, manifest, marks, now.date(), reverify_days) if marks else {}
    since = {i.id: i.since for i in begun}
    return [_whole(job, since, due) if job.instrument_id in due else job for job in jobs]


def plan_backfill(
    root: Path, universe: Universe, origin: str, now: datetime, start: date, end: date | None
) -> list[Job]:
    """The same window for each instrument that lived in it, cut to its life and to what is finished."""
    if end is not None and end < start:
        raise UsageError(f"the window ends ({end}) before it starts ({start}); swap --from and --to")
    assert_belongs(root, origin)
    jobs = []
    for instrument in universe.instruments:
        first = max(start, instrument.since)
        last = min(last_session(instrument, now), end or date.max)
        if first <= last:
            jobs.append(Job(instrument.id, BACKFILL, first, last))
    if universe.instruments and not jobs:
        one = universe.instruments[0]
        raise UsageError(
            f"no finished session from {start} to {end or now.date()}: {one.id} begins {one.since} "
            f"and {last_session(one, now)} is its last finished session"
        )
    return jobs


def in_batches(jobs: Sequence[Job], size: int) -> list[list[Job]]:
    """Jobs in their order, `size` to a batch."""
    return [list(jobs[first : first + size]) for first in range(0, len(jobs), size)]


def _job(
    instrument: Instrument, mark: Watermark | None, debt: Debt | None, holes: Sequence[Hole], now: datetime
) -> Job:
    end = last_session(instrument, now)
    if mark is None:
        return Job(instrument.id, FIRST_LOAD, instrument.since, end)
    calendar = load_calendar(instrument.calendar, now.date())
    start = calendar.back(min(mark.session, end), LOOK_BACK_SESSIONS)
    if debt:
        start = min(start, debt.asked_from)
    start = min(start, first_open(holes) or start)
    mode = FIRST_LOAD if debt and debt.mode == FIRST_LOAD else DAILY
    return Job(instrument.id, mode, max(start, instrument.since), end)


def _whole(job: Job, since: Mapping[str, date], first_stored: Mapping[str, date]) -> Job:
    """The job from the beginning on; one that loads the history anyway stays as it is.

    Not from the first stored session alone: a first load may have been cut off at its head.
    """
    if job.mode == FIRST_LOAD:
        return job
    name = job.instrument_id
    return replace(job, mode=REVERIFY, start=min(since[name], first_stored[name]))


def last_session(instrument: Instrument, now: datetime) -> date:
    """The last finished session of its calendar and its life."""
    calendar = load_calendar(instrument.calendar, now.date())
    return min(calendar.last_finished(now), instrument.until)
