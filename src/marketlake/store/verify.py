"""Compare every stored file with the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..model import layout
from ..model.errors import LakeWriteError
from ..model.schema import MARTS, TABLES
from .bucket.objects import Objects
from .disk import sha256
from .files import corrupt
from .manifest import Manifest
from .recovery import UNREADABLE
from .writer import open_manifest, writer

_STRAY: Final = "not part of the lake: remove it"
_REPLACEABLE: Final = (layout.RAW, *(f"{table}/" for table in MARTS))


@dataclass(frozen=True)
class Damage:
    """One file that is not as it should be."""

    path: str
    problem: str


def verify(
    root: Path,
    on_plan: Callable[[int], None] = lambda _: None,
    on_file: Callable[[str], None] = lambda _: None,
) -> tuple[int, list[Damage]]:
    """How many files the manifest names, and what is wrong with any of them or next to them.

    `on_plan` receives how many there are, `on_file` the path of each that was read. Waits for a
    writer to finish and carries out what a killed one had decided, where the lake can be written.
    """
    try:
        with writer(root, None) as lake:
            if lake.bucket:
                found = _in_bucket(lake.bucket.objects, lake.manifest, on_plan, on_file)
                return len(lake.manifest.files), list(found)
            return _verified(root, lake.manifest, on_plan, on_file)
    except LakeWriteError:
        return _verified(root, open_manifest(root), on_plan, on_file)


def _in_bucket(
    objects: Objects, manifest: Manifest, on_plan: Callable[[int], None], on_file: Callable[[str], None]
) -> Iterator[Damage]:
    """Every object is read; the copy stays as it is, since it may be what a damaged one is restored
    from."""
    remedy = "`marketlake replay` restores it, or `marketlake build --full-refresh` after it"

    def problem(path: str) -> str:
        found = objects.get(path)
        if found is None:
            return "missing"
        entry = manifest.files.get(path)
        digest = entry.sha256 if entry else manifest.built.rpartition("-")[2]
        if entry and len(found.content) != entry.bytes:
            return f"{len(found.content)} bytes, should be {entry.bytes}"
        whole = hashlib.sha256(found.content).hexdigest().startswith(digest)
        return "" if whole else "content changed: its checksum is not the manifest's"

    on_plan(len(manifest.files))
    paths = [*manifest.files, *([layout.DATABASE] if manifest.built else [])]
    for path, wrong in zip(paths, objects.each(problem, paths), strict=True):
        if path in manifest.files:
            on_file(path)
        if wrong:
            yield Damage(path, f"{wrong}; {remedy}")
    for path in objects.paths(""):
        if layout.PLACE.fullmatch(path) and not path.startswith(layout.RAW) and path not in manifest.files:
            yield Damage(path, _STRAY)


def assert_whole(root: Path, manifest: Manifest) -> None:
    """`CorruptLakeError` naming the first table file that is gone; raw batches and marts apart.

    A mart follows from the bars: the next build makes it again.
    """
    for path in manifest.files:
        if not path.startswith(_REPLACEABLE) and not (root / path).exists():
            raise corrupt(root / path, "it is missing")


def damaged_tables(root: Path, manifest: Manifest) -> list[str]:
    """The stored tables' files that are not what the manifest says; raw batches and marts apart."""
    stored = {path: e for path, e in manifest.files.items() if not path.startswith(_REPLACEABLE)}
    return [path for path, e in stored.items() if _problem(root / path, e.bytes, e.sha256)]


def _verified(
    root: Path, manifest: Manifest, on_plan: Callable[[int], None], on_file: Callable[[str], None]
) -> tuple[int, list[Damage]]:
    found = []
    on_plan(len(manifest.files))
    for path, entry in manifest.files.items():
        problem = _problem(root / path, entry.bytes, entry.sha256)
        on_file(path)
        if problem:
            found.append(Damage(path, problem))
    found += [Damage(layout.DATABASE, problem) for problem in _database_problem(root, manifest.built)]
    strays = [Damage(path, _STRAY) for path in _strays(root, manifest)]
    return len(manifest.files), found + strays


def _database_problem(root: Path, built: str) -> Iterator[str]:
    """What is wrong with market.duckdb since it was built."""
    digest = built.rpartition("-")[2]
    if built and database_digest(root) != digest:
        exists = (root / layout.DATABASE).exists()
        yield f"{'not what was built' if exists else 'missing'}: `marketlake build` rebuilds it"


def database_digest(root: Path) -> str:
    """Checksum of the published database.

    Empty where it is missing, unreadable or has a log next to it.
    """
    database = root / layout.DATABASE
    try:
        return "" if database.with_name(f"{database.name}.wal").exists() else sha256(database)[:16]
    except OSError:
        return ""


def _problem(path: Path, size: int, digest: str) -> str:
    try:
        actual = path.stat().st_size
        if digest == UNREADABLE.sha256:
            return "cannot be read"
        if actual != size:
            return f"{actual} bytes, should be {size}"
        return "" if sha256(path) == digest else "content changed: its checksum is not the manifest's"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _strays(root: Path, manifest: Manifest) -> Iterator[str]:
    """Files that a query's glob would read though no commit put them there."""
    for table in TABLES:
        for path in sorted((root / table).glob("*/**/*.parquet")):
            name = path.relative_to(root).as_posix()
            if name not in manifest.files:
                yield name
