"""Ten readers during writes: each partition, and the tables published together, are always
consistent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from marketlake.ingest.build import build
from marketlake.ingest.run import ingest

from ..campaign_size import times
from ..ingest.homes import settings_of
from .crowd import answer, start
from .market import make_home, noon, serve
from .state import Seen, of_the_database, of_the_glob

READERS = {"database": 4, "glob": 3, "dataset": 3}
ROUNDS = times(3, 60)


def test_ten_readers_see_consistent_states(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    there = set[str]()

    def a_day(number: int) -> None:
        """Restate values in both years of both classes, then build marts and database."""
        serve(home, d20231231=50.0 + number, d20240101=60.0 + number)
        ingest(settings_of(home, noon(number % 3)))
        # until the build the database refuses them
        remember(home, there, of_the_glob)
        build(settings_of(home, noon(number % 3)))
        remember(home, there)

    ingest(settings_of(home, noon(0)))
    build(settings_of(home, noon(0)))
    remember(home, there)
    readers = [start("reader", home, kind, str(count)) for kind, count in READERS.items()]
    await_readers(home)
    for number in range(ROUNDS):
        a_day(number)
        await_readers(home)
    (home / "stop").touch()
    observations = [observation for reader in readers for observation in answer(reader)]
    assert [observation["wrong"] for observation in observations] == [""] * 10
    assert all(observation["reads"] for observation in observations)
    for observation in observations:
        assert {part for part in observation["seen"] if "none" not in part} <= there
    assert len({part for observation in observations for part in observation["seen"]}) > 8


def await_readers(home: Path) -> None:
    """Wait until each kind has read the current state; raises if a reader died."""
    marks = [home / f"read-{kind}" for kind in READERS]
    for _ in range(2):  # the first mark may be from a read that started earlier
        for mark in marks:
            mark.unlink(missing_ok=True)
        for _ in range(600):
            if all(mark.exists() for mark in marks):
                break
            time.sleep(0.05)


def remember(home: Path, there: set[str], read: Callable[[Path], Seen] = of_the_database) -> None:
    there.update(json.dumps(part) for part in read(home / "data"))
