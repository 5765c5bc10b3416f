"""Durable writes to disk: whole files, flushed, one writer at a time, errors with a remedy."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import orjson
from filelock import FileLock, Timeout

from ..model import layout
from ..model.errors import LakeBusyError, LakeWriteError
from ..model.location import shown


@contextmanager
def disk_errors(what: Path) -> Iterator[None]:
    """Convert errors of the operating system to `LakeWriteError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LakeWriteError(
            f"cannot write {what}: {reason}; what was stored before is untouched. "
            "Free space or permissions, then run again"
        ) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary file, flush, rename: the path holds the old content or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    with disk_errors(path):
        make_folder(path.parent)
        try:
            with temporary.open("wb") as file:
                file.write(content)
                flush(file)
            rename(temporary, path)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def make_folder(folder: Path) -> None:
    """Create the folder and its parents, and flush their entries to disk."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in reversed(new):
        flush_folder(one.parent)


def rename(source: Path, target: Path) -> None:
    """Rename atomically, and flush the folder's entry to disk."""
    source.replace(target)
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Flush the folder's entries to disk; flushing a file need not do that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush(file: IO[bytes]) -> None:
    """Flush a file to disk, Python's buffer first."""
    file.flush()
    os.fsync(file.fileno())


def sha256(path: Path) -> str:
    """Hexadecimal checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, digest: str) -> bool:
    """True if the file can be read and has this checksum."""
    try:
        return sha256(path) == digest
    except OSError:
        return False


def size_of(path: Path) -> int:
    """The size of a file in bytes; -1 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


@contextmanager
def only_writer(root: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lake's lock; `LakeBusyError` after `wait_seconds`, naming the holder.

    The operating system releases the lock when the process ends, however it ends.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / layout.LOCK)
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise LakeBusyError(
                f"{_holder(root)} is writing to {shown(root)} and did not finish within {wait_seconds:g} s; "
                "try again later. If it hangs, end it: the next writer finishes or undoes its commit"
            ) from None
    try:
        _note_holder(root)
        yield
    finally:
        # a note that stays is replaced by the next writer's
        with suppress(OSError):
            (root / layout.HOLDER).unlink(missing_ok=True)
        lock.release()


def _note_holder(root: Path) -> None:
    """A failure to write the note does not affect the lock."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]) if sys.argv else ""
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "command": _plain(command)}
    with suppress(OSError):
        (root / layout.HOLDER).write_bytes(orjson.dumps(holder))


def _holder(root: Path) -> str:
    """The holder of the lock, as text; it may be acquiring or releasing it now."""
    path = root / layout.HOLDER
    try:
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        holder = orjson.loads(path.read_bytes())
        who = f"process {int(holder['pid'])} on {_plain(str(holder['host']))}"
        return f"{who} ({_plain(str(holder['command']))}, since {since:%Y-%m-%d %H:%M:%S} UTC)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:80]
