"""A reconciliation: further sources are asked for sessions that are stored, and all are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc

from ..model.schema import RECONCILIATIONS
from ..model.settings import Settings
from ..store.files import read_parquet
from ..store.writer import open_manifest
from .batches import store_pending
from .fetch import collect_rounds
from .reconcile_sources import plan_reconcile
from .run import Listener, assert_sources, waiting
from .runs import new_run_id

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reconciliation:
    """What one reconciliation stored, in the universe's order."""

    pairs: Sequence[Row]
    """Rows of `reconciliation_pair`."""
    sessions: Sequence[Row]
    """Rows of `reconciliation`."""

    @property
    def exit_code(self) -> int:
        """0 all agree, 1 nothing could be compared, 3 something is off or a source did not answer."""
        causes = {row["cause"] for row in (*self.pairs, *self.sessions)}
        if causes <= {"not_compared"}:
            return 1
        return 0 if causes == {"agrees"} else 3


def reconcile(
    settings: Settings,
    ids: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
    listener: Listener | None = None,
) -> Reconciliation:
    """Ask the further sources of the instruments (all when `ids` is empty) and compare.

    The window is the last 30 finished sessions of each instrument unless `start` says otherwise. Raises
    `UsageError` where no instrument has two sources.
    """
    hears = listener or Listener()
    universe = settings.universe.select(ids)
    assert_sources(universe)
    if waiting(settings):
        store_pending(settings)
    batches = plan_reconcile(settings, universe, start, end)
    run_id = new_run_id(settings)
    hears.on_plan(sum(len(jobs) for rounds in batches for jobs, _ in rounds))
    for rounds in batches:
        collect_rounds(settings, run_id, rounds, hears.on_fetched)
    hears.on_store()
    store_pending(settings)
    return _read(settings, run_id)


def _read(settings: Settings, run_id: str) -> Reconciliation:
    order = {instrument.id: place for place, instrument in enumerate(settings.universe.instruments)}
    pairs, sessions = (
        sorted(_rows(settings, name, run_id), key=lambda row: order.get(row["instrument_id"], len(order)))
        for name in ("reconciliation_pair", "reconciliation")
    )
    return Reconciliation(pairs, sessions)


def _rows(settings: Settings, name: str, run_id: str) -> list[Row]:
    found: list[Row] = []
    for path in open_manifest(settings.lake).paths(name)[-2:]:  # a run's months are next to each other
        table = read_parquet(settings.lake / path, RECONCILIATIONS[name])
        found += table.filter(pc.equal(table["run_id"], run_id)).to_pylist()
    return found
