"""A lake opened for writing: files are staged, then all put in place or none.

A commit is a redo log. Every new file is written next to its place and flushed. Then the next
manifest is written, which names them: this is the decision. Finally the files and the manifest are
renamed. If a process dies before the decision, the next writer removes its staged files. If it dies
after the decision, the next writer completes the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from ..model import layout
from ..model.errors import CorruptLakeError, EmptyLakeError, LakeOvertakenError
from ..model.schema import TABLES
from .bucket.copy import refresh
from .bucket.publish import Publisher
from .disk import disk_errors, flush_folder, is_whole, only_writer, sha256, write_bytes
from .files import parquet_parts, parquet_rows, read_blocks, read_parquet, write_parquet
from .manifest import Entry, Manifest, assert_origin, encode, read
from .recovery import carry_out, finish, mend

_TRIES: Final = 5
T = TypeVar("T")


def open_manifest(root: Path) -> Manifest:
    """The lake's manifest; an unfinished commit does not count.

    The copy of a bucket is refreshed first.
    """
    refresh(root)
    return read(root / layout.MANIFEST)


def assert_belongs(root: Path, origin: str) -> None:
    """Refuse early to add data of `origin` to a lake of the other kind.

    A missing lake is accepted.
    """
    with suppress(EmptyLakeError):
        assert_origin(open_manifest(root), origin, root)


def claim(root: Path, origin: str) -> None:
    """Create the lake for data of `origin` if it is missing, so that no other kind gets in
    first."""
    try:
        assert_origin(open_manifest(root), origin, root)
    except EmptyLakeError:
        try:
            with writer(root, origin):
                pass
        except LakeOvertakenError:
            assert_origin(open_manifest(root), origin, root)


def retry_on_conflict(work: Callable[[], T]) -> T:
    """Run `work`, and retry if another machine's commit came first.

    Raises `LakeOvertakenError` after the last try. In a folder writers wait for each other, so
    there are no conflicts. In a bucket one of the competing writers always succeeds, so no delay is
    needed.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except LakeOvertakenError:
            continue
    return work()


@contextmanager
def writer(
    root: Path,
    origin: str | None,
    wait_seconds: float = 60.0,
    *,
    mending: bool = False,
) -> Iterator[Writer]:
    """Open the lake as its only writer; `LakeBusyError` after `wait_seconds`.

    A missing lake is created for data of `origin`. None is for work that adds no data to an
    existing lake. `mending` first rewrites an unreadable manifest. In a bucket, a commit raises
    `LakeOvertakenError` if another machine's came first, and mending reads every object.
    """
    if origin is None:
        with suppress(*([CorruptLakeError] if mending else [])):
            open_manifest(root)
    with only_writer(root, wait_seconds):
        bucket = Publisher.begin(root, whole=mending)
        if mending:
            mend(root)
        yield _recovered(root, origin, bucket)


@dataclass
class Writer:
    """Stages files and commits them. `manifest` is the current one."""

    root: Path
    manifest: Manifest
    staged: dict[str, Entry]
    bucket: Publisher | None = None
    """Publishes the commits if `root` is a copy of a bucket."""

    @classmethod
    def scratch(cls, root: Path, origin: str) -> Writer:
        """A new lake that no other process uses, without a lock."""
        return _created(root, origin, None)

    def read(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a table, staged or stored, and verify its checksum.

        A new table has no rows.
        """
        schema, found = TABLES[path.split("/")[0]], self._found(path)
        if found is None:
            return schema.empty_table().select(columns or schema.names)
        return read_parquet(found[0], schema, found[1], columns)

    def read_blocks(self, path: str, ids: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Read a table of bars in blocks of whole instruments.

        With `ids` (sorted), only blocks that may contain them.
        """
        schema, found = TABLES[path.split("/")[0]], self._found(path)
        return iter(()) if found is None else read_blocks(found[0], schema, found[1], ids)

    def _found(self, path: str) -> tuple[Path, str] | None:
        """The path and checksum of a table, staged or stored."""
        entry = self.staged.get(path) or self.manifest.files.get(path)
        temporary = self.root / layout.staged(path)
        return (temporary if temporary.exists() else self.root / path, entry.sha256) if entry else None

    def stage(self, path: str, table: pa.Table) -> None:
        """Write a table next to its place."""
        write_parquet(self.root / layout.staged(path), table, TABLES[path.split("/")[0]])
        self._take(path)

    @contextmanager
    def stage_parts(self, path: str) -> Iterator[Callable[[pa.Table], None]]:
        """Write a table in parts next to its place.

        The existing table can be read in blocks meanwhile.
        """
        with parquet_rows(self.root / layout.staged(path), TABLES[path.split("/")[0]]) as add:
            yield add
        self._take(path)

    def _take(self, path: str) -> None:
        temporary = self.root / layout.staged(path)
        with disk_errors(temporary):
            rows = int(pq.read_metadata(temporary).num_rows)
            self.staged[path] = Entry(sha256(temporary), rows, temporary.stat().st_size)

    @contextmanager
    def stage_mart(self, path: str, made_from: str = "") -> Iterator[Callable[[pa.Table], None]]:
        """Write a mart in parts next to its place.

        An existing file with the same bytes stays.
        """
        temporary = self.root / layout.staged(path)
        with parquet_parts(temporary, TABLES[path.split("/")[0]]) as add:
            yield add
        with disk_errors(temporary):
            rows = int(pq.read_metadata(temporary).num_rows)
            entry = Entry(sha256(temporary), rows, temporary.stat().st_size, made_from)
            if is_whole(self.root / path, entry.sha256):
                temporary.unlink()
        if self.manifest.files.get(path) != entry or temporary.exists():
            self.staged[path] = entry

    def adopt(self, path: str, entry: Entry) -> None:
        """Add a file that is already in place (a raw batch) to the manifest."""
        self.staged[path] = entry

    def commit(self, removed: tuple[str, ...] = (), built: str | None = None) -> Manifest:
        """Put all staged files in place; returns the new manifest."""
        after = self.manifest.with_files(self.staged, removed)
        after = after if built is None else replace(after, built=built)
        # restoring a damaged file does not change the manifest
        if self.staged or after != self.manifest or (self.bucket and not self.bucket.holds(self.manifest)):
            # after a power failure, the files of a decision must exist if the decision does
            with disk_errors(self.root):
                for folder in sorted({(self.root / path).parent for path in self.staged}):
                    flush_folder(folder)
            if self.bucket:
                after = self.bucket.publish(after, self.staged, removed, database=built is not None)
            write_bytes(self.root / layout.PENDING, encode(after))
            carry_out(self.root, self.staged, removed)
            if self.bucket:
                self.bucket.remember(after)
        self.manifest, self.staged = after, {}
        return after


def _recovered(root: Path, origin: str | None, bucket: Publisher | None) -> Writer:
    """A writer after recovery of an unfinished commit."""
    finish(root)
    try:
        manifest = read(root / layout.MANIFEST)
    except EmptyLakeError:
        if origin is None:
            raise
        return _created(root, origin, bucket)
    if origin is not None:
        assert_origin(manifest, origin, root)
    return _with_every_table(Writer(root, manifest, {}, bucket))


def _created(root: Path, origin: str, bucket: Publisher | None) -> Writer:
    return _with_every_table(Writer(root, Manifest(origin), {}, bucket))


def _with_every_table(lake: Writer) -> Writer:
    """Every table has a file from the start, so that a glob always matches.

    That of a mart follows from nothing, so it is made again where it is gone or damaged.
    """
    for table, path in layout.placeholders().items():
        entry = lake.manifest.files.get(path) if table in layout.MARTS and lake.bucket is None else None
        if not lake.manifest.paths(table) or (entry and not is_whole(lake.root / path, entry.sha256)):
            lake.stage(path, TABLES[table].empty_table())
    if lake.staged:
        lake.commit()
    return lake
