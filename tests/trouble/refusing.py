"""A failing disk: from some operation on, or once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest


@dataclass
class Disk:
    """Counts operations; fails the one numbered `at`, and all later ones if `for_good`."""

    at: int
    code: int
    for_good: bool = False
    touched: int = 0

    def touch(self) -> None:
        self.touched += 1
        if self.touched == self.at or (self.for_good and self.touched > self.at):
            raise OSError(self.code, os.strerror(self.code))

    @property
    def refused(self) -> bool:
        return self.touched >= self.at

    def guarded(self, act: Callable) -> Callable:
        def touched(*arguments: Any, **named: Any) -> Any:
            self.touch()
            return act(*arguments, **named)

        return touched


@dataclass
class _File:
    """A file whose writes count as disk operations."""

    file: Any
    disk: Disk

    def write(self, content: Any) -> int:
        self.disk.touch()
        return self.file.write(content)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@contextmanager
def refusing_writes(disk: Disk) -> Iterator[None]:
    """Fail writes, flushes, new folders, renames and removals, but not the lock."""
    with pytest.MonkeyPatch.context() as patch:
        plain = Path.open

        def opened(self: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            file = plain(self, mode, *arguments, **named)
            return _File(file, disk) if mode == "wb" else file

        patch.setattr(Path, "open", opened)
        patch.setattr(os, "fsync", disk.guarded(lambda descriptor: None))
        for name in ("replace", "unlink", "mkdir"):
            patch.setattr(Path, name, disk.guarded(getattr(Path, name)))
        yield


@contextmanager
def refusing_reads(disk: Disk) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        plain = Path.open

        def opened(self: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            if mode == "rb":
                disk.touch()
            return plain(self, mode, *arguments, **named)

        patch.setattr(Path, "open", opened)
        patch.setattr(Path, "read_bytes", disk.guarded(Path.read_bytes))
        patch.setattr(pq, "read_metadata", disk.guarded(pq.read_metadata))
        patch.setattr(pq, "ParquetFile", _touching(disk))
        yield


def _touching(disk: Disk) -> type:
    class Touching(pq.ParquetFile):
        def __init__(self, source: Any, *arguments: Any, **named: Any) -> None:
            disk.touch()
            super().__init__(source, *arguments, **named)

    return Touching
