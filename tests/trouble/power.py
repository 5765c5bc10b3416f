"""A folder after a power cut: what was flushed, and of the rest what the disk happened to write."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

Entries = dict[str, int]
"""A folder: names and the inodes behind them."""


@dataclass
class Disk:
    """Tracks every flush below `root`.

    A file has its last flushed content, or is empty if never flushed; a folder has the names of its
    own last flush.
    """

    root: Path
    pins: Path
    """A second name of every flushed file, so that no inode comes back as another's."""
    folders: dict[int, Entries] = field(default_factory=dict)
    content: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pins.mkdir()
        for folder, _, names in os.walk(self.root):
            self._folder(Path(folder))
            for name in names:
                self._file(Path(folder) / name)

    def flushed(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            self._folder(path)
        else:
            self._file(path)

    def after_a_cut(self, place: Path, flushed: Callable[[Path], bool]) -> None:
        """Write the state after the cut; a folder has its flushed names or its current ones."""
        self._restore(self.root, self.root.stat().st_ino, place, flushed)

    def _restore(self, now: Path, inode: int, place: Path, flushed: Callable[[Path], bool]) -> None:
        place.mkdir()
        there = now.is_dir() and now.stat().st_ino == inode
        entries = _entries(now) if there and not flushed(now) else self.folders.get(inode, {})
        kinds = {child: (now / name).is_dir() for name, child in _entries(now).items()} if there else {}
        for name, child in entries.items():
            if child in self.folders or kinds.get(child):
                self._restore(now / name, child, place / name, flushed)
            else:
                (place / name).write_bytes(self.content.get(child, b""))

    def _folder(self, path: Path) -> None:
        self.folders[path.stat().st_ino] = _entries(path)

    def _file(self, path: Path) -> None:
        inode = path.stat().st_ino
        if not (self.pins / str(inode)).exists():
            os.link(path, self.pins / str(inode))
        self.content[inode] = path.read_bytes()


def _entries(folder: Path) -> Entries:
    with os.scandir(folder) as entries:
        return {entry.name: entry.inode() for entry in entries}


@contextmanager
def watched(disk: Disk, on_event: Callable[[], None]) -> Iterator[None]:
    """Call `on_event` after each flush, rename and removal."""
    with pytest.MonkeyPatch.context() as patch:

        def flush(descriptor: int) -> None:
            disk.flushed(descriptor)
            on_event()

        def after(act: Callable) -> Callable:
            def wrapper(*arguments: object, **named: object) -> object:
                result = act(*arguments, **named)
                on_event()
                return result

            return wrapper

        patch.setattr(os, "fsync", flush)
        patch.setattr(Path, "replace", after(Path.replace))
        patch.setattr(Path, "unlink", after(Path.unlink))
        yield


def state_of(folder: Path) -> dict[str, bytes]:
    """The contents of every file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
