"""A reconciliation: fetch stored sessions from further sources, and compare all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow.compute as pc

from ..model import layout
from ..model.calendars import load_calendar
from ..model.errors import EmptyLakeError, UsageError
from ..model.instruments import Instrument, Universe
from ..model.schema import BAR, RECONCILIATIONS
from ..model.settings import Settings
from ..store.files import read_parquet
from ..store.writer import assert_belongs, open_manifest
from .job import RECONCILE, Job, calendar_error
from .plan import in_batches, last_session, plan_backfill
from .reconcile_sources import source_names, window_rows
from .run import Listener, run_batches, store_waiting
from .runs import failed, new_run_id

WINDOW_SESSIONS: Final = 30
"""Compared where no window is given: six weeks of a stock exchange."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reconciliation:
    """What one reconciliation stored, in the universe's order."""

    pairs: Sequence[Row]
    """Rows of `reconciliation_pair`."""
    sessions: Sequence[Row]
    """Rows of `reconciliation`."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """By instrument id, why nothing at all could be fetched to compare."""

    @property
    def exit_code(self) -> int:
        """0 all agree, 1 nothing could be compared, 3 something is off or a source did not
        answer."""
        causes = {row["cause"] for row in (*self.pairs, *self.sessions)}
        if causes <= {"not_compared"}:
            return 1
        return 0 if causes == {"agrees"} and not self.failed else 3


def reconcile(
    settings: Settings,
    ids: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
    listener: Listener | None = None,
) -> Reconciliation:
    """Fetch the further sources of the instruments (all when `ids` is empty) and compare them.

    The window is the last 30 finished sessions of each instrument unless `start` is given. Raises
    `UsageError` where no instrument has two sources.
    """
    universe = settings.universe.select(ids)
    store_waiting(settings)
    batches = plan_reconcile(settings, universe, start, end)
    run_id = new_run_id(settings)
    errors = failed(run_batches(settings, run_id, batches, listener))
    return _read(settings, run_id, errors)


def _read(settings: Settings, run_id: str, errors: Mapping[str, str]) -> Reconciliation:
    order = {instrument.id: place for place, instrument in enumerate(settings.universe.instruments)}
    pairs, sessions = (
        sorted(_rows(settings, name, run_id), key=lambda row: order.get(row["instrument_id"], len(order)))
        for name in ("reconciliation_pair", "reconciliation")
    )
    compared = {row["instrument_id"] for row in pairs}
    return Reconciliation(pairs, sessions, {n: text for n, text in errors.items() if n not in compared})


def _rows(settings: Settings, name: str, run_id: str) -> list[Row]:
    found: list[Row] = []
    for path in open_manifest(settings.lake).paths(name)[-2:]:  # a run's months are next to each other
        table = read_parquet(settings.lake / path, RECONCILIATIONS[name])
        found += table.filter(pc.equal(table["run_id"], run_id)).to_pylist()
    return found


def plan_reconcile(
    settings: Settings, universe: Universe, start: date | None = None, end: date | None = None
) -> list[list[Job]]:
    """Batches of jobs, one per instrument and further source.

    `UsageError` where none has two sources.

    A source that served every stored session of the window is not requested again: its rows are
    stored.
    """
    several = Universe(tuple(i for i in universe.instruments if len(source_names(i)) > 1))
    if not several.instruments:
        one = universe.instruments[0]
        keys = "".join(f", or set {name} for {source}" for source, name in universe.missing_keys.items())
        raise UsageError(
            f"{one.id} has one source ({one.with_keys[0].source}), and no other selected instrument has two; "
            f"list a further one in instruments.toml{keys}"
        )
    jobs = _jobs(settings, several, start, end)
    served = _served(settings.lake, several, jobs)
    size = settings.batch_size
    return [_by_source(batch, several, served) for batch in in_batches(jobs, size)]


def _jobs(settings: Settings, universe: Universe, start: date | None, end: date | None) -> list[Job]:
    now = settings.clock.now()
    if start is not None:
        return plan_backfill(settings, universe, start, end, mode=RECONCILE)
    assert_belongs(settings.lake, settings.origin)
    jobs = []
    for instrument in universe.instruments:
        last = min(last_session(instrument, now), end or date.max)
        first = max(_window_start(instrument, last, now), instrument.since)
        if first <= last:
            jobs.append(Job(instrument.id, RECONCILE, first, last))
    if not jobs:
        raise UsageError(f"no finished session up to {end or now.date()}; choose a later --to")
    return jobs


def _window_start(instrument: Instrument, last: date, now: datetime) -> date:
    if calendar_error(instrument, now.date()):
        return last
    return load_calendar(instrument.calendar, now.date()).back(last, WINDOW_SESSIONS - 1)


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


def _by_source(jobs: Sequence[Job], universe: Universe, served: Mapping[str, set[str]]) -> list[Job]:
    """A job per instrument and source: the first source of each instrument, then the second
    ones."""
    wanted = {job.instrument_id: _wanted(universe.by_id[job.instrument_id], served) for job in jobs}
    return [
        replace(job, source=wanted[job.instrument_id][place])
        for place in range(max(map(len, wanted.values())))
        for job in jobs
        if place < len(wanted[job.instrument_id])
    ]


def _wanted(instrument: Instrument, served: Mapping[str, set[str]]) -> list[str]:
    """Every source but the one that served all that is stored."""
    known = served.get(instrument.id, set())
    return [source for source in source_names(instrument) if known != {source}]
