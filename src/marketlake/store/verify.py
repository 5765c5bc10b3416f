"""Is every stored file what the manifest says it is?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..schema import TABLES
from .files import sha256
from .manifest import Manifest


@dataclass(frozen=True)
class Damage:
    """One file that is not as it should be."""

    path: str
    problem: str


def verify(root: Path, manifest: Manifest, on_file: Callable[[str], None] = lambda _: None) -> list[Damage]:
    """Compare every file with the manifest, and look for files that it does not name."""
    found = []
    for path, entry in manifest.files.items():
        on_file(path)
        problem = _problem(root / path, entry.bytes, entry.sha256)
        if problem:
            found.append(Damage(path, problem))
    return found + [Damage(path, "not part of the lake: remove it") for path in _strays(root, manifest)]


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
