"""What merges put into the partitions, kept until a commit is complete, which rewrites each of them once.

A first load of thousands of histories comes in portions and touches every year with each. What does not fit
into memory waits in a file without a name, which ends with the process.
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

Target = tuple[Place, str]
"""A partition and its table, `bar` or `revision`."""


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
