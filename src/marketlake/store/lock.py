"""One writer at a time, which says who it is to those that wait."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from ..errors import LakeBusyError
from ..location import shown
from . import layout
from .disk import disk_errors


@contextmanager
def only_writer(root: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lake's lock; `LakeBusyError` after `wait_seconds`, naming who holds it.

    The system takes the lock from a process that ends, however it ends.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / layout.LOCK)
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise LakeBusyError(
                f"{_holder(root)} is writing to {shown(root)} and did not finish within {wait_seconds:g} s; "
                "try again when it has. If it hangs, end it: the next writer finishes or undoes what it began"
            ) from None
    try:
        _say_who(root)
        yield
    finally:
        # a note that stays is replaced by the next writer's
        with suppress(OSError):
            (root / layout.HOLDER).unlink(missing_ok=True)
        lock.release()


def _say_who(root: Path) -> None:
    """A disk that refuses the note takes nothing from the lock."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]) if sys.argv else ""
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "command": _plain(command)}
    with suppress(OSError):
        (root / layout.HOLDER).write_bytes(orjson.dumps(holder))


def _holder(root: Path) -> str:
    """Who holds the lock, in words; it may just be taking or leaving it."""
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
