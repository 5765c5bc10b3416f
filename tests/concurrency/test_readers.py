"""Ten readers while the lake is written: each partition, and what was published, is seen as it once was."""

from __future__ import annotations

import json
import time
from pathlib import Path

from marketlake.pipeline.build import build
from marketlake.pipeline.run import ingest

from ..campaign_size import times
from ..pipeline.homes import settings_of
from .crowd import answer, start
from .market import make_home, noon, serve
from .state import of_the_database

READERS = {"database": 4, "glob": 3, "dataset": 3}
ROUNDS = times(3, 60)


def test_ten_readers_see_nothing_torn(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    there = set[str]()

    def a_day(number: int) -> None:
        """New values in both years of both classes, then the marts and the database of them."""
        serve(home, d20231231=50.0 + number, d20240101=60.0 + number)
        ingest(settings_of(home, noon(number % 3)))
        remember(home, there)
        build(settings_of(home, noon(number % 3)))
        remember(home, there)

    ingest(settings_of(home, noon(0)))
    build(settings_of(home, noon(0)))
    remember(home, there)
    readers = [start("reader", home, kind, str(count)) for kind, count in READERS.items()]
    await_readers(home)
    for number in range(ROUNDS):
        a_day(number)
    (home / "stop").touch()
    told = [one for reader in readers for one in answer(reader)]
    assert [one["wrong"] for one in told] == [""] * 10
    assert all(one["reads"] for one in told)
    for one in told:
        assert {part for part in one["seen"] if "none" not in part} <= there
    # the beginning and the end at the least, of two classes and years
    assert len({part for one in told for part in one["seen"]}) >= 8


def await_readers(home: Path) -> None:
    """Until some reader of each kind has read; readers that never come are told by their answers."""
    for _ in range(600):
        if all((home / f"begun-{kind}").exists() for kind in READERS):
            return
        time.sleep(0.1)


def remember(home: Path, there: set[str]) -> None:
    there.update(json.dumps(part) for part in of_the_database(home / "data"))
