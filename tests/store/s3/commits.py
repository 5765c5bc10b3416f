"""A lake and a second commit, small enough to be disturbed at every request."""

from __future__ import annotations

import hashlib
from pathlib import Path

from marketlake.model import layout
from marketlake.store.writer import writer

from ...builders import bar, bars

ONE, TWO = (layout.yearly("bar", "equity", year) for year in (2023, 2024))
GONE, NEW = (layout.yearly("bar", kind, 2024) for kind in ("metal", "crypto"))
ALL = (ONE, TWO, GONE, NEW)


def put(root: Path, close: float, *paths: str, removed: tuple[str, ...] = (), built: bytes = b"") -> None:
    """Commit bars, optionally with a database."""
    with writer(root, "simulated") as lake:
        for path in paths:
            rows = [bar(f"{layout.year_of(path)}-01-{n:02}", close) for n in range(2, 6)]
            lake.stage(path, bars(rows))
        if built:
            (root / layout.DATABASE).write_bytes(built)
        word = f"{close}-{hashlib.sha256(built).hexdigest()[:16]}" if built else None
        lake.commit(removed=removed, built=word)


def first(root: Path) -> None:
    put(root, 1.0, ONE, TWO, GONE, built=b"first database")


def second(root: Path) -> None:
    """Two files change, one is added, one is removed, and the database changes."""
    put(root, 2.0, ONE, TWO, NEW, removed=(GONE,), built=b"second database")


def third(root: Path) -> None:
    """The commit of another writer."""
    put(root, 3.0, TWO, NEW, built=b"third database")
