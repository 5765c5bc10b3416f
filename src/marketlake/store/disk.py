"""Putting things on disk so that they are there: whole, flushed, and refusals in words."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import LakeWriteError


@contextmanager
def disk_errors(what: Path) -> Iterator[None]:
    """Turn the operating system's refusals into `LakeWriteError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LakeWriteError(
            f"cannot write {what}: {reason}; what was stored before is untouched. "
            "Free space or permissions, then run again"
        ) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write beside, flush, rename: the path holds the old content or the new one."""
    beside = path.with_name(path.name + ".tmp")
    with disk_errors(path):
        make_folder(path.parent)
        try:
            with beside.open("wb") as file:
                file.write(content)
                flush(file)
            rename(beside, path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise


def make_folder(folder: Path) -> None:
    """The folder and its parents; the entries of new ones are on disk afterwards."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in reversed(new):
        flush_folder(one.parent)


def rename(source: Path, target: Path) -> None:
    """Atomic, and the folder's entry is on disk afterwards."""
    source.replace(target)
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Put the folder's entries on disk: a file's own flush need not do that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush(file: IO[bytes]) -> None:
    """Put on disk what was written; what Python still holds back must reach the system first."""
    file.flush()
    os.fsync(file.fileno())


def sha256(path: Path) -> str:
    """Hexadecimal checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, digest: str) -> bool:
    """Whether the file can be read and has this checksum."""
    try:
        return sha256(path) == digest
    except OSError:
        return False
