"""The stored bars that an answer touches, read and staged partition by partition, in blocks.

A partition's size is the disk's affair: what is held in memory is a block of it, and what comes in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..instruments import Universe
from ..schema import BAR
from ..store import layout
from ..store.lake import Writer
from ..store.merge import before_first, match, merge_revisions, put_in

Place = tuple[str, int]
"""Asset class and year."""


def partitions(bars: pa.Table, universe: Universe) -> dict[Place, pa.Table]:
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


def touched(lake: Writer, bars: pa.Table, universe: Universe) -> dict[Place, pa.Table]:
    """What is stored of the bars' sessions, and the row before each instrument's first one, by partition.

    The bars are in order, and so is each partition's part.
    """
    return {place: touched_in(lake, place, rows) for place, rows in partitions(bars, universe).items()}


def touched_in(lake: Writer, place: Place, bars: pa.Table) -> pa.Table:
    """The same of one partition; of `bars` the key is enough."""
    found = [BAR.empty_table()]
    for block, own in _beside(lake.read_blocks(layout.yearly("bar", *place), _ids(bars)), bars):
        if len(own):
            at, held = match(block, own)
            rows = np.union1d(at[held], before_first(block, own)[0])
            found.append(block.take(pa.array(rows)))
    return pa.concat_tables(found).combine_chunks()


def _beside(blocks: Iterable[pa.Table], bars: pa.Table) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Each block with the bars of its instruments, and of those that come before them."""
    names, starts = _ids(bars), _starts(bars)
    done = 0
    for block in blocks:
        until = int(starts[bisect_right(names, block["instrument_id"][-1].as_py())])
        yield block, bars.slice(done, until - done)
        done = until
    if done < len(bars):
        yield BAR.empty_table(), bars.slice(done)


def _ids(bars: pa.Table) -> list[str]:
    ids: list[str] = bars["instrument_id"].unique().to_pylist()
    return ids


def _starts(bars: pa.Table) -> npt.NDArray[np.int64]:
    """Where each instrument's rows begin, and after the last one's end."""
    codes = bars["instrument_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    return np.append(np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))[: len(codes)], len(codes))


def stage(lake: Writer, place: Place, bars: pa.Table, superseded: pa.Table) -> None:
    """Put what a merge changes into one partition, and the revisions that came of it; both are in order."""
    if len(superseded):
        old = layout.yearly("revision", *place)
        revisions = merge_revisions(lake.read(old), superseded)
        if revisions is not None:
            lake.stage(old, revisions)
    if len(bars):
        path = layout.yearly("bar", *place)
        blocks = lake.read_blocks(path)
        with lake.stage_parts(path) as add:
            for block, rows in _beside(blocks, bars):
                add(put_in(block, rows))
