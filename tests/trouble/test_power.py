"""A power cut at any moment: whichever unflushed data the disk kept, one run restores the lake."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.model.schema import GOOD_OUTCOMES
from marketlake.store.verify import verify

from ..campaign_size import some
from ..ingest.homes import make_home, rows, serve_rows, settings_of, stored_bytes
from .power import Disk, fresh, state_of, watched

FIRST, SECOND = "2024-01-05T12:00Z", "2024-01-08T12:00Z"
ONE = {"COIN": "crypto"}


def first_load(home: Path) -> None:
    ingest(settings_of(home, FIRST))


def daily(home: Path) -> None:
    ingest(settings_of(home, SECOND))


def restore(home: Path) -> None:
    replay(settings_of(home, SECOND))


def before_the_first_load(home: Path) -> None:
    make_home(home, ONE)
    serve_rows(home, "COIN", range(10, 22))


def before_a_day(home: Path) -> None:
    before_the_first_load(home)
    first_load(home)
    serve_rows(home, "COIN", range(10, 26), d20231231=16.5, d20240102=18.5)


def before_a_move(home: Path) -> None:
    """Change the asset class: the commit drops the old partitions."""
    before_a_day(home)
    make_home(home, {"COIN": "metal"})


def before_a_replay(home: Path) -> None:
    before_a_day(home)
    daily(home)
    for path in (home / "data" / "bar").rglob("year=2024/part.parquet"):
        path.write_bytes(path.read_bytes()[:-9])


KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "first_load": (before_the_first_load, first_load),
    "daily": (before_a_day, daily),
    "move": (before_a_move, daily),
    "replay": (before_a_replay, restore),
}


@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_at_any_moment_loses_nothing(tmp_path: Path, kind: str) -> None:
    prepare, work = KINDS[kind]
    home, undisturbed = tmp_path / "home", tmp_path / "undisturbed"
    prepare(home)
    (home / "data").mkdir(exist_ok=True)
    shutil.copytree(home, undisturbed)
    events = count(undisturbed, tmp_path / "uncut", work)
    expected = stored_bytes(undisturbed / "data")
    draw = random.Random(kind)
    moments = set(some(range(events), few=7, draw=draw))
    states = list(cuts(home, tmp_path, work, moments, draw))
    assert stored_bytes(home / "data") == expected
    assert len(states) > 7
    for state in states:
        work(state)
        assert stored_bytes(state / "data") == expected, state
        assert verify(state / "data")[1] == []
        assert {row["outcome"] for row in rows(state / "data", "run")} <= GOOD_OUTCOMES


def count(home: Path, pins: Path, work: Callable[[Path], None]) -> int:
    """The number of moments at which the power can fail."""
    events: list[None] = []
    with watched(Disk(home, pins), lambda: events.append(None)):
        work(home)
    return len(events)


def cuts(
    home: Path, place: Path, work: Callable[[Path], None], moments: set[int], draw: random.Random
) -> Iterator[Path]:
    """Do the work; yields homes after cuts at some moments, with none, all or some of the
    unflushed names."""
    disk, seen, moment = Disk(home, place / "pins"), set[str](), iter(range(10_000))

    def cut() -> None:
        if next(moment) in moments:
            coin = random.Random(draw.random())
            for flushed in (lambda _: True, lambda _: False, lambda _: coin.random() < 0.5):
                left = place / f"cut{len(seen)}"
                disk.after_a_cut(fresh(left), flushed)
                seen.add(hashlib.sha256(repr(state_of(left)).encode()).hexdigest())

    with watched(disk, cut):
        work(home)
    yield from (place / f"cut{number}" for number in range(len(seen)))
