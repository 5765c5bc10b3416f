"""Which further sources to ask, and for which sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from ..calendars import load_calendar
from ..errors import EmptyLakeError, UsageError
from ..instruments import Instrument, SourceRef, Universe
from ..normalise import spans
from ..schema import BAR
from ..settings import Settings
from ..store import layout
from ..store.files import read_parquet
from ..store.lake import assert_belongs, open_manifest
from .plan import RECONCILE, Job, last_session, plan_backfill

WINDOW_SESSIONS: Final = 30
"""Compared where no window is named: six weeks of a stock exchange."""

Round = tuple[Sequence[Job], Mapping[str, Instrument]]
"""Jobs, and their instruments with the one source that is to be asked."""


def plan_reconcile(
    settings: Settings, universe: Universe, start: date | None = None, end: date | None = None
) -> list[list[Round]]:
    """For each batch of instruments a round a further source; `UsageError` where none has two sources.

    A source that served every stored session of the window is not asked again: what it said is stored.
    """
    several = Universe(tuple(i for i in universe.instruments if len(source_names(i)) > 1))
    if not several.instruments:
        one = universe.instruments[0]
        raise UsageError(
            f"{one.id} has one source ({one.sources[0].source}), and nothing else asked for has two; "
            "list a further one in instruments.toml"
        )
    jobs = _jobs(settings, several, start, end)
    served = _served(settings.lake, several, jobs)
    size = settings.batch_size
    return [_rounds(jobs[at : at + size], several, served) for at in range(0, len(jobs), size)]


def source_names(instrument: Instrument) -> list[str]:
    """The sources of an instrument, each once, most trusted first."""
    return list(dict.fromkeys(ref.source for ref in instrument.sources))


def window_rows(bars: pa.Table, windows: Mapping[str, tuple[date, date]]) -> Iterator[tuple[str, slice]]:
    """Each instrument of sorted bars with the rows that lie in its window."""
    session = bars["session"].to_numpy().astype("datetime64[D]")
    for instrument_id, rows in spans(bars["instrument_id"].to_numpy(zero_copy_only=False)):
        if instrument_id in windows:
            first, last = windows[instrument_id]
            low = rows.start + int(np.searchsorted(session[rows], np.datetime64(first)))
            high = rows.start + int(np.searchsorted(session[rows], np.datetime64(last), side="right"))
            yield instrument_id, slice(low, high)


def _jobs(settings: Settings, universe: Universe, start: date | None, end: date | None) -> list[Job]:
    now = settings.clock.now()
    if start is not None:
        jobs = plan_backfill(settings.lake, universe, settings.origin, now, start, end)
        return [replace(job, mode=RECONCILE) for job in jobs]
    assert_belongs(settings.lake, settings.origin)
    jobs = []
    for instrument in universe.instruments:
        last = min(last_session(instrument, now), end or date.max)
        calendar = load_calendar(instrument.calendar, now.date())
        first = max(calendar.back(last, WINDOW_SESSIONS - 1), instrument.since)
        if first <= last:
            jobs.append(Job(instrument.id, RECONCILE, first, last))
    if not jobs:
        raise UsageError(f"no finished session up to {end or now.date()}; choose a later --to")
    return jobs


def _served(root: Path, universe: Universe, jobs: Sequence[Job]) -> Mapping[str, set[str]]:
    """By instrument, the sources of its stored sessions in the window."""
    try:
        manifest = open_manifest(root)
    except EmptyLakeError:
        return {}
    windows = {job.instrument_id: (job.start, job.end) for job in jobs}
    years = {year for job in jobs for year in range(job.start.year, job.end.year + 1)}
    classes = {i.asset_class for i in universe.instruments}
    served: dict[str, set[str]] = {}
    for path in manifest.paths("bar"):
        if layout.year_of(path) in years and layout.asset_class_of(path) in classes:
            bars = read_parquet(root / path, BAR, columns=["instrument_id", "session", "source"])
            source = bars["source"].to_numpy(zero_copy_only=False)
            for instrument_id, rows in window_rows(bars, windows):
                served.setdefault(instrument_id, set()).update(source[rows])
    return served


def _rounds(jobs: Sequence[Job], universe: Universe, served: Mapping[str, set[str]]) -> list[Round]:
    """One source of each instrument a round, so that an instrument is named once in it."""
    wanted = {job.instrument_id: _wanted(universe.by_id[job.instrument_id], served) for job in jobs}
    rounds: list[Round] = []
    for place in range(max(map(len, wanted.values()))):
        mine = [job for job in jobs if place < len(wanted[job.instrument_id])]
        asked = {
            job.instrument_id: replace(
                universe.by_id[job.instrument_id], sources=(wanted[job.instrument_id][place],)
            )
            for job in mine
        }
        rounds.append((mine, asked))
    return rounds


def _wanted(instrument: Instrument, served: Mapping[str, set[str]]) -> list[SourceRef]:
    """The first entry of each source but the one that served all that is stored."""
    known = served.get(instrument.id, set())
    first: dict[str, SourceRef] = {}
    for ref in instrument.sources:
        first.setdefault(ref.source, ref)
    return [ref for source, ref in first.items() if known != {source}]
