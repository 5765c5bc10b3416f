"""Which further sources to ask, and for which sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import layout
from ..model.calendars import load_calendar
from ..model.errors import EmptyLakeError, SourceError, UsageError
from ..model.instruments import Instrument, Universe
from ..model.schema import BAR, RUN, SERVED
from ..model.settings import Settings
from ..store.files import read_parquet
from ..store.writer import Writer, assert_belongs, open_manifest
from .gaps import sessions_of
from .job import RECONCILE, Job, calendar_error
from .normalise import Window, normalise, spans
from .plan import in_batches, last_session, plan_backfill
from .raw_answers import Answer, parse, window_of
from .reconcile_cause import QUOTE, Subject
from .reconcile_rows import reconcile
from .runs import Counts, append, run_row

WINDOW_SESSIONS: Final = 30
"""Compared where no window is named: six weeks of a stock exchange."""
_MARGIN: Final = timedelta(days=14)
"""Sessions beyond the window, so that a label at its edge can be moved by one."""
_READABLE: Final = frozenset({"ok", "truncated", "quarantined"})
_KEY: Final = ["instrument_id", "session", "source"]
_CURRENCY: Final = "currency"

_Rates = Mapping[str, Mapping[date, float]]


def plan_reconcile(
    settings: Settings, universe: Universe, start: date | None = None, end: date | None = None
) -> list[list[Job]]:
    """Batches of jobs, one per instrument and further source; `UsageError` where none has two sources.

    A source that served every stored session of the window is not requested again: its rows are stored.
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
    return [_by_source(batch, several, served) for batch in in_batches(jobs, size)]


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
        jobs = plan_backfill(settings, universe, start, end)
        return [replace(job, mode=RECONCILE) for job in jobs]
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
    """A job per instrument and source: the first source of each instrument, then the second ones."""
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


@dataclass(frozen=True)
class _Heard:
    """What one source said of several instruments."""

    quotes: pa.Table
    """Schema `QUOTE`."""
    foreign: Mapping[str, str]
    unanswered: Mapping[str, str]
    runs: Sequence[Mapping[str, Any]]


def compare_sources(lake: Writer, universe: Universe, found: Sequence[Answer]) -> None:
    """Stage the comparison of the answers with what is stored; they are of one reconciliation.

    An instrument that the universe does not list any more is recorded and not compared.
    """
    run_id, at = found[0].run_id, found[0].fetched_at
    heard = {source: _hear(universe, [a for a in found if a.source == source]) for source in _sources(found)}
    windows = {a.instrument_id: a for a in found if _is_usable(universe, a)}
    stored, later = _stored(lake, universe, windows)
    answered = pa.concat_tables([QUOTE.empty_table(), *(one.quotes for one in heard.values())])
    fresh = answered.join(stored.select(_KEY), _KEY, join_type="left anti") if len(stored) else answered
    quotes = pa.concat_tables([stored, fresh.select(QUOTE.names).cast(QUOTE)])
    listed, rates = _listed(universe, windows, stored), _rates(lake, universe, windows)
    subjects = {
        name: _subject(universe.by_id[name], answer, listed[name], later.get(name, 1.0), heard, rates)
        for name, answer in windows.items()
    }
    result = reconcile(quotes, subjects, run_id, at)
    append(lake, "reconciliation", result.sessions, at)
    append(lake, "reconciliation_pair", result.pairs, at)
    rows = [row for one in heard.values() for row in one.runs]
    append(lake, "run", pa.Table.from_pylist(rows, schema=RUN), at)


def _is_usable(universe: Universe, answer: Answer) -> bool:
    instrument = universe.by_id.get(answer.instrument_id)
    return instrument is not None and not calendar_error(instrument, answer.fetched_at.date())


def _unusable(universe: Universe, found: Iterable[Answer]) -> dict[str, SourceError]:
    """The errors of instruments whose calendar cannot be used."""
    listed = (a for a in found if a.instrument_id in universe.by_id)
    errors = {
        a.instrument_id: calendar_error(universe.by_id[a.instrument_id], a.fetched_at.date()) for a in listed
    }
    return {name: error for name, error in errors.items() if error}


def _sources(found: Sequence[Answer]) -> list[str]:
    return list(dict.fromkeys(answer.source for answer in found))


def _hear(universe: Universe, found: Sequence[Answer]) -> _Heard:
    """Parse and normalise as for storing; what is refused for its currency is read as served."""
    known = [answer for answer in found if _is_usable(universe, answer)]
    windows = {a.instrument_id: window_of(a, universe.by_id[a.instrument_id]) for a in known}
    parsed = parse(a for a in known if a.pages and a.outcome in _READABLE)
    normalised = normalise(parsed.bars, windows)
    foreign = _foreign(parsed.bars, set(normalised.refused), windows)
    as_served = normalise(_without_currency(parsed.bars, foreign), windows)
    quotes = _quotes(pa.concat_tables([normalised.bars, as_served.bars]), stored=False)
    silent = {a.instrument_id: _silence(a) for a in known} if known else {}
    for name in pc.unique(quotes["instrument_id"]).to_pylist():
        silent.pop(name, None)
    refused = {**_unusable(universe, found), **parsed.failed, **normalised.refused}
    days = sessions_of(normalised.bars)
    runs = [run_row(answer, windows, days, refused, Counts()) for answer in found]
    return _Heard(quotes, foreign, silent, runs)


def _silence(answer: Answer) -> str:
    if answer.outcome == "ok":
        return "no_new_data: answered without rows"
    return f"{answer.outcome}: {answer.message}"


def _foreign(served: pa.Table, refused: set[str], windows: Mapping[str, Window]) -> dict[str, str]:
    """The instruments served in one currency that is not the declared one."""
    spoken: dict[str, set[str]] = {}
    for name, currency in zip(*(served[n].to_pylist() for n in ("instrument_id", "currency")), strict=True):
        if name in refused:
            spoken.setdefault(name, set()).add(str(currency)[:12])
    return {
        name: f"serves {currencies.pop()!r}, declared in {windows[name].instrument.quote_currency}"
        for name, currencies in spoken.items()
        if len(currencies) == 1
    }


def _without_currency(served: pa.Table, ids: Mapping[str, str]) -> pa.Table:
    rows = served.filter(pc.is_in(served["instrument_id"], pa.array(list(ids), pa.string())))
    place = SERVED.get_field_index("currency")
    return rows.set_column(place, SERVED.field(place), pa.nulls(len(rows), pa.string()))


def _quotes(bars: pa.Table, *, stored: bool) -> pa.Table:
    bars = bars.filter(pc.is_finite(bars["close"]))
    columns = [bars[name] for name in ("instrument_id", "session", "source", "close", "split")]
    return pa.table([*columns, pa.repeat(pa.scalar(stored), len(bars))], schema=QUOTE)


def _stored(
    lake: Writer, universe: Universe, asked: Mapping[str, Answer]
) -> tuple[pa.Table, Mapping[str, float]]:
    """The stored quotes of the windows, and by instrument the product of its splits after them."""
    tables, later = [QUOTE.empty_table()], dict[str, float]()
    if not asked:
        return tables[0], later
    classes = {universe.by_id[name].asset_class for name in asked}
    first = min(answer.requested_from for answer in asked.values()).year
    inside = {name: (answer.requested_from, answer.requested_to) for name, answer in asked.items()}
    after = {name: (answer.requested_to + timedelta(days=1), date.max) for name, answer in asked.items()}
    for path in lake.manifest.paths("bar"):
        if layout.asset_class_of(path) in classes and layout.year_of(path) >= first:
            bars = lake.read(path)
            tables.append(_quotes(_rows(bars, inside), stored=True))
            split = bars["split"].to_numpy()
            for name, rows in window_rows(bars, after):
                later[name] = later.get(name, 1.0) * float(np.prod(split[rows]))
    return pa.concat_tables(tables), later


def _rates(lake: Writer, universe: Universe, asked: Mapping[str, Answer]) -> _Rates:
    """The stored exchange rates of the windows, by instrument and session."""
    rates: dict[str, dict[date, float]] = {}
    years = {y for a in asked.values() for y in range(a.requested_from.year, a.requested_to.year + 1)}
    for year in sorted(years):
        bars = lake.read(layout.yearly("bar", _CURRENCY, year))
        for name, session, close in zip(
            *(bars[n].to_pylist() for n in _KEY[:2]), bars["close"].to_pylist(), strict=True
        ):
            if name in universe.by_id:
                rates.setdefault(name, {})[session] = close
    return rates


def _rows(bars: pa.Table, windows: Mapping[str, tuple[date, date]]) -> pa.Table:
    parts = [bars.slice(rows.start, rows.stop - rows.start) for _, rows in window_rows(bars, windows)]
    return pa.concat_tables([BAR.empty_table(), *parts])


def _listed(universe: Universe, asked: Mapping[str, Answer], stored: pa.Table) -> dict[str, list[str]]:
    """The sources of each instrument, most trusted first; last those that it no longer lists."""
    listed = {name: source_names(universe.by_id[name]) for name in asked}
    pairs = stored.select(["instrument_id", "source"]).group_by(["instrument_id", "source"]).aggregate([])
    for row in pairs.sort_by([("instrument_id", "ascending"), ("source", "ascending")]).to_pylist():
        if row["source"] not in listed[row["instrument_id"]]:
            listed[row["instrument_id"]].append(row["source"])
    return listed


def _subject(
    instrument: Instrument,
    answer: Answer,
    listed: list[str],
    later: float,
    heard: Mapping[str, _Heard],
    rates: _Rates,
) -> Subject:
    calendar = load_calendar(instrument.calendar, answer.fetched_at.date())
    name = instrument.id
    return Subject(
        asset_class=instrument.asset_class,
        sources=listed,
        start=answer.requested_from,
        end=answer.requested_to,
        calendar=calendar.sessions(answer.requested_from - _MARGIN, answer.requested_to + _MARGIN),
        later_split=later,
        rates={} if instrument.asset_class == _CURRENCY else rates,
        foreign={s: one.foreign[name] for s, one in heard.items() if name in one.foreign},
        unanswered={s: one.unanswered[name] for s, one in heard.items() if name in one.unanswered},
    )
