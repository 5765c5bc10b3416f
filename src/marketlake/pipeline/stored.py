"""The stored bars that an answer touches, read and staged partition by partition."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ..instruments import Universe
from ..schema import BAR
from ..store import layout
from ..store.lake import Writer
from ..store.merge import Merged, in_order, merge_revisions

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


def stored_beside(lake: Writer, bars: pa.Table, universe: Universe) -> pa.Table:
    """What is stored of the bars' instruments in the years that they touch, in order.

    The instruments' part of each partition alone: a whole history touches every year.
    """
    tables = [BAR.empty_table()]
    for place, rows in partitions(bars, universe).items():
        table = lake.read(layout.yearly("bar", *place))
        tables.append(table.filter(pc.is_in(table["instrument_id"], rows["instrument_id"].unique())))
    return in_order(pa.concat_tables(tables))


def stage(lake: Writer, place: Place, merged: Merged) -> None:
    """Stage one partition after a merge, and the revisions that came of it."""
    if len(merged.superseded):
        old = layout.yearly("revision", *place)
        revisions = merge_revisions(lake.read(old), merged.superseded)
        if revisions is not None:
            lake.stage(old, revisions)
    if merged.bars is not None:
        lake.stage(layout.yearly("bar", *place), merged.bars)
