"""From raw batches to the stored tables: parse, normalise, correct, check, merge, all in one commit.

The same path serves a live run and `replay`: what a bar is depends on the raw answers, the moment they were
fetched, the corrections kept before them and the universe, on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

import pyarrow as pa
import pyarrow.compute as pc

from ..corrections import Corrections
from ..errors import SourceError
from ..instruments import Instrument, Universe
from ..normalise import Window, normalise
from ..quality import check, noted, put_aside, served_at
from ..query.checks import CORRECTION_MISMATCH, CORRECTION_NOT_NEEDED, RESCALED
from ..schema import BAR, RUN
from ..store.holes import let_pass
from ..store.lake import Writer
from ..store.merge import in_order, last_before, merge_bars
from ..store.rescaled import rescaled
from .answers import Answer, parse
from .corrected import corrected
from .coverage import sessions_of
from .holes import hole_rows, known_holes
from .plan import DAILY, REVERIFY
from .record import Counts, append, run_row
from .stored import Place, partitions, touched
from .upserts import Upserts


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


def window_of(answer: Answer, instrument: Instrument) -> Window:
    """What was asked, as of the answer."""
    moment = answer.fetched_at.astimezone(UTC)
    told_at = answer.told_at
    return Window(instrument, answer.source, answer.asked_from, answer.asked_to, moment, told_at)


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
