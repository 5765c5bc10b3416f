"""The stored bars that an answer touches, read and staged partition by partition, in blocks.

A partition's size is the disk's affair: what is held in memory is a block of it, and what comes in.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..model import layout
from ..model.instruments import Universe
from ..model.schema import BAR, TABLES
from ..store.disk import disk_errors
from ..store.writer import Writer
from .merge import Merged, before_first, in_order, match, merge_revisions, put_in
from .watermarks import watermarks

_IN_MEMORY: Final = 500_000
"""Rows that are held: about 60 MB."""
_MANY: Final = 2_500_000
"""Rows for one partition at which a commit is due: they are put in order in memory."""

HISTORY: Final = 20
"""Stored sessions before an answer that its rows are compared with."""
_EARLY_DAYS: Final = 40
"""Up to this day of its year, a session's history lies in the year before as well."""

Place = tuple[str, int]
"""Asset class and year."""
Target = tuple[Place, str]
"""A partition and its table, `bar` or `revision`."""


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
    """What is stored of the bars' sessions and of those before each instrument's first one, by
    partition.

    Of those before, the last `HISTORY` and the year's other dividends; where the first one is early
    in its year, of the year before as well. The bars are in order, and so is each partition's part.
    """
    found = {place: touched_in(lake, place, rows) for place, rows in partitions(bars, universe).items()}
    first = bars.take(pa.array(_starts(bars)[:-1]))
    early = first.filter(pc.less_equal(pc.day_of_year(first["session"]), _EARLY_DAYS))
    for (asset_class, year), rows in partitions(early, universe).items():
        place = (asset_class, year - 1)
        history = touched_in(lake, place, rows)
        found[place] = in_order(pa.concat_tables([found[place], history])) if place in found else history
    return found


def last_rows(lake: Writer, bars: pa.Table, universe: Universe) -> pa.Table:
    """The last row that is stored of each instrument before the year of its first bar.

    The bars are in order, the rows are not. Reads the newest years first.
    """
    found = [BAR.empty_table()]
    firsts = bars.take(pa.array(_starts(bars)[:-1]))
    for (asset_class, first), rows in partitions(firsts, universe).items():
        paths = (path for path in lake.manifest.paths("bar") if layout.asset_class_of(path) == asset_class)
        for year in sorted((y for y in map(layout.year_of, paths) if y < first), reverse=True):
            if len(rows):
                found.append(touched_in(lake, (asset_class, year), rows))
                rows = rows.filter(pc.invert(pc.is_in(rows["instrument_id"], found[-1]["instrument_id"])))
    return pa.concat_tables(found)


def touched_in(lake: Writer, place: Place, bars: pa.Table) -> pa.Table:
    """The same of one partition; of `bars` the key is enough."""
    found = [BAR.empty_table()]
    for block, own in _beside(lake.read_blocks(layout.yearly("bar", *place), _ids(bars)), bars):
        if len(own):
            at, held = match(block, own)
            rows = np.union1d(at[held], _history(block, before_first(block, own)[0]))
            found.append(block.take(pa.array(rows)))
    return pa.concat_tables(found).combine_chunks()


def _history(block: pa.Table, last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rows up to each of `last`, of its instrument: `HISTORY` of them and all with a dividend."""
    if not len(last):
        return last
    codes = block["instrument_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    back = last[:, None] - np.arange(HISTORY)
    recent = back[(back >= 0) & (codes[np.maximum(back, 0)] == codes[last][:, None])]
    last_of = np.full(codes.max() + 1, -1)
    last_of[codes[last]] = last
    paid = np.flatnonzero(block["dividend"].to_numpy() != 0)
    return np.union1d(recent, paid[paid < last_of[codes[paid]]])


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
    """Put what a merge changes into one partition, and the revisions that came of it.

    Both are in order.
    """
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


class Upserts:
    """Rows by partition, of instruments that come once each; `folder` is on the lake's disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[Target, int] = {}
        self._held: dict[Target, list[pa.Table]] = {}
        self._file: IO[bytes] | None = None
        self._spilled: dict[Target, list[int]] = {}
        """Where in the file their rows begin, each time as an Arrow stream."""

    @property
    def are_many(self) -> bool:
        """Whether they had better be staged now."""
        return max(self._rows.values(), default=0) >= _MANY

    def add(self, place: Place, merged: Merged) -> None:
        """Add what a merge changes in one partition."""
        for table, rows in (("bar", merged.bars), ("revision", merged.superseded)):
            if len(rows):
                self._held.setdefault((place, table), []).append(rows)
                self._rows[place, table] = self._rows.get((place, table), 0) + len(rows)
        if sum(len(rows) for tables in self._held.values() for rows in tables) > _IN_MEMORY:
            with disk_errors(self._folder):
                self._spill()

    def stage(self, lake: Writer) -> None:
        """Stage every partition that has some, and forget them."""
        for place in sorted({place for place, _ in self._rows}):
            stage(lake, place, self._all((place, "bar")), self._all((place, "revision")))
        if self._file is not None:
            self._file.close()
        self._file = None
        for rows in (self._rows, self._held, self._spilled):
            rows.clear()

    def _all(self, target: Target) -> pa.Table:
        with disk_errors(self._folder):
            spilled = list(self._read(target))
        held = self._held.get(target, [])
        return in_order(pa.concat_tables([TABLES[target[1]].empty_table(), *spilled, *held]))

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        for target, parts in self._held.items():
            self._spilled.setdefault(target, []).append(self._file.tell())
            with pa.ipc.new_stream(self._file, parts[0].schema) as sink:
                for part in parts:
                    sink.write_table(part)
        self._held.clear()

    def _read(self, target: Target) -> Iterator[pa.Table]:
        if self._file is not None:
            for start in self._spilled.get(target, []):
                self._file.seek(start)
                yield pa.ipc.open_stream(self._file).read_all()


def move_to_asset_classes(lake: Writer, wanted: Mapping[str, str]) -> list[str]:
    """Move every instrument whose bars are stored under another class than `wanted` has.

    Returns their ids.
    """
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
