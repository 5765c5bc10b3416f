"""Reading the record of runs: how each instrument's fetch ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from ..schema import GOOD_OUTCOMES, RUN
from ..schema_correction import CORRECTION_MODE
from ..settings import Settings
from ..store.files import read_parquet
from ..store.lake import open_manifest

RunRow = Mapping[str, Any]
"""A row of the table `run`."""


def new_run_id(settings: Settings) -> str:
    """Names a run by its moment; distinct for runs at the same pinned moment."""
    now, tick = settings.clock.now(), int(settings.clock.monotonic() * 1e3)
    return f"run-{now:%Y%m%dT%H%M%SZ}-{tick:x}"


def run_rows(settings: Settings, run_id: str) -> list[RunRow]:
    """What a run recorded, the last word on each instrument, in the universe's order."""
    manifest = open_manifest(settings.lake)
    last: dict[str, RunRow] = {}
    for path in reversed(manifest.paths("run")):
        table = read_parquet(settings.lake / path, RUN)
        rows = table.filter(pc.equal(table["run_id"], run_id)).sort_by("batch_id").to_pylist()
        if last and not rows:
            break  # a run's months are next to each other
        # a correction that does not fit is not made good by what was fetched after it
        rows = sorted(
            rows, key=lambda row: row["mode"] == CORRECTION_MODE and row["outcome"] not in GOOD_OUTCOMES
        )
        last = {row["instrument_id"]: row for row in rows} | last
    order = {instrument.id: place for place, instrument in enumerate(settings.universe.instruments)}
    return sorted(last.values(), key=lambda row: order.get(row["instrument_id"], len(order)))


def failed(rows: Sequence[RunRow]) -> dict[str, str]:
    """By instrument id, outcome and message of each fetch that did not end well."""
    bad = [row for row in rows if row["outcome"] not in GOOD_OUTCOMES]
    return {row["instrument_id"]: f"{row['outcome']}: {row['message']}" for row in bad}


def exit_code(rows: Sequence[RunRow]) -> int:
    """0 all well, 1 nothing worked, 3 partial."""
    bad = failed(rows)
    if not bad:
        return 0
    nothing = len(bad) == len(rows) and not any(row["received_sessions"] for row in rows)
    return 1 if nothing else 3
