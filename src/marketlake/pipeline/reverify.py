"""Whose whole history is asked for again today, so that what a vendor restates late is found.

Each instrument has a turn every so many days, on a day that follows from its id. A turn that was missed (no
run that day, no answer) is taken by the next run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from ..store.manifest import Manifest
from ..store.reverified import Whole, first_sessions, whole_histories


def due_histories(
    root: Path, manifest: Manifest, ids: Iterable[str], today: date, days: int
) -> dict[str, date]:
    """Of `ids`, those whose turn it is and the first session stored of each; `days` 0 is nobody."""
    if not days:
        return {}
    known = whole_histories(root, manifest, today - timedelta(days=days))
    due = {name for name in ids if is_due(known.get(name, Whole()), name, today, days)}
    return first_sessions(root, manifest, due)


def is_due(whole: Whole, instrument_id: str, today: date, days: int) -> bool:
    """Whether a turn has come since the whole history was answered; if it never was, since the last run."""
    turn = last_turn(instrument_id, today, days)
    last = whole.answered_on or whole.run_on
    return turn == today if last is None else turn > last


def last_turn(instrument_id: str, today: date, days: int) -> date:
    """The latest day up to today that is the instrument's."""
    return today - timedelta(days=(zlib.crc32(instrument_id.encode()) + today.toordinal()) % days)
