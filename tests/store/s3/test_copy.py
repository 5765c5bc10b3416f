"""The copy on a machine is refreshed with few requests, whatever happened to it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from marketlake.model import layout
from marketlake.model.errors import LakeWriteError
from marketlake.model.schema import TABLES
from marketlake.store.bucket.copy import refresh
from marketlake.store.writer import open_manifest, writer

from . import commits
from .world import Bucket, each_request


@pytest.fixture
def lake(bucket: Bucket) -> Bucket:
    commits.first(bucket.copy())
    return bucket


def state(root: Path) -> dict[str, bytes]:
    paths = [*root.glob("*/**/*.parquet"), root / "manifest.json", root / "market.duckdb"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def requests(work: Callable[[], object]) -> list[str]:
    """Method and path of each request."""
    seen: list[str] = []

    def note(method: str, url: str, send: Callable[[], Any]) -> Any:
        seen.append(f"{method} {unquote(url).partition('/some/lake/')[2]}")
        return send()

    with each_request(note):
        work()
    return seen


def test_current_copy_fetches_no_file(lake: Bucket) -> None:
    root = lake.copy("reader")
    assert len(requests(lambda: refresh(root))) == 2 + len(TABLES) + 3
    assert requests(lambda: refresh(root)) == ["HEAD manifest.json"]
    commits.second(lake.copy())
    sent = requests(lambda: refresh(root))
    paths = (commits.ONE, commits.TWO, commits.NEW, "manifest.json", "market.duckdb")
    assert sorted(sent) == sorted(["HEAD manifest.json", *(f"GET {path}" for path in paths)])
    assert state(root) == lake.read()


@pytest.mark.parametrize("path", [commits.TWO, "market.duckdb", "manifest.json", ".copy.json"])
@pytest.mark.parametrize("how", ["removed", "cut"])
def test_file_lost_from_the_copy_is_fetched_again(lake: Bucket, path: str, how: str) -> None:
    root = lake.copy()
    if how == "removed":
        (root / path).unlink()
    else:
        (root / path).write_bytes((root / path).read_bytes()[:-5])
    refresh(root)
    assert state(root) == lake.read()


def test_wal_next_to_the_database_is_not_replayed(lake: Bucket) -> None:
    root = lake.copy("reader")
    refresh(root)
    (root / "market.duckdb.wal").write_bytes(b"foreign")
    commits.second(lake.copy())
    refresh(root)
    assert (root / "market.duckdb").read_bytes() == b"second database"
    assert (root / "market.duckdb.wal.set-aside").read_bytes() == b"foreign"


def test_interrupted_refresh_is_completed_by_the_next(lake: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = lake.copy("copies")
    refresh(copies)
    commits.second(lake.copy())
    real = Path.replace
    for number in count(1):
        root, seen = lake.copy(f"reader{number}"), count(1)
        shutil.copytree(copies, root)

        def refuse(self: Path, target: Path, seen: count = seen, number: int = number) -> Path:
            if next(seen) == number:
                raise OSError(errno.ENOSPC, "no space left")
            return real(self, target)

        monkeypatch.setattr(Path, "replace", refuse)
        try:
            refresh(root)
            break
        except LakeWriteError:
            monkeypatch.setattr(Path, "replace", real)
        refresh(root)
        assert state(root) == lake.read()
        assert not list(root.rglob("*.staged"))
    assert number > 8


def test_damaged_decision_in_a_copy_is_dropped(lake: Bucket) -> None:
    root = lake.copy()
    (root / layout.PENDING).write_bytes(b"half a")
    commits.second(lake.copy("other"))
    refresh(root)
    assert state(root) == lake.read()
    assert not (root / layout.PENDING).exists()


def test_reader_does_not_wait_for_a_writer_on_its_machine(lake: Bucket) -> None:
    root = lake.copy()
    before = state(root)
    with writer(root, None):
        commits.second(lake.copy("other"))
        assert open_manifest(root).commit == 2
        assert state(root) == before
    assert open_manifest(root).commit == 3


def test_emptied_bucket_has_no_lake(lake: Bucket) -> None:
    lake.replace_all({})
    commits.first(lake.copy())
    assert state(lake.copy()) == lake.read()
