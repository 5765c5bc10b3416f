"""A disk that is full, read-only or failing: a short error with the remedy, and one run restores
everything."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.model.errors import ConfigError, LakeError, LakeWriteError, MarketlakeError
from marketlake.store.verify import verify

from ..campaign_size import some
from ..ingest.homes import make_home, serve_rows, settings_of, stored_bytes
from .refusing import Disk, refusing_reads, refusing_writes

FIRST, SECOND = "2024-01-05T12:00Z", "2024-01-08T12:00Z"
Refusing = Callable[[Disk], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """For all tests in this folder."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home on the day before a revision in each year, and new days."""
    home = make_home(tmp_path / "before")
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 22))
    ingest(settings_of(home, FIRST))
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 26), d20231231=16.5, d20240102=18.5)
    return home


@pytest.fixture
def undisturbed(home: Path, tmp_path: Path) -> dict[str, bytes]:
    shutil.copytree(home, tmp_path / "undisturbed")
    ingest(settings_of(tmp_path / "undisturbed", SECOND))
    return stored_bytes(tmp_path / "undisturbed" / "data")


def run_again(home: Path) -> None:
    replay(settings_of(home, SECOND))


def store(home: Path) -> None:
    ingest(settings_of(home, SECOND))


@pytest.mark.parametrize(
    ("refusing", "code", "for_good"),
    [
        (refusing_writes, errno.ENOSPC, True),
        (refusing_writes, errno.EIO, False),
        (refusing_writes, errno.EROFS, True),
        (refusing_reads, errno.EIO, False),
    ],
    ids=["full", "failing writes", "read-only", "failing reads"],
)
@pytest.mark.parametrize("work", [store, run_again])
def test_disk_error_at_any_operation_loses_nothing(
    home: Path,
    tmp_path: Path,
    undisturbed: dict[str, bytes],
    refusing: Refusing,
    code: int,
    for_good: bool,
    work: Callable[[Path], None],
) -> None:
    touches = count(home, tmp_path, refusing, work)
    assert touches > 8
    draw, refused = random.Random(f"{code} {for_good}"), 0
    for at in some(range(1, touches + 1), few=9, draw=draw):
        here = tmp_path / f"at{at}"
        shutil.copytree(home, here)
        disk = Disk(at, code, for_good)
        with refusing(disk):
            error = outcome(lambda home=here: work(home))
        if error is not None:
            refused += 1
            assert isinstance(error, LakeError | ConfigError), error
            assert os.strerror(code) in str(error)
            assert len(str(error)) < 700
        store(here)
        assert stored_bytes(here / "data") == undisturbed, at
        assert verify(here / "data")[1] == []
        shutil.rmtree(here)
    assert refused > 3


def count(home: Path, tmp_path: Path, refusing: Refusing, work: Callable[[Path], None]) -> int:
    """The number of disk operations of the work."""
    shutil.copytree(home, tmp_path / "counted")
    disk = Disk(0, 0)
    disk.at = 10**9
    with refusing(disk):
        work(tmp_path / "counted")
    return disk.touched


def outcome(work: Callable[[], None]) -> MarketlakeError | None:
    try:
        work()
    except MarketlakeError as error:
        return error
    return None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a disk of this size in kilobytes, or resize it; skips without the right to mount."""
    place = tmp_path / "disk"

    def sized(kilobytes: int) -> Path:
        options = f"size={kilobytes}k" + (",remount" if place.exists() else "")
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        completed = subprocess.run(command, capture_output=True, check=False)
        if completed.returncode:
            pytest.skip(f"no disk can be mounted here: {completed.stderr.decode()[:100]}")
        return place

    if not shutil.which("mount"):
        pytest.skip("there is no command to mount a disk")
    yield sized
    subprocess.run(["umount", str(place)], capture_output=True, check=False)


def test_disk_full_while_the_database_is_built(
    home: Path, undisturbed: dict[str, bytes], small_disk: Callable[[int], Path]
) -> None:
    disk, failures = small_disk(64_000), 0
    here = disk / "home"
    shutil.copytree(home, here)
    used = sum(path.stat().st_size for path in here.rglob("*") if path.is_file()) // 1024
    for spare in some(range(100, 4000, 300), few=5, draw=random.Random(1)):
        small_disk(used + 200 + spare)
        error = outcome(lambda: (store(here), build(settings_of(here, SECOND), full_refresh=True)))
        if error is not None:
            failures += 1
            assert isinstance(error, LakeWriteError), error
            assert "again" in str(error)
    assert failures
    small_disk(64_000)
    store(here)
    build(settings_of(here, SECOND), full_refresh=True)
    assert stored_bytes(here / "data") == undisturbed
    assert verify(here / "data")[1] == []
