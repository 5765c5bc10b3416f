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

STRAY: Final = "not part of the lake: remove it"
"""The problem of a file that no commit wrote."""
_REPLACEABLE: Final = (layout.RAW, *(f"{table}/" for table in MARTS))


@dataclass(frozen=True)
class Damage:
    """One damaged file."""

    path: str
    problem: str


def verify(
    root: Path,
    on_plan: Callable[[int], None] = lambda _: None,
    on_file: Callable[[str], None] = lambda _: None,
) -> tuple[int, list[Damage]]:
    """Count the manifest's files and list damaged and stray ones.

    `on_plan` receives the number of files, `on_file` each path that was read. Waits for a writer to
    finish and completes a decided commit of a killed one, if the lake is writable.
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
    """Read every object; the local copy stays unchanged, because it may restore a damaged one."""
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
            yield Damage(path, STRAY)


def assert_whole(root: Path, manifest: Manifest) -> None:
    """`CorruptLakeError` naming the first missing table file; raw batches and marts are exempt.

    The next build recreates a mart from the bars.
    """
    for path in manifest.files:
        if not path.startswith(_REPLACEABLE) and not (root / path).exists():
            raise corrupt(root / path, "it is missing")


def damaged_tables(root: Path, manifest: Manifest) -> list[str]:
    """The table files that do not match the manifest; raw batches and marts are exempt."""
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
    strays = [Damage(path, STRAY) for path in _strays(root, manifest)]
    return len(manifest.files), found + strays


def _database_problem(root: Path, built: str) -> Iterator[str]:
    """The problem with market.duckdb since it was built, if any."""
    digest = built.rpartition("-")[2]
    if built and database_digest(root) != digest:
        exists = (root / layout.DATABASE).exists()
        yield f"{'not what was built' if exists else 'missing'}: `marketlake build` rebuilds it"


def database_digest(root: Path) -> str:
    """Checksum of the published database.

    Empty if it is missing, unreadable or has a write-ahead log.
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
    """Files that a glob would match although no commit wrote them."""
    for table in TABLES:
        for path in sorted((root / table).glob("*/**/*.parquet")):
            name = path.relative_to(root).as_posix()
            if name not in manifest.files:
                yield name
