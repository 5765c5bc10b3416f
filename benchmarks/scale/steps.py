"""One step of the measurement, in a process of its own whose peak memory is then the step's.

python -m benchmarks.scale.steps STEP HOME DAY REVERIFY_DAYS [OPTION...]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from marketlake.engine.marts import refresh_marts
from marketlake.ingest.batches import store_pending
from marketlake.ingest.build import build
from marketlake.ingest.job import FIRST_LOAD, REVERIFY, Job
from marketlake.ingest.plan import plan_daily
from marketlake.ingest.replay import replay
from marketlake.model.schema import BAR
from marketlake.model.settings import Settings
from marketlake.store.files import read_blocks
from marketlake.store.writer import open_manifest, writer

from ..processes import peak_mb
from ..timing import once
from . import plain
from .home import make_home, settings
from .homes import LAST_DAY, LAST_YEAR
from .vendor import keep_answers


def _answers(s: Settings, bars_of: str) -> dict[str, Any]:
    """Whatever a run today would ask for."""
    return keep_answers(s, _due(s), Path(bars_of))


def _one_more(s: Settings, bars_of: str) -> dict[str, Any]:
    """The history of what is not stored yet."""
    return keep_answers(s, [job for job in _due(s) if job.mode == FIRST_LOAD], Path(bars_of))


def _correction(s: Settings, bars_of: str, session: str) -> dict[str, Any]:
    """One whole history, in which one close was restated."""
    first = s.universe.instruments[0]
    job = Job(first.id, REVERIFY, first.since, _due(s)[0].end)
    return keep_answers(s, [job], Path(bars_of), date.fromisoformat(session))


def _plan(s: Settings) -> dict[str, Any]:
    return _timed(lambda: _due(s)) | {"entries": len(s.universe.instruments)}


def _due(s: Settings) -> list[Job]:
    return plan_daily(s, s.universe)


def _store(s: Settings) -> dict[str, Any]:
    before = open_manifest(s.lake).rows("bar")
    _warm_up()
    _read_configuration(s)
    taken = _timed(lambda: store_pending(s))
    return taken | {"new_rows": open_manifest(s.lake).rows("bar") - before}


def _warm_up() -> None:
    """Imports and calendars are loaded once in a process; what is measured is what each row costs."""
    with tempfile.TemporaryDirectory() as folder:
        make_home(Path(folder), 2, LAST_YEAR, LAST_DAY)
        small = settings(Path(folder), LAST_DAY)
        keep_answers(small, _due(small), small.lake)
        store_pending(small)


def _read_configuration(s: Settings) -> None:
    """A run reads it once: it counts where a run is planned."""
    assert s.universe.by_id


def _marts(s: Settings) -> dict[str, Any]:
    _read_configuration(s)

    def work() -> None:
        with writer(s.lake, None) as lake:
            refresh_marts(lake, s.universe)

    return _timed(work)


def _build(s: Settings) -> dict[str, Any]:
    _read_configuration(s)
    return _timed(lambda: build(s))


def _replay(s: Settings) -> dict[str, Any]:
    _read_configuration(s)
    return _timed(lambda: replay(s)) | {"rows": open_manifest(s.lake).rows("bar")}


def _copy(s: Settings, *years: str) -> dict[str, Any]:
    """The floor: the bars of some years (all, where none is named) read and written once, and no more."""
    paths = [p for p in open_manifest(s.lake).paths("bar") if not years or p.split("year=")[1][:4] in years]

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=s.home) as folder:
            for number, path in enumerate(paths):
                with pq.ParquetWriter(Path(folder) / str(number), BAR, compression="zstd") as file:
                    for block in read_blocks(s.lake / path, BAR, None):
                        file.write_table(block)

    return _timed(work)


def _plain(s: Settings, way: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=s.home) as folder:
        return plain.run(s, _due(s), Path(folder) / "files", plain.WAYS[way])


def _size(s: Settings) -> dict[str, Any]:
    """Bytes and rows by table."""
    files, tables = open_manifest(s.lake).files, dict[str, list[int]]()
    for path, entry in files.items():
        sums = tables.setdefault(path.split("/")[0], [0, 0])
        sums[0] += entry.bytes
        sums[1] += entry.rows
    database = s.lake / "market.duckdb"
    return {"tables": tables, "database": database.stat().st_size if database.exists() else 0}


def _timed(work: Callable[[], object]) -> dict[str, Any]:
    timing = once(work)
    return {"seconds": timing.seconds, "cpu": timing.cpu_seconds}


STEPS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "answers": _answers,
    "one more": _one_more,
    "correction": _correction,
    "plan": _plan,
    "store": _store,
    "marts": _marts,
    "build": _build,
    "replay": _replay,
    "copy": _copy,
    "plain": _plain,
    "size": _size,
}


def take(step: str, home: str, day: str, reverify_days: str, *options: str) -> dict[str, Any]:
    """Take a step on the lake of a user's folder; returns what it took and counted."""
    asked = settings(Path(home), date.fromisoformat(day), reverify_days=int(reverify_days))
    return STEPS[step](asked, *options)


if __name__ == "__main__":
    print(json.dumps({**take(*sys.argv[1:]), "peak_mb": peak_mb()}))
