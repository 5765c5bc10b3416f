"""The copy of a bucket's lake in a folder of this machine, on which everything but publishing works.

It is brought up to date whenever a lake is opened: nothing is fetched while the manifest has the etag of last
time, and then only the files whose checksums are others. A folder that is a lake by itself is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from ..errors import LakeBusyError
from ..location import address_of
from .disk import disk_errors, write_bytes
from .objects import Objects, open_objects

# said here and not taken from `layout`, which loads Arrow: a question about a current copy needs none
_MANIFEST: Final = "manifest.json"
_DATABASE: Final = "market.duckdb"
_LOCK: Final = ".lock"
_STATE: Final = ".copy.json"
_FIRST_WAIT_S: Final = 60.0


@dataclass(frozen=True)
class State:
    """What the copy was when it was last brought up to date."""

    etag: str
    """Of the bucket's manifest."""
    built: str
    """What the manifest said of the database."""
    database: tuple[int, int]
    """Size and time of change of the copy's database; zeros where there is none."""


def refresh(root: Path) -> None:
    """Bring the copy up to date; a writer of this machine that is at work on it did so when it began."""
    address = address_of(root)
    if address is None:
        return
    objects = open_objects(address)
    if _is_current(objects, root):
        return
    from .pull import pull  # loads Arrow

    with _lock_if_free(root) as free:
        if free:
            pull(objects, root)


def read_state(root: Path) -> State | None:
    """None where the copy is new or its note cannot be read."""
    try:
        noted = json.loads((root / _STATE).read_bytes())
        return State(str(noted["etag"]), str(noted["built"]), (noted["database"][0], noted["database"][1]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def write_state(root: Path, etag: str, built: str) -> None:
    """Note that the copy is what the bucket's manifest of this etag says."""
    noted = State(etag, built, database_stat(root))
    write_bytes(root / _STATE, json.dumps(asdict(noted)).encode())


def forget_state(root: Path) -> None:
    """Have the copy looked through next time."""
    with disk_errors(root / _STATE):
        (root / _STATE).unlink(missing_ok=True)


def database_stat(root: Path) -> tuple[int, int]:
    """Tells one file in the database's place from another without reading it."""
    try:
        found = (root / _DATABASE).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _is_current(objects: Objects, root: Path) -> bool:
    state = read_state(root)
    return (
        state is not None
        and state.database == database_stat(root)
        and _has_every_file(root)
        and objects.etag(_MANIFEST) == state.etag
    )


def _has_every_file(root: Path) -> bool:
    try:
        files = json.loads((root / _MANIFEST).read_bytes())["files"]
        stored = (path for path in files if not path.startswith("raw/"))
        return all((root / path).stat().st_size == files[path]["bytes"] for path in stored)
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def _lock_if_free(root: Path) -> Iterator[bool]:
    """Whether the copy's lock was free and is held; a copy that is still being made is waited for."""
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock, new = FileLock(root / _LOCK), not (root / _MANIFEST).exists()
        try:
            lock.acquire(timeout=_FIRST_WAIT_S if new else 0)
        except Timeout:
            if new:
                raise LakeBusyError(
                    f"another process is still fetching {address_of(root)} into {root}; try again when it has"
                ) from None
            yield False
            return
    try:
        yield True
    finally:
        lock.release()
