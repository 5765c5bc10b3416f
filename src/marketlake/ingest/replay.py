"""Rebuild the stored tables from the answers in raw/, without network.

The rebuilt lake is written next to the old one and takes its place in one commit. The same raw
batches give the same bytes, because storing depends on them, their moments and the universe alone.

Bars and revisions are rebuilt always. Of the records (runs, quarantine, findings, comparisons) a
file is restored where it is damaged. Where a part of raw/ is damaged too, nothing that can still be
read is replaced.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..model import layout
from ..model.errors import CorruptLakeError, UsageError
from ..model.instruments import Universe
from ..model.location import shown
from ..model.schema import CORRECTION_MODE
from ..model.settings import Settings
from ..store import raw
from ..store.disk import disk_errors, is_whole, make_folder, rename
from ..store.manifest import Entry
from ..store.raw import set_aside
from ..store.verify import damaged_tables
from ..store.writer import Writer, retry_on_conflict, writer
from .batches import Chunk, chunks, store_chunks
from .job import RECONCILE
from .raw_answers import Answer

_SCRATCH: Final = ".replay"
_PRICES: Final = tuple(f"{table}/" for table in layout.PRICES)


@dataclass(frozen=True)
class Replayed:
    """What a replay did."""

    batches: int
    changed: tuple[str, ...]
    """Paths whose bytes are not what was stored before."""
    restored: tuple[str, ...] = ()
    """Paths that were damaged and are whole again."""
    lost: tuple[str, ...] = ()
    """What could not be restored, with the remedy; each names its file."""


def replay(
    settings: Settings,
    on_chunk: Callable[[int], None] = lambda _: None,
    on_plan: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Rebuild the stored tables from raw/ and put in place what differs or is damaged.

    `on_plan` receives how many batches there are, `on_chunk` how many more were read.
    """
    return retry_on_conflict(lambda: _replay(settings, on_chunk, on_plan))


def _replay(settings: Settings, on_chunk: Callable[[int], None], on_plan: Callable[[int], None]) -> Replayed:
    root, losses = settings.lake, dict[str, CorruptLakeError]()
    with writer(root, None, mending=True) as lake:
        paths = lake.manifest.paths("raw")
        if not paths:
            raise UsageError(f"{shown(root)} holds no raw batches, so there is nothing to replay")
        on_plan(len(paths))
        damaged = damaged_tables(root, lake.manifest)
        records = any(not path.startswith(_PRICES) for path in damaged)
        scratch = root / _SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            rebuilt = Writer.scratch(scratch, lake.manifest.origin)
            batches = raw.read_batches(root, paths, lake.manifest.files, losses.__setitem__)
            read = _rebuild(rebuilt, settings.universe, chunks(batches), records, on_chunk)
            wanted = _wanted(rebuilt, damaged, whole=not losses)
            lost = [_set_aside(root, path) for path in damaged if path not in wanted]
            changed = _take_over(lake, scratch, wanted, damaged, whole=not losses)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    from_copy = lake.bucket.restored if lake.bucket else ()
    restored = (*from_copy, *(path for path in damaged if path in wanted))
    messages = [str(error) for error in losses.values()]
    messages += [_incomplete(path) for path in restored if losses and path not in from_copy]
    return Replayed(read, changed, restored, tuple(messages + lost))


def _rebuild(
    lake: Writer,
    universe: Universe,
    found: Iterable[Chunk],
    records: bool,
    on_chunk: Callable[[int], None],
) -> int:
    """Store everything in a new lake, comparisons only for the `records`.

    Returns how many batches.
    """
    count = 0

    def wanted() -> Iterator[Chunk]:
        nonlocal count
        for chunk in found:
            mode = chunk.answers[0].mode
            if mode not in (CORRECTION_MODE, RECONCILE):
                _assert_known(chunk.answers, set(universe.by_id))
            if records or mode != RECONCILE:
                yield chunk
            count += len(chunk.batches)
            on_chunk(len(chunk.batches))

    store_chunks(lake, universe, wanted(), {})
    return count


def _assert_known(found: list[Answer], known: set[str]) -> None:
    gone = sorted({answer.instrument_id for answer in found} - known)
    if gone:
        raise UsageError(
            f"raw/ holds answers for {', '.join(gone[:5])}, which instruments.toml does not list; "
            "add the entries back, or their history would be lost"
        )


def _wanted(rebuilt: Writer, damaged: Sequence[str], *, whole: bool) -> dict[str, Entry]:
    """The rebuilt files to have in place; where raw/ is not whole, those of damaged ones alone."""
    return {
        path: entry
        for path, entry in rebuilt.manifest.files.items()
        if path in damaged or (whole and path.startswith(_PRICES))
    }


def _take_over(
    lake: Writer, scratch: Path, wanted: Mapping[str, Entry], damaged: Sequence[str], *, whole: bool
) -> tuple[str, ...]:
    """Stage the wanted files that differ from what is in place, drop what has no place any more."""
    before = lake.manifest.files
    gone = {path for path in before if whole and path.startswith(_PRICES)} | set(damaged)
    for path, entry in wanted.items():
        if not is_whole(lake.root / path, entry.sha256):
            target = lake.root / layout.staged(path)
            with disk_errors(target):
                make_folder(target.parent)
                rename(scratch / path, target)
        lake.staged[path] = entry
    changed = sorted(path for path in gone | set(wanted) if before.get(path) != wanted.get(path))
    lake.commit(removed=tuple(sorted(gone - set(wanted))))
    return tuple(changed)


def _set_aside(root: Path, path: str) -> str:
    """Rename a damaged file that follows from no answer; returns a message with its new name."""
    renamed = set_aside(root, path) if (root / path).exists() else layout.set_aside(path)
    return (
        f"{shown(root / path)} does not follow from raw/: put it back from a backup. The lake does without "
        f"it now; what was there is now {renamed}"
    )


def _incomplete(path: str) -> str:
    return (
        f"{path} was restored from the answers that can be read; what only the damaged ones held is missing "
        "in it: `marketlake backfill ID --from DAY` fetches it again"
    )
