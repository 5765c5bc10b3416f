"""Run as a program (`python -m tests.concurrency.actor HOME COMMANDS`): a user working on a lake.

Waits for the file `go`, then runs its commands in order. Prints a JSON line with the outcome of
each.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from marketlake.ingest.build import build
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import failed
from marketlake.model.errors import MarketlakeError
from marketlake.store.verify import verify

from ..ingest.homes import settings_of
from .market import DAYS, FIRST_DAY, LOADED, noon

LAST = noon(DAYS)


def run(home: Path, day: int) -> None:
    rows = ingest(settings_of(home, noon(day)))
    assert len(rows) == 3, rows
    assert not failed(rows), failed(rows)


def backfill(home: Path, day: int) -> None:
    start = FIRST_DAY + timedelta(days=day)
    rows = ingest(settings_of(home, noon(day)), ["COIN", "METAL"], (start, start + timedelta(days=LOADED)))
    assert not failed(rows), failed(rows)


def verify_files(home: Path, day: int) -> None:
    assert verify(home / "data")[1] == []


def replay_lake(home: Path, day: int) -> None:
    assert not replay(settings_of(home, LAST)).lost


def publish(home: Path, day: int) -> None:
    build(settings_of(home, noon(day)), full_refresh=day % 2 == 0)


COMMANDS: dict[str, Callable[[Path, int], None]] = {
    "run": run,
    "backfill": backfill,
    "verify": verify_files,
    "replay": replay_lake,
    "build": publish,
}


def main(home: Path, commands: list[str]) -> list[str]:
    while not (home / "go").exists():
        time.sleep(0.005)
    return [_outcome(home, COMMANDS[name], day) for day in range(1, DAYS + 1) for name in commands]


def _outcome(home: Path, command: Callable[[Path, int], None], day: int) -> str:
    try:
        command(home, day)
    except MarketlakeError as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    os.fsync = lambda descriptor: None  # this test is not about the disk
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2].split(","))))  # noqa: T201
