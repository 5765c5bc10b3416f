"""Fetching a batch into raw/: the only step that talks to vendors, and it changes nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ..clock import Clock
from ..instruments import Instrument
from ..limiter import limiter_for
from ..settings import Settings
from ..sources import Access, answered_at
from ..store import batches, raw
from ..store.holes import let_pass, read_holes
from ..store.lake import claim, open_manifest
from .fetch import Fetched, Fetcher
from .plan import Job
from .raw_rows import as_rows


def collect(
    settings: Settings,
    run_id: str,
    jobs: Sequence[Job],
    on_done: Callable[[Fetched], None] = lambda _: None,
) -> list[Fetched]:
    """Fetch each job and keep every answer as one raw batch, which `store_pending` will absorb."""
    return collect_rounds(settings, run_id, [(jobs, settings.universe.by_id)], on_done)


def collect_rounds(
    settings: Settings,
    run_id: str,
    rounds: Sequence[tuple[Sequence[Job], Mapping[str, Instrument]]],
    on_done: Callable[[Fetched], None] = lambda _: None,
) -> list[Fetched]:
    """Fetch the jobs of each round from the sources that its instruments list; all go into one raw batch."""
    root, clock = settings.lake, settings.clock
    claim(root, settings.origin)
    holes = read_holes(root, open_manifest(root))
    fetcher = Fetcher(access_of(settings), on_done, let_pass(holes))
    now = clock.now()
    fetched = [one for jobs, instruments in rounds for one in fetcher.fetch(jobs, instruments)]
    rows = [row for one in fetched for row in as_rows(one, run_id, settings.origin, clock, now)]
    done = answered_at(
        clock, clock.now(), [page for one in fetched for a in one.attempts for page in a.pages]
    )
    raw.write_batch(root, batch_id(done, clock, run_id), done.date(), rows)
    return fetched


def batch_id(done: datetime, clock: Clock, label: str) -> str:
    """Names a batch when it is written: in the order of arrival, by the tick where the clock is pinned."""
    return f"{done:%Y%m%dT%H%M%S}-{int(clock.monotonic() * 1e6):015d}-{slug(label)}"


def answered(root: Path, run_id: str) -> set[str]:
    """The instruments that a run has already fetched well."""
    return {
        row["instrument_id"]
        for path in batches.at_hand(root, batches.names(root, f"-{slug(run_id)}"))
        for row in raw.read_columns(path, ["run_id", "instrument_id", "outcome"])
        if row["run_id"] == run_id and row["outcome"] == "ok"
    }


def slug(text: str) -> str:
    """A run's name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:80]


def access_of(settings: Settings) -> Access:
    """What a source may use of the outside world under these settings."""
    return Access(settings.clock, limiter_for(settings), settings.home / "files", settings.source_url)
