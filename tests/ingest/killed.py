"""Run as a program: a run is killed at each disk operation, then another run follows. Prints the
number of kills."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.store.verify import verify

from ..campaign.kill import DECIDING, killed_at_touch
from . import homes

ONE = {"COIN": "crypto"}
GAP = "2023-12-28"
FIRST, SECOND = "2024-01-05T12:00Z", "2024-01-08T12:00Z"


def first_load(home: Path) -> None:
    ingest(homes.settings_of(home, FIRST))


def daily(home: Path) -> None:
    ingest(homes.settings_of(home, SECOND))


def restore(home: Path) -> None:
    replay(homes.settings_of(home, SECOND))


def serve(home: Path, name: str, closes: range, **changed: float) -> None:
    """Serve rows with one session missing."""
    homes.serve_rows(home, name, closes, **changed)
    path = home / "files" / f"{name}.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(GAP)))


def prepare(home: Path, kind: str) -> Callable[[Path], None]:
    """Prepare the home before the work; returns the work."""
    homes.make_home(home, ONE)
    for name in ONE:
        serve(home, name, range(10, 22))
    if kind == "first_load":
        return first_load
    first_load(home)
    for name in ONE:
        # a revision in each year, and new days
        serve(home, name, range(10, 26), d20231231=16.5, d20240102=18.5)
    if kind == "daily":
        return daily
    daily(home)
    for path in (home / "data" / "bar").rglob("year=2024/part.parquet"):
        path.write_bytes(path.read_bytes()[:-9])
    return restore


def as_undisturbed(home: Path, undisturbed: Path) -> None:
    lake, expected = home / "data", undisturbed / "data"
    assert homes.stored_bytes(lake) == homes.stored_bytes(expected)
    assert verify(lake)[1] == []
    # the next run may count as one more gap request; each is recorded once
    tries = [row["tries"] for row in homes.rows(lake, "gap")]
    assert {str(row["session"]) for row in homes.rows(lake, "gap")} == {GAP}
    assert sorted(tries) == list(range(1, len(tries) + 1))
    # a raw batch that was being written stays: another process might still write it
    assert all(path.relative_to(lake).parts[0] == "raw" for path in lake.rglob("*.staged"))
    assert not list(lake.glob("manifest.next*"))
    last = {row["instrument_id"]: row["outcome"] for row in homes.rows(lake, "run")}
    assert last.keys() == ONE.keys()


def main(folder: Path, kind: str) -> None:
    os.fsync = lambda descriptor: None  # a killed process loses no written data
    before, undisturbed = folder / "before", folder / "undisturbed"
    work = prepare(before, kind)
    shutil.copytree(before, undisturbed)
    work(undisturbed)
    number = 1
    while True:
        home = folder / f"killed{number}"
        shutil.copytree(before, home)
        if not killed_at_touch(lambda home=home: work(home), number, DECIDING):
            break
        work(home)
        as_undisturbed(home, undisturbed)
        shutil.rmtree(home)
        # a replay has more disk operations of the same kinds
        number += 4 if kind == "restore" else 1
    print(number - 1)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
