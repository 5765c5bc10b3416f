"""What was asked against what came, by the instrument's calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from ..model.calendars import Days
from .job import BACKFILL, DAILY, RECONCILE
from .normalise import Window

_LATE_SESSIONS: Final = 5
"""So many sessions may be missing at the end before an answer counts as cut off: vendors are late."""
_HOLES_SHARE: Final = 0.05
"""So many sessions in between may be missing: venues and vendors differ over holidays."""


@dataclass(frozen=True)
class Coverage:
    """Sessions of one answer: `shortfall` says in words what is missing, `truncated` whether it matters."""

    expected: int
    received: int
    shortfall: str
    truncated: bool


def coverage(window: Window, received: Days, mode: str, let_pass: Sequence[date] = ()) -> Coverage:
    """Compare the sessions of an answer (sorted, finished, inside the window) with the calendar's.

    What is missing at the head of a daily window was there the last time: it counts as a hole. Sessions to
    `let_pass` are not expected where they are not served.
    """
    due = window.due
    if same_days(due, received):
        return Coverage(len(due), len(due), "", False)
    if let_pass:
        due = np.setdiff1d(due, np.setdiff1d(np.array(let_pass, "datetime64[D]"), received))
    if not len(due) or not len(received):
        empty = bool(len(due)) and mode not in {BACKFILL, RECONCILE}
        text = f"answered without rows, {len(due)} sessions were due" if len(due) else ""
        return Coverage(len(due), len(received), text, empty)
    missing = np.setdiff1d(due, received)
    tail = int((missing > received[-1]).sum())
    head = int((missing < received[0]).sum())
    holes = len(missing) - tail - head
    lost = holes + (head if mode == DAILY else 0)
    truncated = tail > _LATE_SESSIONS or lost > max(_LATE_SESSIONS, _HOLES_SHARE * len(due))
    parts = {
        f"{head} before {received[0]}": head,
        f"{holes} in between": holes,
        f"{tail} after {received[-1]}": tail,
    }
    listed = ", ".join(text for text, count in parts.items() if count)
    return Coverage(len(due), len(received), f"sessions not served: {listed}" if listed else "", truncated)


def same_days(a: Days, b: Days) -> bool:
    """Whether two lists of days are equal; asked for each answer, so by their bytes, a tenth of the time."""
    return len(a) == len(b) and a.tobytes() == b.tobytes()


def sessions_of(bars: pa.Table) -> dict[str, Days]:
    """The sessions of each instrument; the bars are sorted."""
    ids = bars["instrument_id"].combine_chunks().dictionary_encode()
    days = bars["session"].to_numpy().astype("datetime64[D]")
    names, codes = ids.dictionary.to_pylist(), ids.indices.to_numpy()
    starts = np.searchsorted(codes, np.arange(len(names) + 1))
    return {name: days[a:b] for name, a, b in zip(names, starts[:-1], starts[1:], strict=True)}
