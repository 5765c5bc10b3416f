"""What merges put into the partitions, kept until a commit is complete, which rewrites each of them once.

A first load of thousands of histories comes in portions and touches every year with each. What does not fit
into memory waits in files without a name, which end with the process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import pyarrow as pa

from ..schema import TABLES
from ..store.disk import disk_errors
from ..store.lake import Writer
from ..store.merge import Merged, in_order
from .stored import Place, stage

_IN_MEMORY: Final = 500_000
"""Rows that are held: about 60 MB."""
_MANY: Final = 2_500_000
"""Rows for one partition at which a commit is due: they are put in order in memory."""

Table = tuple[Place, str]


class Upserts:
    """Rows by partition, of instruments that come once each; `folder` is on the lake's disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Table, list[pa.Table]] = {}
        self._spilled: dict[Table, IO[bytes]] = {}
        self._rows: dict[Table, int] = {}

    @property
    def are_many(self) -> bool:
        """Whether they had better be staged now."""
        return max(self._rows.values(), default=0) >= _MANY

    def add(self, place: Place, merged: Merged) -> None:
        for table, rows in (("bar", merged.bars), ("revision", merged.superseded)):
            if len(rows):
                self._held.setdefault((place, table), []).append(rows)
                self._rows[place, table] = self._rows.get((place, table), 0) + len(rows)
        if sum(len(rows) for tables in self._held.values() for rows in tables) > _IN_MEMORY:
            self._spill()

    def stage(self, lake: Writer) -> None:
        """Stage every partition that has some, and forget them."""
        for place in sorted({place for place, _ in self._rows}):
            stage(lake, place, self._taken(place, "bar"), self._taken(place, "revision"))
        self._rows.clear()

    def _taken(self, place: Place, table: str) -> pa.Table:
        parts = [TABLES[table].empty_table(), *self._held.pop((place, table), [])]
        if (place, table) in self._spilled:
            with disk_errors(self._folder), self._spilled.pop((place, table)) as file:
                parts += _read(file)
        return in_order(pa.concat_tables(parts))

    def _spill(self) -> None:
        with disk_errors(self._folder):
            for table, parts in self._held.items():
                if table not in self._spilled:
                    self._spilled[table] = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
                with pa.ipc.new_stream(self._spilled[table], parts[0].schema) as sink:
                    for part in parts:
                        sink.write_table(part)
        self._held.clear()


def _read(file: IO[bytes]) -> Iterator[pa.Table]:
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        yield pa.ipc.open_stream(file).read_all()
