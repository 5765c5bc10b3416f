"""Fetching a batch into raw/: the only step that talks to vendors, and it changes nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ..limiter import Limiter
from ..settings import Settings
from ..sources import Access
from ..store import raw
from ..store.lake import assert_belongs
from .fetch import Fetched, Fetcher, as_rows
from .plan import Job


def collect(
    settings: Settings,
    run_id: str,
    jobs: Sequence[Job],
    on_done: Callable[[Fetched], None] = lambda _: None,
) -> list[Fetched]:
    """Fetch each job and keep every answer as one raw batch, which `store_pending` will absorb."""
    root, clock = settings.lake, settings.clock
    assert_belongs(root, settings.origin)
    fetcher = Fetcher(_access(settings), on_done)
    now = clock.now()
    fetched = list(fetcher.fetch(jobs, settings.universe.by_id))
    rows = [row for one in fetched for row in as_rows(one, run_id, now)]
    # the tick orders the batches of a run whose clock is pinned
    name = f"{now:%Y%m%dT%H%M%S}-{int(clock.monotonic() * 1e6):015d}-{slug(run_id)}"
    raw.write_batch(root, name, now.date(), rows)
    return fetched


def answered(root: Path, run_id: str) -> set[str]:
    """The instruments that a run has already fetched well."""
    paths = [p.relative_to(root).as_posix() for p in root.glob(f"raw/*/*-{slug(run_id)}.parquet")]
    return {
        row["instrument_id"]
        for _, rows in raw.read_batches(root, paths)
        for row in rows
        if row["run_id"] == run_id and row["outcome"] == "ok"
    }


def slug(text: str) -> str:
    """A run's name as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:80]


def _access(settings: Settings) -> Access:
    limits = Path.home() / ".cache" / "marketlake" / "limits"
    limiter = Limiter(limits, settings.clock, settings.rate)
    return Access(settings.clock, limiter, settings.home / "files", settings.source_url)
