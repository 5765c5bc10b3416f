"""Which instruments no source knows any more.

One `not_found` may be a vendor's fault. An instrument is delisted when ten of its sessions in a row brought
nothing else: an outage in between says nothing either way, any other answer begins the count anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..calendars import load_calendar
from ..errors import BlockedError, MalformedError, NotFoundError, RateLimitedError, UnavailableError
from ..instruments import Instrument, Universe
from ..store.manifest import Manifest
from ..store.watermark import read_columns

SESSIONS: Final = 10
_SILENT: Final = tuple(
    error.outcome for error in (RateLimitedError, UnavailableError, MalformedError, BlockedError)
)
"""Outcomes that say nothing of whether the vendor knows the symbol."""


def delisted(root: Path, manifest: Manifest, universe: Universe, last: Mapping[str, str]) -> frozenset[str]:
    """The ids of those delisted; `last` is each instrument's last outcome.

    Reads the record of runs month by month, newest first, as long as somebody's count is open.
    """
    undecided = {name for name in universe.by_id if last.get(name) in {NotFoundError.outcome, *_SILENT}}
    counts: dict[str, set[date]] = {name: set() for name in undecided}
    for path in reversed(manifest.paths("run")):
        if not undecided:
            break
        for row in _told(root / path, undecided):
            name = row["instrument_id"]
            if row["outcome"] != NotFoundError.outcome:
                undecided.discard(name)
            elif name in undecided:
                counts[name].add(_session(universe.by_id[name], row["started_at"]))
        undecided -= {name for name, sessions in counts.items() if len(sessions) >= SESSIONS}
    return frozenset(name for name, sessions in counts.items() if len(sessions) >= SESSIONS)


def _told(path: Path, wanted: Iterable[str]) -> list[dict[str, Any]]:
    """The month's runs of some instruments that a vendor answered, newest first."""
    runs = read_columns(path, ["instrument_id", "outcome", "started_at", "mode", "batch_id"])
    mine = pc.is_in(runs["instrument_id"], pa.array(sorted(wanted), pa.string()))
    compared = pc.equal(runs["mode"], "reconcile")
    unsaid = pc.or_(compared, pc.is_in(runs["outcome"], pa.array(_SILENT)))
    rows: list[dict[str, Any]] = (
        runs.filter(pc.and_(mine, pc.invert(unsaid))).sort_by([("batch_id", "descending")]).to_pylist()
    )
    return rows


def _session(instrument: Instrument, moment: datetime) -> date:
    return load_calendar(instrument.calendar, moment.date()).last_finished(moment)
