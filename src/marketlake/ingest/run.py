"""A whole run in one process: what the command line does and a notebook may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from .. import sources
from ..model.errors import EmptyLakeError
from ..model.instruments import Universe
from ..model.settings import Settings
from ..store import raw
from ..store.raw import batch_names
from ..store.writer import open_manifest
from .batches import store_pending
from .corrections import keep_corrections
from .fetch import collect
from .job import Fetched
from .plan import in_batches, plan_backfill, plan_daily
from .runs import RunRow, new_run_id, run_rows


@dataclass(frozen=True)
class Listener:
    """Hears how a run gets on."""

    on_plan: Callable[[int], None] = lambda _: None
    """How many instruments will be fetched."""
    on_fetched: Callable[[Fetched], None] = lambda _: None
    on_store: Callable[[], None] = lambda: None


def ingest(
    settings: Settings,
    ids: Sequence[str] = (),
    window: tuple[date, date | None] | None = None,
    listener: Listener | None = None,
) -> list[RunRow]:
    """Fetch the instruments (all when `ids` is empty) and store what came; `window` makes it a backfill.

    Returns the run's rows. What an interrupted run had fetched is stored first.
    """
    hears = listener or Listener()
    universe = settings.universe.select(ids)
    assert_sources(universe)
    if waiting(settings):
        store_pending(settings)
    now, run_id = settings.clock.now(), new_run_id(settings)
    keep_corrections(settings, run_id)
    if window:
        jobs = plan_backfill(settings.lake, universe, settings.origin, now, *window)
    else:
        jobs = plan_daily(settings.lake, universe, settings.origin, now, settings.reverify_days)
    hears.on_plan(len(jobs))
    for batch in in_batches(jobs, settings.batch_size):
        collect(settings, run_id, batch, hears.on_fetched)
    hears.on_store()
    store_pending(settings)
    return run_rows(settings, run_id)


def assert_sources(universe: Universe) -> None:
    """`ConfigError` for a source that does not exist, before anything is asked."""
    for name in sorted({ref.source for i in universe.instruments for ref in i.sources}):
        sources.create(name)


def waiting(settings: Settings) -> bool:
    """Whether an interrupted run left batches to store."""
    try:
        return bool(raw.pending(settings.lake, open_manifest(settings.lake)))
    except EmptyLakeError:
        return bool(batch_names(settings.lake))
