"""What to fetch: the daily window of each instrument, a backfill, and whose whole history is due.

Once in so many days the whole history of an instrument is fetched again, to find what a vendor
restated late. The day follows from its id. A missed day (no run, no answer) is made up by the next
run.

An instrument whose calendar cannot be used is planned all the same, so that the run reports it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from ..model.calendars import load_calendar
from ..model.errors import EmptyLakeError, UsageError
from ..model.instruments import Instrument, Universe
from ..model.settings import Settings
from ..store.manifest import Manifest
from ..store.writer import assert_belongs, open_manifest
from .gaps import Gap, first_open, read_gaps
from .job import BACKFILL, DAILY, FIRST_LOAD, RECONCILE, REVERIFY, Job, calendar_error
from .watermarks import Debt, Watermark, Whole, first_sessions, owed, watermarks, whole_histories

LOOK_BACK_SESSIONS: Final = 10
"""Fetched again each run and compared, so that a vendor's corrections are seen."""


@dataclass(frozen=True)
class _State:
    """What is stored of the instruments; empty where there is no lake yet."""

    marks: Mapping[str, Watermark] = field(default_factory=dict)
    debts: Mapping[str, Debt] = field(default_factory=dict)
    gaps: Mapping[str, list[Gap]] = field(default_factory=dict)
    due: Mapping[str, date] = field(default_factory=dict)
    """The first stored session of each instrument whose whole history is due."""


def plan_daily(settings: Settings, universe: Universe) -> list[Job]:
    """Each instrument from ten sessions before its last stored one (or from its beginning) on.

    A window that was not answered well is requested again from its start. The first source is also
    requested for open gaps before it, until they were requested often enough. Once in
    `reverify_days` days the window is the whole history, and after an answer that was quarantined
    as a whole: compared with all that is stored, an honest answer corrects wrong bars that fill a
    daily window.
    """
    assert_belongs(settings.lake, settings.origin)
    now, state = settings.clock.now(), _state(settings, universe)
    jobs = []
    for instrument in universe.instruments:
        end = last_session(instrument, now)
        if instrument.since <= end:
            jobs.append(_daily(instrument, end, now, state))
        elif instrument.since > now.date():
            # nothing is requested, and the run says why
            jobs.append(Job(instrument.id, DAILY, instrument.since, instrument.since))
    return jobs


def plan_backfill(
    settings: Settings,
    universe: Universe,
    start: date,
    end: date | None,
    source: str = "",
    mode: str = BACKFILL,
) -> list[Job]:
    """The same window for each instrument that lived in it, cut to its life and to what is
    finished.

    `source` is the only one to request; `UsageError` for an instrument that does not list it.

    A window that is stored of a total-return series extends to stored sessions on both sides, which
    show its scale.
    """
    for instrument in universe.instruments if source else ():
        listed = [ref.source for ref in instrument.sources]
        if source not in listed:
            raise UsageError(
                f"{instrument.id} does not list the source {source[:40]!r} but {', '.join(listed)}; add "
                f'{{ source = "{source[:40]}", symbol = "..." }} to its sources in instruments.toml'
            )
    if end is not None and end < start:
        raise UsageError(f"the window ends ({end}) before it starts ({start}); swap --from and --to")
    assert_belongs(settings.lake, settings.origin)
    now, jobs = settings.clock.now(), []
    for instrument in universe.instruments:
        first = max(start, instrument.since)
        last = min(last_session(instrument, now), end or date.max)
        if first <= last:
            jobs.append(Job(instrument.id, mode, first, last, source))
    if universe.instruments and not jobs:
        one = universe.instruments[0]
        raise UsageError(
            f"no finished session from {start} to {end or now.date()}: {one.id} begins {one.since} "
            f"and {last_session(one, now)} is its last finished session"
        )
    return jobs if mode == RECONCILE else _with_scale(settings, universe, jobs)


def _with_scale(settings: Settings, universe: Universe, jobs: list[Job]) -> list[Job]:
    """Windows of total-return series from their last stored session, if not from before it, to the
    end."""
    total = {i.id for i in universe.instruments if i.return_basis == "total"}
    try:
        marks = watermarks(settings.lake, open_manifest(settings.lake), total) if total else {}
    except EmptyLakeError:
        return jobs
    return [
        replace(job, start=min(job.start, marks[name].session), end=max(job.end, marks[name].session))
        if (name := job.instrument_id) in marks
        else job
        for job in jobs
    ]


def in_batches(jobs: Sequence[Job], size: int) -> list[list[Job]]:
    """Jobs in their order, `size` to a batch."""
    return [list(jobs[first : first + size]) for first in range(0, len(jobs), size)]


def last_session(instrument: Instrument, now: datetime) -> date:
    """The last finished session of its calendar and its life.

    Today where the calendar cannot be used.
    """
    if calendar_error(instrument, now.date()):
        return min(now.date(), instrument.until)
    calendar = load_calendar(instrument.calendar, now.date())
    return min(calendar.last_finished(now), instrument.until)


def due_histories(
    root: Path, manifest: Manifest, ids: Iterable[str], today: date, days: int
) -> dict[str, date]:
    """Of `ids`, those whose whole history is due, and the first stored session of each.

    None for `days` 0.
    """
    if not days:
        return {}
    known = whole_histories(root, manifest, today - timedelta(days=days))
    due = {name for name in ids if is_due(known.get(name, Whole()), name, today, days)}
    return first_sessions(root, manifest, due)


def is_due(whole: Whole, instrument_id: str, today: date, days: int) -> bool:
    """Whether its day came since the whole history was answered.

    If it never was, since the last run.
    """
    day = last_day(instrument_id, today, days)
    last = whole.answered_on or whole.run_on
    return day == today if last is None else day > last


def last_day(instrument_id: str, today: date, days: int) -> date:
    """The latest day up to today on which the instrument's whole history is due."""
    return today - timedelta(days=(zlib.crc32(instrument_id.encode()) + today.toordinal()) % days)


def _state(settings: Settings, universe: Universe) -> _State:
    root, today = settings.lake, settings.clock.now().date()
    try:
        manifest = open_manifest(root)
    except EmptyLakeError:
        return _State()
    marks = watermarks(root, manifest, set(universe.by_id))
    first = {i.id: i.with_keys[0].source for i in universe.instruments}
    usable = [name for name in marks if not calendar_error(universe.by_id[name], today)]
    due = due_histories(root, manifest, usable, today, settings.reverify_days)
    return _State(marks, owed(root, manifest, first), read_gaps(root, manifest), due)


def _daily(instrument: Instrument, end: date, now: datetime, state: _State) -> Job:
    name = instrument.id
    mark, debt = state.marks.get(name), state.debts.get(name)
    if mark is None:
        return Job(name, FIRST_LOAD, instrument.since, end)
    if calendar_error(instrument, now.date()):
        return Job(name, DAILY, min(mark.session, end), end)
    calendar = load_calendar(instrument.calendar, now.date())
    start = calendar.back(min(mark.session, end), LOOK_BACK_SESSIONS)
    if debt:
        start = min(start, debt.due_from)
    due = max(start, instrument.since)
    start = max(min(start, first_open(state.gaps.get(name, [])) or start), instrument.since)
    if debt and debt.mode == FIRST_LOAD:
        return Job(name, FIRST_LOAD, start, end)
    if name in state.due or (debt and debt.refused):
        # not from the first stored session alone: a first load may have been cut off at its head
        return Job(name, REVERIFY, min(instrument.since, state.due.get(name, start)), end)
    return Job(name, DAILY, start, end, due=due if due > start else None)
