"""This machine's copy of a lake in a bucket. All code except publishing works on the copy.

Opening a lake refreshes the copy. If the manifest has the etag of last time, nothing is fetched;
else only files with changed checksums. A folder that is a lake itself is left alone.

Arrow is imported only when a copy changes; reading a current copy does not need it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from ...model import layout
from ...model.errors import CorruptLakeError, LakeBusyError, LakeError
from ...model.layout import DATABASE, MANIFEST
from ...model.location import address_of
from ..disk import disk_errors, rename, sha256, size_of, write_bytes
from ..manifest import Manifest, decode, read
from .objects import Object, Objects, open_objects

_STATE: Final = ".copy.json"
_FIRST_WAIT_S: Final = 60.0
_TRIES: Final = 20
_UNKNOWN: Final = ""
"""The checksum of an object that the manifest does not name."""


@dataclass(frozen=True)
class State:
    """The state of the copy at its last refresh."""

    etag: str
    """Of the bucket's manifest."""
    built: str
    """The manifest's entry for the database."""
    database: tuple[int, int]
    """Size and modification time of the copy's database; zeros if it is missing."""


def refresh(root: Path) -> None:
    """Refresh the copy.

    If another process of this machine is writing to it, that process has refreshed it.
    """
    address = address_of(root)
    if address is None:
        return
    objects = open_objects(address)
    if _is_current(objects, root):
        return
    with _lock_if_free(root) as free:
        if free:
            pull(objects, root)


def read_state(root: Path) -> State | None:
    """None if the copy is new or its note cannot be read."""
    try:
        noted = json.loads((root / _STATE).read_bytes())
        return State(str(noted["etag"]), str(noted["built"]), (noted["database"][0], noted["database"][1]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def write_state(root: Path, etag: str, built: str) -> None:
    """Record that the copy matches the bucket's manifest with this etag."""
    noted = State(etag, built, database_stat(root))
    write_bytes(root / _STATE, json.dumps(asdict(noted)).encode())


def forget_state(root: Path) -> None:
    """Force a full comparison next time."""
    with disk_errors(root / _STATE):
        (root / _STATE).unlink(missing_ok=True)


def database_stat(root: Path) -> tuple[int, int]:
    """Identifies the database file without reading it."""
    try:
        found = (root / DATABASE).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _is_current(objects: Objects, root: Path) -> bool:
    state = read_state(root)
    return (
        state is not None
        and state.database == database_stat(root)
        and _has_every_file(root)
        and objects.etag(MANIFEST) == state.etag
    )


def _has_every_file(root: Path) -> bool:
    try:
        files = json.loads((root / MANIFEST).read_bytes())["files"]
        stored = (path for path in files if not path.startswith(layout.RAW))
        return all((root / path).stat().st_size == files[path]["bytes"] for path in stored)
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def _lock_if_free(root: Path) -> Iterator[bool]:
    """Try to lock the copy; yields whether it is locked.

    A copy that is being created is waited for.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock, new = FileLock(root / layout.LOCK), not (root / MANIFEST).exists()
        try:
            lock.acquire(timeout=_FIRST_WAIT_S if new else 0)
        except Timeout:
            if new:
                raise LakeBusyError(
                    f"another process is still fetching {address_of(root)} into {root}; try again later"
                ) from None
            yield False
            return
    try:
        yield True
    finally:
        lock.release()


class _Moved(Exception):  # noqa: N818 - no error: look again
    """Another commit came while the files of this one were fetched."""


@dataclass(frozen=True)
class Pulled:
    """The bucket's manifest (None if there is none), and files that only the copy has whole."""

    served: Object | None
    better: tuple[str, ...] = ()


def pull(objects: Objects, root: Path, *, whole: bool = False) -> Pulled:
    """Fetch changes; `whole` fetches every object again, raw/ included, to find damaged ones."""
    _finish(root)
    for _ in range(_TRIES):
        served = objects.get(layout.MANIFEST)
        with suppress(_Moved):
            return Pulled(served, _bring(objects, root, served, _listed(objects) if whole else None))
    raise LakeBusyError(f"{address_of(root)} changes faster than it can be fetched; try again later")


def fetch_files(objects: Objects, root: Path, paths: Iterable[str]) -> None:
    """Fetch missing files that never change, such as batches, into their places."""

    def fetch(path: str) -> None:
        found = objects.get(path)
        if found is not None:
            write_bytes(root / path, found.content)

    list(objects.each(fetch, [path for path in paths if not (root / path).exists()]))


def _finish(root: Path) -> None:
    """A copy decides nothing; a pending manifest can be fetched again."""
    from ..recovery import finish

    try:
        finish(root)
    except CorruptLakeError:
        with disk_errors(root / layout.PENDING):
            (root / layout.PENDING).unlink()
        finish(root)


def _listed(objects: Objects) -> list[str]:
    return [path for path in objects.paths("") if layout.PLACE.fullmatch(path)]


def _bring(objects: Objects, root: Path, served: Object | None, listed: list[str] | None) -> tuple[str, ...]:
    manifest = decoded(served, root)
    if served is None or manifest is None:
        _bring_without(objects, root, served, listed)
        return ()
    digests = {path: entry.sha256 for path, entry in manifest.files.items()}
    fetched = sorted(digests.keys() | set(listed)) if listed is not None else _missing(root, manifest)
    source = _Source(objects, root, served.etag, manifest.commit - 1)
    found = list(objects.each(lambda path: source.stage(path, digests.get(path, _UNKNOWN)), fetched))
    lost = {path for path, what in zip(fetched, found, strict=True) if what is _Found.NOTHING}
    better = [path for path, what in zip(fetched, found, strict=True) if what is _Found.BETTER]
    extra = set(_places(root, raw=listed is not None)) - digests.keys() - set(listed or ())
    if _bring_database(source, manifest.built, recheck=listed is not None) is _Found.BETTER:
        better.append(layout.DATABASE)
    write_bytes(root / layout.PENDING, served.content)
    from ..recovery import carry_out

    carry_out(root, fetched, sorted(lost | extra))
    write_state(root, served.etag, manifest.built)
    return tuple(better)


def decoded(served: Object | None, root: Path) -> Manifest | None:
    """None if it is missing or damaged."""
    try:
        return decode(served.content, root / layout.MANIFEST) if served else None
    except CorruptLakeError:
        return None


def _missing(root: Path, manifest: Manifest) -> list[str]:
    """The table files that the copy lacks, by its manifest and the file sizes."""
    try:
        known = read(root / layout.MANIFEST).files
    except LakeError:
        known = {}
    return [
        path
        for path, entry in manifest.files.items()
        if not path.startswith(layout.RAW)
        and (known.get(path) != entry or size_of(root / path) != entry.bytes)
    ]


def _places(root: Path, *, raw: bool) -> list[str]:
    folders = [*layout.YEARLY, *layout.MONTHLY, *(["raw"] if raw else [])]
    found = (path for table in folders for path in (root / table).glob("*/**/*.parquet"))
    return [path.relative_to(root).as_posix() for path in found]


class _Found(Enum):
    """The result of looking for a file."""

    FETCHED = auto()
    NOTHING = auto()
    BETTER = auto()
    """The copy's file matches the manifest; the bucket's is damaged or missing."""


@dataclass(frozen=True)
class _Source:
    """The source of one manifest's files: their places, or where they wait to be put in place."""

    objects: Objects
    root: Path
    etag: str
    base: int

    def stage(self, path: str, digest: str) -> _Found:
        """Fetch a file next to its place in the copy.

        A whole file is never replaced by a damaged one.
        """
        content = self.content(path, digest)
        if digest and (content is None or not _is(content, digest)) and self._has(path, digest):
            return _Found.BETTER
        if content is None:
            return _Found.NOTHING
        write_bytes(self.root / layout.staged(path), content)
        return _Found.FETCHED

    def _has(self, path: str, digest: str) -> bool:
        try:
            return sha256(self.root / path).startswith(digest)
        except OSError:
            return False

    def content(self, path: str, digest: str) -> bytes | None:
        """The content in the manifest, else what exists; damage is reported elsewhere."""
        for place in (path, layout.in_flight(self.base, digest, path), path):
            found = self.objects.get(place)
            if found is not None and _is(found.content, digest):
                return found.content
        if self.objects.etag(layout.MANIFEST) != self.etag:
            raise _Moved
        return found.content if found is not None else None


def _is(content: bytes, digest: str) -> bool:
    """True if the content has this checksum or prefix of one."""
    return hashlib.sha256(content).hexdigest().startswith(digest)


def _bring_database(source: _Source, built: str, *, recheck: bool) -> _Found:
    root, state = source.root, read_state(source.root)
    if not built or (not recheck and state and (state.built, state.database) == (built, database_stat(root))):
        return _Found.FETCHED
    found, place = source.stage(layout.DATABASE, built.rpartition("-")[2]), root / layout.DATABASE
    log = place.with_name(f"{place.name}.wal")
    with disk_errors(place):
        if log.exists():
            # DuckDB would replay it into the new file
            log.replace(log.with_name(f"{log.name}.set-aside"))
        if found is _Found.NOTHING:
            place.unlink(missing_ok=True)
        if found is _Found.FETCHED:
            rename(root / layout.staged(layout.DATABASE), place)
    return found


def _bring_without(objects: Objects, root: Path, served: Object | None, listed: list[str] | None) -> None:
    """Without a readable manifest: copy what exists, so that the loss is reported and repaired."""
    forget_state(root)
    batches = objects.paths(layout.RAW)
    kept = set(batches if listed is None else listed)
    with disk_errors(root):
        for path in _places(root, raw=True):
            if listed is not None or (path.startswith(layout.RAW) and path not in kept):
                (root / path).unlink()
        if served is None:
            (root / layout.MANIFEST).unlink(missing_ok=True)
    if served is not None:
        write_bytes(root / layout.MANIFEST, served.content)
    wanted = [path for path in batches if layout.PLACE.fullmatch(path)][:1] if listed is None else listed
    fetch_files(objects, root, wanted)
