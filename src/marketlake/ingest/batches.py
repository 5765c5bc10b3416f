"""From raw batches to the stored tables: parse, normalise, correct, check, merge, all in one
commit.

A live run and `replay` use the same path: a bar depends on the raw answers, the moment they were
fetched, the corrections persisted before them and the universe, on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from ..engine.checks import (
    CORRECTION_MISMATCH,
    CORRECTION_NOT_NEEDED,
    MASS_REVISION,
    NO_OVERLAP,
    OTHER_SERIES,
    RESCALED,
    SYMBOL_CHANGED,
    ZONE_CHANGED,
)
from ..model.corrections import Corrections
from ..model.errors import CorruptLakeError, QuarantinedError, SourceError
from ..model.instruments import Universe
from ..model.schema import BAR, CORRECTION_MODE, QUARANTINE, RUN
from ..model.settings import Settings
from ..sources.rows import no_collection
from ..store import raw
from ..store.raw import set_aside
from ..store.verify import assert_whole
from ..store.writer import Writer, retry_on_conflict, writer
from .checks import Context, check, noted, quarantined, served_at
from .corrections import correct, corrected, in_force
from .gaps import accepted_gaps, gap_rows, known_gaps, sessions_of, taken_back
from .job import DAILY, FIRST_LOAD, RECONCILE, REPLACE, REVERIFY, calendar_error
from .merge import in_order, merge_bars
from .normalise import Window, events_stored, has_event, normalise, without_price
from .overlap import Refusal, judge, on_stored_scale
from .partitions import Place, Upserts, last_rows, move_to_asset_classes, partitions, touched
from .raw_answers import Answer, answers, parse, window_of
from .reconcile_sources import compare_sources
from .runs import Counts, append, run_row
from .watermarks import Served, last_served

_CHUNK_BYTES: Final = 24 * 1024 * 1024
"""Answers stored together at most: parsed and checked they take ten times the memory."""
_APART: Final = (RECONCILE, CORRECTION_MODE)
"""Modes whose batches are no prices to be merged."""

Batch = tuple[str, list[Answer]]
"""The path of a raw batch and its answers."""


def store_answers(
    lake: Writer,
    universe: Universe,
    found: Sequence[Answer],
    corrections: Corrections,
    upserts: Upserts,
) -> None:
    """Stage what the answers change, the bars as `upserts`.

    They are of one run, an instrument comes once.

    Instruments that are not listed any more, or whose calendar cannot be used, are recorded in
    `run`. Their answers stay in raw/ only.
    """
    run_id, month = found[0].run_id, found[0].fetched_at
    usable, unusable = _usable(universe, found)
    windows = {a.instrument_id: window_of(a, universe.by_id[a.instrument_id]) for a in usable}
    parsed = parse(answer for answer in usable if answer.has_rows)
    normalised = normalise(parsed.bars, windows)
    moved = without_price(parsed.bars)
    held = touched(lake, _keys_of(normalised.bars, moved), universe)
    stored = _stored(lake, universe, normalised.bars, held, {a.instrument_id: a.mode for a in usable})
    if settled := events_stored(moved, stored):
        normalised = normalise(parsed.bars, windows, settled)
    mended = corrected(on_stored_scale(normalised.bars, stored, windows), stored, corrections)
    checked = check(
        mended.bars,
        normalised.conflicts,
        windows,
        run_id,
        context=Context(parsed.bars, set(normalised.refused), stored, _pending(lake, windows)),
    )
    incoming = _observed(checked.bars, {a.instrument_id: a.mode for a in usable}, windows)
    replacing = {a.instrument_id for a in usable if a.mode == REPLACE}
    judged = judge(stored, incoming, windows, replacing)
    unfit = {**judged.refused, **_otherwise_served(lake, usable, parsed.zones, windows)}
    accepted_bars = incoming.filter(pc.invert(_of(incoming, unfit)))
    counts = _merge(accepted_bars, held, upserts, universe)
    bad = [
        checked.quarantine,
        quarantined(mended.mismatched, CORRECTION_MISMATCH, run_id, windows),
        *(
            quarantined(incoming.filter(_of(incoming, [name])), refusal.check, run_id, windows)
            for name, refusal in unfit.items()
        ),
    ]
    fresh = append(lake, "quarantine", pa.concat_tables(bad), month)
    counts.quarantined.update(fresh["instrument_id"].to_pylist())
    confirmed = noted(mended.confirmed, CORRECTION_NOT_NEEDED, windows)
    revised = judged.revised.filter(pc.invert(_of(judged.revised, unfit)))
    revised = noted(revised, MASS_REVISION, windows)
    append(lake, "finding", pa.concat_tables([checked.findings, confirmed, revised]), month)
    refused = {
        **unusable,
        **parsed.failed,
        **normalised.refused,
        **mended.refused,
        **checked.refused,
        **{name: _unfit(refusal, windows[name]) for name, refusal in unfit.items()},
    }
    sessions, gaps = sessions_of(normalised.bars), known_gaps(lake, windows)
    answered = [answer for answer in usable if answer.has_rows and answer.instrument_id not in refused]
    append(lake, "gap", gap_rows(lake, answered, windows, sessions, sessions_of(accepted_bars), gaps), month)
    served = {a.instrument_id: sessions[a.instrument_id] for a in answered if a.instrument_id in sessions}
    counts.taken_back.update(taken_back(lake, windows, served))
    accepted = accepted_gaps(gaps)
    zones = parsed.zones
    rows = [
        run_row(answer, windows, sessions, refused, counts, accepted, zones.get(answer.instrument_id))
        for answer in found
    ]
    append(lake, "run", pa.Table.from_pylist(rows, schema=RUN), month)


def _keys_of(*tables: pa.Table) -> pa.Table:
    """Their instruments and sessions, in order."""
    return in_order(pa.concat_tables([table.select(["instrument_id", "session"]) for table in tables]))


def _pending(lake: Writer, ids: Iterable[str]) -> pa.Table:
    """Quarantined rows of these instruments that have a split or a dividend.

    Not those of answers that did not fit what is stored.
    """
    wanted = pa.array(sorted(ids), pa.string())
    unfit = pa.array([RESCALED, OTHER_SERIES, NO_OVERLAP, SYMBOL_CHANGED, ZONE_CHANGED])
    parts = [QUARANTINE.empty_table()]
    for path in lake.manifest.paths("quarantine"):
        rows = lake.read(path)
        event = pc.and_not(has_event(rows), pc.is_in(rows["reason"], unfit))
        parts.append(rows.filter(pc.and_(event, pc.is_in(rows["instrument_id"], wanted))))
    return pa.concat_tables(parts)


def _stored(
    lake: Writer,
    universe: Universe,
    bars: pa.Table,
    held: Mapping[Place, pa.Table],
    modes: Mapping[str, str],
) -> pa.Table:
    """The stored rows that the bars touch, in order; of an answer that touches none in its own
    years, the last one before them."""
    touching = pa.concat_tables([BAR.empty_table(), *held.values()])
    others = [name for name, mode in modes.items() if mode != FIRST_LOAD]
    alone = pc.and_not(_of(bars, others), _of(bars, touching["instrument_id"].unique().to_pylist()))
    return in_order(pa.concat_tables([touching, last_rows(lake, bars.filter(alone), universe)]))


def _usable(universe: Universe, found: Iterable[Answer]) -> tuple[list[Answer], dict[str, SourceError]]:
    """Answers of listed instruments whose calendar can be used, and the errors of those whose
    cannot."""
    errors: dict[str, SourceError] = {}
    usable = []
    for answer in found:
        instrument = universe.by_id.get(answer.instrument_id)
        error = instrument and calendar_error(instrument, answer.fetched_at.date())
        if error:
            errors[answer.instrument_id] = error
        elif instrument:
            usable.append(answer)
    return usable, errors


def _observed(bars: pa.Table, modes: Mapping[str, str], windows: Mapping[str, Window]) -> pa.Table:
    """Add when the rows were known: history by its close and lag, a new day from when it was
    seen."""
    ids = bars["instrument_id"].combine_chunks().dictionary_encode()
    names = ids.dictionary.to_pylist()
    live = pa.array([modes[name] in {DAILY, REVERIFY} for name in names], pa.bool_()).take(ids.indices)
    lags = [windows[name].calendar.lag for name in names]
    lag = pa.array(lags, pa.duration("us")).take(ids.indices)
    seen = served_at(bars, windows)
    columns = {
        "known_at": pc.if_else(live, seen, pc.add(bars["close_at"].combine_chunks(), lag)),
        "observed_at": seen,
        "backfilled": pc.invert(live),
    }
    return pa.table([columns[name] if name in columns else bars[name] for name in BAR.names], schema=BAR)


def _of(rows: pa.Table, ids: Iterable[str]) -> pa.ChunkedArray:
    return pc.is_in(rows["instrument_id"], pa.array(list(ids), pa.string()))


def _otherwise_served(
    lake: Writer, found: Iterable[Answer], zones: Mapping[str, str], windows: Mapping[str, Window]
) -> dict[str, Refusal]:
    """The answers to another symbol than the one that the source has served before, or in another
    time zone."""
    fetched = {
        (a.instrument_id, a.source): Served(a.symbol, zones.get(a.instrument_id))
        for a in found
        if a.has_rows and a.mode != REPLACE
    }
    before = last_served(lake.root, lake.manifest, fetched)
    refusals = {
        key[0]: _served_otherwise(key[1], before[key], now, windows[key[0]])
        for key, now in fetched.items()
        if key in before
    }
    return {name: refusal for name, refusal in refusals.items() if refusal}


def _served_otherwise(source: str, before: Served, now: Served, window: Window) -> Refusal | None:
    if before.symbol != now.symbol:
        text = f"{source} served it as {before.symbol!r} before and as {now.symbol!r} now"
        return Refusal(SYMBOL_CHANGED, text)
    # a return to the calendar's own zone mends a first answer in a wrong one
    if not before.zone or not now.zone or now.zone in {before.zone, window.calendar.zone}:
        return None
    if _same_days(before.zone, now.zone, window.at.year):
        return None
    text = f"{source} served it in the time zone {before.zone} before and in {now.zone} now"
    return Refusal(ZONE_CHANGED, text)


def _same_days(one: str, other: str, year: int) -> bool:
    """Whether two names mean the same zone, as Asia/Kolkata and Asia/Calcutta: the same offset in
    winter and summer."""
    moments = (datetime(year, month, 15, tzinfo=UTC) for month in (1, 7))
    return all(
        m.astimezone(ZoneInfo(one)).utcoffset() == m.astimezone(ZoneInfo(other)).utcoffset() for m in moments
    )


def _unfit(refusal: Refusal, window: Window) -> SourceError:
    """The error of an answer that does not fit what is stored, with the command that accepts it."""
    name, since = window.instrument.id, window.instrument.since
    instead = (
        "Correct the symbol in instruments.toml; if it is the same instrument"
        if refusal.check == SYMBOL_CHANGED
        else "The next run fetches it again; if the vendor's new figures are right"
    )
    return QuarantinedError(
        f"{name}: {refusal.text}; the answer is in quarantine. {instead}, "
        f"`marketlake backfill {name} --from {since} --replace` stores them as revisions"
    )


def _merge(
    incoming: pa.Table, held: Mapping[Place, pa.Table], upserts: Upserts, universe: Universe
) -> Counts:
    counts = Counts()
    for place, rows in partitions(incoming, universe).items():
        merged = merge_bars(held[place], rows)
        counts.new.update(merged.new.to_pylist())
        counts.revised.update(merged.revised.to_pylist())
        counts.settled.update(merged.settled.to_pylist())
        upserts.add(place, merged)
    return counts


@dataclass(frozen=True)
class Chunk:
    """Batches of one run that are stored together."""

    batches: Sequence[Batch]
    ends: bool
    """Whether a commit must come before the next chunk: another run, or the same instruments
    again."""

    @property
    def answers(self) -> list[Answer]:
        """The answers of all its batches."""
        return [answer for _, batch in self.batches for answer in batch]


def chunks(batches: Iterable[tuple[str, list[dict[str, Any]]]]) -> Iterator[Chunk]:
    """Batches of one run and day together, as long as no instrument comes twice and they fit in
    memory."""
    waiting: list[Batch] = []
    together, ids, size = None, set[str](), 0
    for path, rows in batches:
        found = answers(Path(path).stem, rows)
        own = {answer.instrument_id for answer in found}
        more = sum(len(page.body) for answer in found for page in answer.pages)
        key = (found[0].run_id, found[0].fetched_at.date(), found[0].mode if found[0].mode in _APART else "")
        ends = key != together or bool(ids & own)
        if waiting and (ends or size + more > _CHUNK_BYTES):
            yield Chunk(waiting, ends)
            waiting, size = [], 0
        waiting.append((path, found))
        together, ids, size = key, own if ends else ids | own, size + more
    if waiting:
        yield Chunk(waiting, True)


def store_chunks(
    lake: Writer,
    universe: Universe,
    found: Iterable[Chunk],
    corrections: Corrections,
    on_staged: Callable[[Chunk], None] = lambda _: None,
) -> None:
    """Stage and commit what the answers change; `corrections` are those in force before them.

    `on_staged` receives each chunk before the commit that it is part of.
    """
    upserts = Upserts(lake.root)
    with no_collection():
        for chunk in found:
            mode = chunk.answers[0].mode
            if mode == CORRECTION_MODE:
                corrections = correct(lake, universe, chunk.answers[0], corrections)
            elif mode == RECONCILE:
                compare_sources(lake, universe, chunk.answers)
            else:
                store_answers(lake, universe, chunk.answers, corrections, upserts)
            on_staged(chunk)
            if chunk.ends or upserts.are_many:
                upserts.stage(lake)
                lake.commit()


def store_pending(settings: Settings, on_chunk: Callable[[int], None] = lambda _: None) -> None:
    """Store the waiting batches, a commit per run.

    `on_chunk` receives how many batches more were stored.

    A batch that cannot be read is set aside and stops no other one: the `CorruptLakeError` that
    names it is raised when all others are stored.
    """
    retry_on_conflict(lambda: _store_pending(settings, on_chunk))


def _store_pending(settings: Settings, on_chunk: Callable[[int], None]) -> None:
    root, losses = settings.lake, dict[str, CorruptLakeError]()
    with writer(root, settings.origin) as lake:
        assert_whole(root, lake.manifest)
        move_to_asset_classes(lake, {i.id: i.asset_class for i in settings.universe.instruments})
        paths = raw.pending(root, lake.manifest)

        def adopt(chunk: Chunk) -> None:
            for path, _ in chunk.batches:
                lake.adopt(path, raw.entry(root, path))
            on_chunk(len(chunk.batches))

        found = chunks(raw.read_batches(root, paths, on_loss=losses.__setitem__))
        store_chunks(lake, settings.universe, found, in_force(root, lake.manifest), adopt)
        moved = [set_aside(root, path) for path in raw.pending(root, lake.manifest) if path in losses]
    if losses:
        errors = " ".join(map(str, losses.values()))
        renamed = f" Renamed to: {', '.join(moved)}." if moved else ""
        raise CorruptLakeError(
            f"{errors}{renamed} All other answers are stored; run again, and what is missing is fetched again"
        )
