"""The lakes that are measured: made, or taken as they are where a folder keeps them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from . import processes
from .making import STEPS, Job

FIRST_YEAR: Final = 2005

Step = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Lake:
    """A built lake and what it took to make it."""

    job: Job
    made: dict[str, dict[str, Any]]
    """By step: seconds, cpu, peak_mb and what the step counts."""

    @property
    def database(self) -> Path:
        return self.job.root / "market.duckdb"

    @property
    def whole_years(self) -> tuple[date, date]:
        """The window of all stored years."""
        return date(self.job.first_year, 1, 1), date(self.job.last_year, 12, 31)

    @property
    def any_dates(self) -> tuple[date, date]:
        """A window that cuts its first and its last year."""
        first = self.job.first_year + self.job.years // 10
        return date(first, 3, 15), date(self.job.last_year - self.job.years // 4, 10, 10)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.database), read_only=True)


def lake(folder: Path, symbols: int, years: int, make: Step = processes.make) -> Lake:
    """Make the lake; one that `folder` holds already is brought up to date and keeps its figures of then.

    `make` takes a step, with the job's four fields, and says what that took.
    """
    job = Job(folder / f"{symbols}x{years}", symbols, FIRST_YEAR, years)
    kept = folder / f"{symbols}x{years}.json"
    made = json.loads(kept.read_text()) if kept.exists() else {}
    for step in ("refresh", "database") if made else STEPS:
        print(f"{symbols:,} symbols x {years} years: {step}", file=sys.stderr, flush=True)
        taken = make(step, job.root, job.symbols, job.first_year, job.years)
        made.setdefault(step, taken)
    kept.write_text(json.dumps(made))
    return Lake(job, made)
