"""Is every stored file what the manifest says it is?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import LakeWriteError
from ..schema import TABLES
from ..schema_mart import MARTS
from .files import corrupt, sha256
from .lake import open_manifest, writer
from .manifest import Manifest

_REPLACEABLE: Final = ("raw/", *(f"{table}/" for table in MARTS))


@dataclass(frozen=True)
class Damage:
    """One file that is not as it should be."""

    path: str
    problem: str


def verify(root: Path) -> tuple[int, list[Damage]]:
    """How many files the manifest names, and what is wrong with any of them or is there beside them.

    Waits for a writer to finish and carries out what a killed one had decided, where the lake can be written.
    """
    try:
        with writer(root, None) as lake:
            return _verified(root, lake.manifest)
    except LakeWriteError:
        return _verified(root, open_manifest(root))


def assert_whole(root: Path, manifest: Manifest) -> None:
    """`CorruptLakeError` naming the first table file that is gone; raw batches and marts apart.

    A mart follows from the bars: the next build makes it again.
    """
    for path in manifest.files:
        if not path.startswith(_REPLACEABLE) and not (root / path).exists():
            raise corrupt(root / path, "it is missing")


def _verified(root: Path, manifest: Manifest) -> tuple[int, list[Damage]]:
    found = []
    for path, entry in manifest.files.items():
        problem = _problem(root / path, entry.bytes, entry.sha256)
        if problem:
            found.append(Damage(path, problem))
    strays = [Damage(path, "not part of the lake: remove it") for path in _strays(root, manifest)]
    return len(manifest.files), found + strays


def _problem(path: Path, size: int, digest: str) -> str:
    try:
        actual = path.stat().st_size
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
