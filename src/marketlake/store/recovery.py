"""Complete a decided commit, also for a process that died, and repair an unreadable manifest.

The caller holds the lake's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..model import layout
from ..model.errors import CorruptLakeError, EmptyLakeError, LakeError
from ..model.location import shown
from ..model.schema import RAW, TABLES
from .disk import disk_errors, flush_folder, rename, sha256, write_bytes
from .files import read_parquet
from .manifest import Entry, Manifest, encode, read

UNREADABLE: Final = Entry("unreadable", 0, 0)
"""Entry of a file that was unreadable when the manifest was rewritten: no file has this
checksum."""


def carry_out(root: Path, paths: Iterable[str], removed: Iterable[str]) -> None:
    """Rename the staged files, revisions before bars, then the manifest."""
    with disk_errors(root):
        for path in sorted(paths, key=lambda p: (not p.startswith("revision/"), p)):
            temporary = root / layout.staged(path)
            if temporary.exists():
                rename(temporary, root / path)
        for path in removed:
            (root / path).unlink(missing_ok=True)
            # a file that reappears after a power failure would match every glob
            with suppress(FileNotFoundError):
                flush_folder((root / path).parent)
        rename(root / layout.PENDING, root / layout.MANIFEST)


def finish(root: Path) -> None:
    """Complete a decided commit; remove files that were staged for an undecided one."""
    if (root / layout.PENDING).exists():
        decided = read(root / layout.PENDING)
        carry_out(root, decided.files, _no_longer_named(root, decided))
    # not under raw/: another process may be writing its batch there
    for table in TABLES:
        for temporary in (root / table).glob(f"**/*{layout.STAGED}"):
            with disk_errors(temporary):
                temporary.unlink()


def _no_longer_named(root: Path, decided: Manifest) -> tuple[str, ...]:
    """The files in the previous manifest that are not in the decided one."""
    try:
        before = read(root / layout.MANIFEST)
    except (CorruptLakeError, EmptyLakeError):
        return ()
    return tuple(path for path in before.files if path not in decided.files)


def mend(root: Path) -> None:
    """Set aside an unreadable decision, and rewrite an unreadable or lost manifest."""
    pending = root / layout.PENDING
    if _is_damaged(pending):
        with disk_errors(pending):
            rename(pending, root / layout.set_aside(layout.PENDING))
    if not pending.exists() and (_is_damaged(root / layout.MANIFEST) or _is_lost(root)):
        _rewrite(root)


def _is_damaged(path: Path) -> bool:
    try:
        read(path)
    except CorruptLakeError:
        return True
    except EmptyLakeError:
        return False
    return False


def _is_lost(root: Path) -> bool:
    return not (root / layout.MANIFEST).exists() and any(root.glob(layout.BATCHES))


def _rewrite(root: Path) -> None:
    """Rebuild the manifest from the existing files; unreadable table files are listed too.

    If the record of runs is whole, raw batches that it does not list stay pending.
    """
    found = dict(_found(root))
    batches = [path for path in found if path.startswith(layout.RAW) and found[path] is not UNREADABLE]
    if not batches:
        raise EmptyLakeError(f"{shown(root)} holds no raw batch that can be read, so nothing can be rebuilt")
    origin = read_parquet(root / batches[-1], RAW, columns=["origin"])["origin"][0].as_py()
    recorded = _recorded(root, found)
    waiting = set() if recorded is None else {p for p in batches if Path(p).stem not in recorded}
    files = {path: entry for path, entry in found.items() if path not in waiting}
    write_bytes(root / layout.MANIFEST, encode(Manifest(origin, files)))


def _found(root: Path) -> Iterator[tuple[str, Entry]]:
    for table, schema in {**TABLES, "raw": RAW}.items():
        for path in sorted((root / table).glob("*/**/*.parquet")):
            name = path.relative_to(root).as_posix()
            if layout.PLACE.fullmatch(name):
                try:
                    rows = len(read_parquet(path, schema))
                    yield name, Entry(sha256(path), rows, path.stat().st_size)
                except (LakeError, OSError):
                    yield name, UNREADABLE


def _recorded(root: Path, found: dict[str, Entry]) -> set[str] | None:
    """The batches in the record of runs; None if part of it cannot be read."""
    paths = [path for path in found if path.startswith("run/")]
    if not paths or any(found[path] is UNREADABLE for path in paths):
        return None
    tables = [read_parquet(root / path, TABLES["run"], columns=["batch_id"]) for path in paths]
    return {name for table in tables for name in table["batch_id"].to_pylist()}
