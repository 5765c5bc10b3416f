"""From raw batches to the stored tables: parse, normalise, check, merge, all in one commit.

The same path serves a live run and `replay`: what a bar is depends on the raw answers, the moment they were
fetched and the universe, on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

import pyarrow as pa
import pyarrow.compute as pc

from ..calendars import load_calendar
from ..errors import SourceError
from ..instruments import Instrument, Universe
from ..normalise import Window, normalise
from ..quality import check, put_aside, served_at
from ..schema import BAR, RUN
from ..store import layout
from ..store.holes import let_pass
from ..store.lake import Writer
from ..store.merge import in_order, merge_bars, merge_revisions
from ..store.rescaled import rescaled
from .answers import Answer, parse
from .coverage import sessions_of
from .holes import hole_rows, known_holes
from .plan import DAILY, REVERIFY
from .record import Counts, append, run_row


def absorb(lake: Writer, universe: Universe, found: Sequence[Answer]) -> None:
    """Stage what the answers change; they are of one run and name each instrument once.

    An instrument that the universe does not list any more is recorded and its answer left in raw/.
    """
    run_id, month = found[0].run_id, found[0].fetched_at
    known = [answer for answer in found if answer.instrument_id in universe.by_id]
    windows = {a.instrument_id: window_of(a, universe.by_id[a.instrument_id]) for a in known}
    parsed = parse(answer for answer in known if answer.has_rows)
    normalised = normalise(parsed.bars, windows)
    checked = check(normalised.bars, normalised.conflicts, windows, run_id)
    incoming = _observed(checked.bars, {a.instrument_id: a.mode for a in known}, windows)
    on_another_scale = _rescaled(lake, incoming, universe)
    scaled = pc.is_in(incoming["instrument_id"], pa.array(list(on_another_scale), pa.string()))
    aside = [checked.quarantine, put_aside(incoming.filter(scaled), "rescaled", run_id, windows)]
    kept = incoming.filter(pc.invert(scaled))
    counts = _merge(lake, kept, universe)
    fresh = append(lake, "quarantine", pa.concat_tables(aside), month)
    counts.quarantined.update(fresh["instrument_id"].to_pylist())
    append(lake, "finding", checked.findings, month)
    refused = {**parsed.failed, **normalised.refused, **checked.refused, **on_another_scale}
    sessions, holes = sessions_of(normalised.bars), known_holes(lake, windows)
    heard = [answer for answer in known if answer.has_rows and answer.instrument_id not in refused]
    left = hole_rows(lake, heard, windows, sessions, sessions_of(in_order(kept)), holes)
    append(lake, "hole", left, month)
    passed = let_pass(holes)
    rows = [run_row(answer, windows, sessions, refused, counts, passed) for answer in found]
    append(lake, "run", pa.Table.from_pylist(rows, schema=RUN), month)


def window_of(answer: Answer, instrument: Instrument) -> Window:
    """What was asked, as of the answer."""
    moment = answer.fetched_at.astimezone(UTC)
    return Window(instrument, answer.source, answer.asked_from, answer.asked_to, moment)


def _observed(bars: pa.Table, modes: Mapping[str, str], windows: Mapping[str, Window]) -> pa.Table:
    """Add when the rows were known: history by its close and lag, a new day from when it was seen."""
    ids = bars["instrument_id"].combine_chunks().dictionary_encode()
    names = ids.dictionary.to_pylist()
    live = pa.array([modes[name] in {DAILY, REVERIFY} for name in names], pa.bool_()).take(ids.indices)
    asked = [windows[name] for name in names]
    lags = [load_calendar(window.instrument.calendar, window.at.date()).lag for window in asked]
    lag = pa.array(lags, pa.duration("us")).take(ids.indices)
    seen = served_at(bars, windows)
    columns = {
        "known_at": pc.if_else(live, seen, pc.add(bars["close_at"].combine_chunks(), lag)),
        "observed_at": seen,
        "backfilled": pc.invert(live),
    }
    return pa.table([columns[name] if name in columns else bars[name] for name in BAR.names], schema=BAR)


def _partitions(bars: pa.Table, universe: Universe) -> dict[tuple[str, int], pa.Table]:
    """Rows by asset class and year, in order."""
    if not len(bars):
        return {}
    ids = bars["instrument_id"].combine_chunks().dictionary_encode()
    classes = [universe.by_id[name].asset_class for name in ids.dictionary.to_pylist()]
    asset_class = pa.array(classes, pa.string()).take(ids.indices)
    year = pc.year(bars["session"])
    keyed = pa.table({"asset_class": asset_class, "year": year})
    pairs = keyed.group_by(["asset_class", "year"]).aggregate([]).to_pylist()
    return {
        (pair["asset_class"], pair["year"]): bars.filter(
            pc.and_(pc.equal(asset_class, pair["asset_class"]), pc.equal(year, pair["year"]))
        )
        for pair in sorted(pairs, key=lambda p: (p["asset_class"], p["year"]))
    }


def _rescaled(lake: Writer, incoming: pa.Table, universe: Universe) -> dict[str, SourceError]:
    """An instrument's overlap is judged as a whole, so the touched years are put together first."""
    stored = [_stored(lake, key, incoming) for key in _partitions(incoming, universe)]
    if not any(map(len, stored)):
        return {}
    return rescaled(in_order(pa.concat_tables(stored)), in_order(incoming))


def _stored(lake: Writer, key: tuple[str, int], incoming: pa.Table) -> pa.Table:
    """The instruments' part of a partition alone: a whole history touches every year."""
    table = lake.read(layout.yearly("bar", *key))
    return table.filter(pc.is_in(table["instrument_id"], incoming["instrument_id"]))


def _merge(lake: Writer, incoming: pa.Table, universe: Universe) -> Counts:
    counts = Counts()
    for (asset_class, year), rows in _partitions(incoming, universe).items():
        path = layout.yearly("bar", asset_class, year)
        merged = merge_bars(lake.read(path), rows)
        counts.new.update(merged.new.to_pylist())
        counts.revised.update(merged.revised.to_pylist())
        counts.settled.update(merged.settled.to_pylist())
        if len(merged.superseded):
            old = layout.yearly("revision", asset_class, year)
            revisions = merge_revisions(lake.read(old), merged.superseded)
            if revisions is not None:
                lake.stage(old, revisions)
        if merged.bars is not None:
            lake.stage(path, merged.bars)
    return counts
