"""Run as a program (`python -m tests.concurrency.reader HOME KIND COUNT`): reads until a stop file
appears.

Prints a JSON line: for each reader the states that it saw, the number of reads, and errors.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from .state import Seen, of_the_database, of_the_dataset, of_the_glob

_TRIES, _PAUSE_S = 600, 0.05
KINDS: dict[str, Callable[[Path], Seen]] = {
    "database": of_the_database,
    "glob": of_the_glob,
    "dataset": of_the_dataset,
}


def read_until_stopped(home: Path, kind: str) -> dict[str, object]:
    read, seen, reads, last = KINDS[kind], set[str](), 0, False
    # one more read after the end, so that every reader sees the final state
    while not last:
        last = (home / "stop").exists()
        try:
            seen.update(json.dumps(part) for part in _read_with_retry(read, home / "data"))
        except Exception as error:
            return {"reads": reads, "seen": sorted(seen), "wrong": f"{type(error).__name__}: {error}"[:1500]}
        reads += 1
        (home / f"read-{kind}").touch()
        time.sleep(0.02)
    return {"reads": reads, "seen": sorted(seen), "wrong": ""}


def _read_with_retry(read: Callable[[Path], Seen], lake: Path) -> Seen:
    """Retry when a file was replaced while DuckDB opened it, or between a commit and its build, as
    documented in docs/reliability.md."""
    for _ in range(_TRIES):
        try:
            return read(lake)
        except duckdb.Error:
            time.sleep(_PAUSE_S)
    return read(lake)


if __name__ == "__main__":
    place, kind, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with ThreadPoolExecutor(count) as pool:
        observations = list(pool.map(read_until_stopped, [place] * count, [kind] * count))
    print(json.dumps(observations))  # noqa: T201
