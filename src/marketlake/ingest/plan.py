"""Whose whole history is asked for again today, so that what a vendor restates late is found.

Each instrument has a turn every so many days, on a day that follows from its id. A turn that was missed (no
run that day, no answer) is taken by the next run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from ..model.calendars import load_calendar
from ..model.errors import EmptyLakeError, UsageError
from ..model.instruments import Instrument, Universe
from ..store.manifest import Manifest
from ..store.writer import assert_belongs, open_manifest
from .gaps import Hole, first_open, read_holes
from .job import BACKFILL, DAILY, FIRST_LOAD, REVERIFY, Job
from .watermarks import Debt, Watermark, Whole, first_sessions, owed, watermarks, whole_histories


def due_histories(
    root: Path, manifest: Manifest, ids: Iterable[str], today: date, days: int
) -> dict[str, date]:
    """Of `ids`, those whose turn it is and the first session stored of each; `days` 0 is nobody."""
    if not days:
        return {}
    known = whole_histories(root, manifest, today - timedelta(days=days))
    due = {name for name in ids if is_due(known.get(name, Whole()), name, today, days)}
    return first_sessions(root, manifest, due)


def is_due(whole: Whole, instrument_id: str, today: date, days: int) -> bool:
    """Whether a turn has come since the whole history was answered; if it never was, since the last run."""
    turn = last_turn(instrument_id, today, days)
    last = whole.answered_on or whole.run_on
    return turn == today if last is None else turn > last


def last_turn(instrument_id: str, today: date, days: int) -> date:
    """The latest day up to today that is the instrument's."""
    return today - timedelta(days=(zlib.crc32(instrument_id.encode()) + today.toordinal()) % days)


LOOK_BACK_SESSIONS: Final = 10
"""Fetched again each run and compared, so that a vendor's corrections are seen."""


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
