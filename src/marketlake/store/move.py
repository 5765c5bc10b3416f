"""An instrument whose asset class was changed in the configuration moves to its new partitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ..schema import TABLES
from . import layout
from .lake import Writer
from .watermark import watermarks


def move_to_asset_classes(lake: Writer, wanted: Mapping[str, str]) -> list[str]:
    """Move every instrument whose bars stand under another class than `wanted` says; returns their ids."""
    marks = watermarks(lake.root, lake.manifest, set(wanted))
    moving = sorted(key for key, mark in marks.items() if mark.asset_class != wanted[key])
    for key in moving:
        emptied = [
            path
            for table in layout.PRICES
            for path in _move(lake, table, key, marks[key].asset_class, wanted[key])
        ]
        lake.commit(removed=tuple(emptied))
    return moving


def _move(lake: Writer, table: str, instrument_id: str, old: str, new: str) -> Iterator[str]:
    """Stage the move of one table; yields the files that it leaves without rows."""
    for source in lake.manifest.paths(table):
        if layout.asset_class_of(source) != old:
            continue
        rows = lake.read(source)
        mine = pc.equal(rows["instrument_id"], instrument_id)
        if pc.any(mine).as_py():
            target = layout.yearly(table, new, layout.year_of(source))
            together = pa.concat_tables([lake.read(target), rows.filter(mine)])
            order = [(name, "ascending") for name in ("instrument_id", "session", "observed_at")]
            lake.stage(target, together.sort_by(order).combine_chunks().cast(TABLES[table]))
            rest = rows.filter(pc.invert(mine))
            if len(rest):
                lake.stage(source, rest)
            else:
                yield source
