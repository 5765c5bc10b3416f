"""From raw batches to the stored tables: parse, normalise, correct, check, merge, all in one commit.

The same path serves a live run and `replay`: what a bar is depends on the raw answers, the moment they were
fetched, the corrections kept before them and the universe, on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from ..engine.checks import CORRECTION_MISMATCH, CORRECTION_NOT_NEEDED, RESCALED
from ..model.corrections import Corrections
from ..model.errors import CorruptLakeError, LakeOvertakenError, SourceError
from ..model.instruments import Universe
from ..model.schema import BAR, CORRECTION_MODE, RUN
from ..model.settings import Settings
from ..sources.rows import no_collection
from ..store import raw
from ..store.raw import set_aside
from ..store.verify import assert_whole
from ..store.writer import Writer, writer
from .checks import check, noted, put_aside, served_at
from .corrections import correct, corrected, standing
from .coverage import sessions_of
from .gaps import hole_rows, known_holes, let_pass
from .job import DAILY, RECONCILE, REVERIFY
from .merge import in_order, last_before, merge_bars, rescaled
from .normalise import Window, normalise
from .partitions import Place, Upserts, move_to_asset_classes, partitions, touched
from .raw_answers import Answer, answers, parse, window_of
from .reconcile_sources import compare_sources
from .runs import Counts, append, run_row


def absorb(
    lake: Writer,
    universe: Universe,
    found: Sequence[Answer],
    corrections: Corrections,
    upserts: Upserts,
) -> None:
    """Stage what the answers change, the bars as `upserts`; they are of one run, an instrument comes once.

    An instrument that the universe does not list any more is recorded and its answer left in raw/.
    """
    run_id, month = found[0].run_id, found[0].fetched_at
    known = [answer for answer in found if answer.instrument_id in universe.by_id]
    windows = {a.instrument_id: window_of(a, universe.by_id[a.instrument_id]) for a in known}
    parsed = parse(answer for answer in known if answer.has_rows)
    normalised = normalise(parsed.bars, windows)
    held = touched(lake, normalised.bars, universe)
    stored = in_order(pa.concat_tables([BAR.empty_table(), *held.values()]))
    mended = corrected(normalised.bars, stored, corrections)
    checked = check(
        mended.bars,
        normalised.conflicts,
        windows,
        run_id,
        served=parsed.bars,
        foreign=normalised.refused,
        before=last_before(stored, mended.bars),
    )
    incoming = _observed(checked.bars, {a.instrument_id: a.mode for a in known}, windows)
    on_another_scale = _rescaled(stored, incoming)
    scaled = pc.is_in(incoming["instrument_id"], pa.array(list(on_another_scale), pa.string()))
    kept = incoming.filter(pc.invert(scaled))
    aside = [
        checked.quarantine,
        put_aside(mended.aside, CORRECTION_MISMATCH, run_id, windows),
        put_aside(incoming.filter(scaled), RESCALED, run_id, windows),
    ]
    counts = _merge(kept, held, upserts, universe)
    fresh = append(lake, "quarantine", pa.concat_tables(aside), month)
    counts.quarantined.update(fresh["instrument_id"].to_pylist())
    confirmed = noted(mended.confirmed, CORRECTION_NOT_NEEDED, windows)
    append(lake, "finding", pa.concat_tables([checked.findings, confirmed]), month)
    refused = {
        **parsed.failed,
        **normalised.refused,
        **mended.refused,
        **checked.refused,
        **on_another_scale,
    }
    sessions, holes = sessions_of(normalised.bars), known_holes(lake, windows)
    heard = [answer for answer in known if answer.has_rows and answer.instrument_id not in refused]
    append(lake, "hole", hole_rows(lake, heard, windows, sessions, sessions_of(kept), holes), month)
    passed = let_pass(holes)
    rows = [run_row(answer, windows, sessions, refused, counts, passed) for answer in found]
    append(lake, "run", pa.Table.from_pylist(rows, schema=RUN), month)


def _observed(bars: pa.Table, modes: Mapping[str, str], windows: Mapping[str, Window]) -> pa.Table:
    """Add when the rows were known: history by its close and lag, a new day from when it was seen."""
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


def _rescaled(stored: pa.Table, incoming: pa.Table) -> dict[str, SourceError]:
    """An instrument's overlap is judged as a whole."""
    return rescaled(stored, incoming) if len(stored) else {}


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


_PORTION_BYTES: Final = 24 * 1024 * 1024
"""Answers absorbed together at most: parsed and checked they take ten times the memory."""

_APART: Final = (RECONCILE, CORRECTION_MODE)
"""Modes whose batches are no prices to be merged."""

Batch = tuple[str, list[Answer]]


@dataclass(frozen=True)
class Portion:
    """Batches of one run that are absorbed together."""

    batches: Sequence[Batch]
    ends: bool
    """Whether what follows is of another run or names an instrument again: it waits for the commit."""

    @property
    def answers(self) -> list[Answer]:
        return [answer for _, batch in self.batches for answer in batch]


def portions(batches: Iterable[tuple[str, list[dict[str, Any]]]]) -> Iterator[Portion]:
    """Batches of one run and day together, as long as no instrument comes twice, in portions."""
    waiting: list[Batch] = []
    together, ids, size = None, set[str](), 0
    for path, rows in batches:
        found = answers(Path(path).stem, rows)
        own = {answer.instrument_id for answer in found}
        more = sum(len(page.body) for answer in found for page in answer.pages)
        key = (found[0].run_id, found[0].fetched_at.date(), found[0].mode if found[0].mode in _APART else "")
        ends = key != together or bool(ids & own)
        if waiting and (ends or size + more > _PORTION_BYTES):
            yield Portion(waiting, ends)
            waiting, size = [], 0
        waiting.append((path, found))
        together, ids, size = key, own if ends else ids | own, size + more
    if waiting:
        yield Portion(waiting, True)


def absorb_portions(
    lake: Writer,
    universe: Universe,
    found: Iterable[Portion],
    corrections: Corrections,
    on_absorbed: Callable[[Portion], None] = lambda _: None,
) -> None:
    """Stage and commit what the answers change; `corrections` are those that stood before them.

    `on_absorbed` hears each portion before the commit that it is part of.
    """
    upserts = Upserts(lake.root)
    with no_collection():
        for portion in found:
            mode = portion.answers[0].mode
            if mode == CORRECTION_MODE:
                corrections = correct(lake, universe, portion.answers[0], corrections)
            elif mode == RECONCILE:
                compare_sources(lake, universe, portion.answers)
            else:
                absorb(lake, universe, portion.answers, corrections, upserts)
            on_absorbed(portion)
            if portion.ends or upserts.are_many:
                upserts.stage(lake)
                lake.commit()


_TRIES: Final = 5
T = TypeVar("T")


def in_turn(work: Callable[[], T]) -> T:
    """Do the work, again where a commit of another machine came first; at last its `LakeOvertakenError`.

    In a folder writers wait for each other, and nobody is overtaken. Of those that meet at a bucket one comes
    through each time, so there is no need to wait.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except LakeOvertakenError:
            continue
    return work()


def store_pending(settings: Settings, on_group: Callable[[int], None] = lambda _: None) -> None:
    """Absorb the waiting batches, a commit per run; `on_group` hears how many batches more were read.

    A batch that cannot be read is set aside and takes no other with it: the `CorruptLakeError` that names it
    comes when all others are stored.
    """
    in_turn(lambda: _store_pending(settings, on_group))


def _store_pending(settings: Settings, on_group: Callable[[int], None]) -> None:
    root, losses = settings.lake, dict[str, CorruptLakeError]()
    with writer(root, settings.origin) as lake:
        assert_whole(root, lake.manifest)
        move_to_asset_classes(lake, {i.id: i.asset_class for i in settings.universe.instruments})
        paths = raw.pending(root, lake.manifest)

        def adopt(portion: Portion) -> None:
            for path, _ in portion.batches:
                lake.adopt(path, raw.entry(root, path))
            on_group(len(portion.batches))

        found = portions(raw.read_batches(root, paths, on_loss=losses.__setitem__))
        absorb_portions(lake, settings.universe, found, standing(root, lake.manifest), adopt)
        aside = [set_aside(root, path) for path in raw.pending(root, lake.manifest) if path in losses]
    if losses:
        told = " ".join(map(str, losses.values()))
        kept = f" Set aside: {', '.join(aside)}." if aside else ""
        raise CorruptLakeError(
            f"{told}{kept} All other answers are stored; run again, and what is missing is asked for again"
        )
