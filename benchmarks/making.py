"""Making a lake, step by step, and what each step takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from marketlake.engine.build import build_database
from marketlake.engine.marts import refresh_marts
from marketlake.model.schema import MARTS
from marketlake.store.writer import open_manifest, writer

from .synthetic import append_day, last_session, universe, write_lake
from .timing import once


@dataclass(frozen=True)
class Job:
    """A lake to be made: where, and of what size."""

    root: Path
    symbols: int
    first_year: int
    years: int

    @property
    def last_year(self) -> int:
        return self.first_year + self.years - 1


def run(step: str, job: Job) -> dict[str, Any]:
    """Take one step; returns seconds by the clock, of all cores, and what the step counts."""
    counted: dict[str, Any] = {}
    timing = once(lambda: counted.update(STEPS[step](job)))
    return {"seconds": timing.seconds, "cpu": timing.cpu_seconds, **counted}


def _bars(job: Job) -> dict[str, Any]:
    return {"bars": write_lake(job.root, job.symbols, job.first_year, last_session(job.last_year))}


def _marts(job: Job) -> dict[str, Any]:
    """Every mart of every year that is due; how many of their files were written again."""
    before = _mart_files(job.root)
    with writer(job.root, None) as lake:
        refresh_marts(
            lake, universe(job.symbols, job.first_year), on_year=lambda year: _progress(f"  {year}")
        )
    after = _mart_files(job.root)
    written = [path for path in after if after[path][0] != before.get(path, ("", 0))[0]]
    return {
        "files": len(written),
        "of_files": len(after),
        "bytes": sum(after[path][1] for path in written),
        "of_bytes": sum(size for _, size in after.values()),
    }


def _day(job: Job) -> dict[str, Any]:
    return {"bars": append_day(job.root, job.last_year)}


def _database(job: Job) -> dict[str, Any]:
    build_database(
        job.root,
        universe(job.symbols, job.first_year),
        open_manifest(job.root),
        datetime(job.last_year + 1, 1, 2, 12, tzinfo=UTC),
    )
    return {}


STEPS: Final[Mapping[str, Callable[[Job], dict[str, Any]]]] = {
    "bars": _bars,
    "marts": _marts,
    "day": _day,
    "refresh": _marts,
    "database": _database,
}
"""In order: the bars but for one day, all marts, the day, the marts again, market.duckdb."""


def _mart_files(root: Path) -> dict[str, tuple[str, int]]:
    """The checksum and size of each file of a mart that has rows."""
    files = open_manifest(root).files
    marts = {path: entry for path, entry in files.items() if path.split("/")[0] in MARTS}
    return {path: (entry.sha256, entry.bytes) for path, entry in marts.items() if "=none/" not in path}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
