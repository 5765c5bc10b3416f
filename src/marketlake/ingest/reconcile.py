"""A reconciliation: fetch stored sessions from further sources, and compare all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow.compute as pc

from ..model.schema import RECONCILIATIONS
from ..model.settings import Settings
from ..store.files import read_parquet
from ..store.writer import open_manifest
from .reconcile_sources import plan_reconcile
from .run import Listener, run_batches, store_waiting
from .runs import failed, new_run_id

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Reconciliation:
    """What one reconciliation stored, in the universe's order."""

    pairs: Sequence[Row]
    """Rows of `reconciliation_pair`."""
    sessions: Sequence[Row]
    """Rows of `reconciliation`."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """By instrument id, why nothing at all could be fetched to compare."""

    @property
    def exit_code(self) -> int:
        """0 all agree, 1 nothing could be compared, 3 something is off or a source did not answer."""
        causes = {row["cause"] for row in (*self.pairs, *self.sessions)}
        if causes <= {"not_compared"}:
            return 1
        return 0 if causes == {"agrees"} and not self.failed else 3


def reconcile(
    settings: Settings,
    ids: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
    listener: Listener | None = None,
) -> Reconciliation:
    """Fetch the further sources of the instruments (all when `ids` is empty) and compare them.

    The window is the last 30 finished sessions of each instrument unless `start` says otherwise. Raises
    `UsageError` where no instrument has two sources.
    """
    universe = settings.universe.select(ids)
    store_waiting(settings)
    batches = plan_reconcile(settings, universe, start, end)
    run_id = new_run_id(settings)
    errors = failed(run_batches(settings, run_id, batches, listener))
    return _read(settings, run_id, errors)


def _read(settings: Settings, run_id: str, errors: Mapping[str, str]) -> Reconciliation:
    order = {instrument.id: place for place, instrument in enumerate(settings.universe.instruments)}
    pairs, sessions = (
        sorted(_rows(settings, name, run_id), key=lambda row: order.get(row["instrument_id"], len(order)))
        for name in ("reconciliation_pair", "reconciliation")
    )
    compared = {row["instrument_id"] for row in pairs}
    return Reconciliation(pairs, sessions, {n: text for n, text in errors.items() if n not in compared})


def _rows(settings: Settings, name: str, run_id: str) -> list[Row]:
    found: list[Row] = []
    for path in open_manifest(settings.lake).paths(name)[-2:]:  # a run's months are next to each other
        table = read_parquet(settings.lake / path, RECONCILIATIONS[name])
        found += table.filter(pc.equal(table["run_id"], run_id)).to_pylist()
    return found
