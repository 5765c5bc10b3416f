"""Stands in for Yahoo: answers from the bars of a lake and one session more, kept as `collect` keeps them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marketlake.ingest.fetch import batch_id
from marketlake.ingest.job import Attempt, Fetched, Job
from marketlake.ingest.plan import in_batches
from marketlake.ingest.raw_answers import as_rows
from marketlake.model.clock import PinnedClock
from marketlake.model.layout import year_of
from marketlake.model.settings import Settings
from marketlake.sources.contract import Page, Request
from marketlake.store import raw
from marketlake.store.writer import Writer, claim, open_manifest

from ..charts import charts
from ..synthetic import SOURCE, sessions, with_session

_RUN: Final = "benchmark"
_BETWEEN: Final = timedelta(seconds=0.5)
"""From one answer to the next, as two requests a second give them."""
_TOGETHER: Final = 1000
"""Instruments whose bars are read together."""


def keep_answers(
    settings: Settings, jobs: Sequence[Job], bars_of: Path, restated: date | None = None
) -> dict[str, Any]:
    """Keep an answer for each job in raw/, from the bars of a lake; returns what that took.

    `restated` is a session whose close comes out a cent higher.
    """
    claim(settings.lake, settings.origin)
    taken, size = 0.0, 0
    symbols = symbols_of(settings)
    moments = (settings.clock.now() + n * _BETWEEN for n in range(len(jobs)))
    for some in in_batches(jobs, _TOGETHER):
        told = dict(documents(bars_of, some, symbols, restated))
        for batch in in_batches(some, settings.batch_size):
            rows = [
                row
                for job, moment in zip(batch, moments, strict=False)
                for row in _rows(job, symbols[job.instrument_id], told, _RUN, PinnedClock(moment))
            ]
            done = rows[-1]["fetched_at"]
            started = time.perf_counter()
            raw.write_batch(settings.lake, batch_id(done, PinnedClock(done), _RUN), done.date(), rows)
            taken += time.perf_counter() - started
            size += sum(len(row["body"]) for row in rows)
    return {"keep_seconds": taken, "answers": len(jobs), "answer_bytes": size}


def symbols_of(settings: Settings) -> dict[str, str]:
    """By instrument id."""
    return {i.id: i.sources[0].symbol for i in settings.universe.instruments}


def _rows(
    job: Job, symbol: str, told: Mapping[str, bytes], run_id: str, clock: PinnedClock
) -> list[dict[str, Any]]:
    request = Request(job.instrument_id, symbol, job.start, job.end)
    page = Page(request, "http://127.0.0.1:9/chart", 200, {}, told[symbol])
    fetched = Fetched(job, [Attempt(SOURCE, request, [page], "ok", "")], 0.3)
    return as_rows(fetched, run_id, "simulated", clock, clock.now())


def documents(
    root: Path, jobs: Sequence[Job], symbols: Mapping[str, str], restated: date | None = None
) -> Iterator[tuple[str, bytes]]:
    """By symbol, what the vendor would answer to each job."""
    for start, own in groupby(sorted(jobs, key=lambda job: job.start), lambda job: job.start):
        ids = sorted({symbols[job.instrument_id] for job in own})
        yield from charts(_restated(_history(root, ids, start), restated))


def _history(root: Path, ids: list[str], start: date) -> pa.Table:
    """The bars of some instruments from a day on, and the session after."""
    lake = Writer(root, open_manifest(root), {})
    paths = sorted((p for p in lake.manifest.paths("bar") if year_of(p) >= start.year), key=year_of)
    blocks = [block for path in paths for block in lake.read_blocks(path, ids)]
    wanted = [block.filter(pc.is_in(block["instrument_id"], pa.array(ids))) for block in blocks]
    bars = pa.concat_tables(wanted)
    bars = bars.filter(pc.greater_equal(bars["session"], pa.scalar(start)))
    last = pc.max(bars["session"]).as_py()
    days = np.concatenate([sessions(last.year), sessions(last.year + 1)])
    return with_session(bars, days[days > np.datetime64(last)][0])


def _restated(bars: pa.Table, session: date | None) -> pa.Table:
    """With the close of one session a cent higher."""
    if session is None:
        return bars
    more = pc.multiply(pc.equal(bars["session"], pa.scalar(session)).cast(pa.float64()), 0.01)
    place = bars.schema.get_field_index("close")
    return bars.set_column(place, bars.schema.field(place), pc.add(bars["close"], more))
