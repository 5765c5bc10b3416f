"""What a run says of itself: one row per instrument in `run`, and appending to the monthly tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ..calendars import Days
from ..errors import SourceError
from ..normalise import Window
from ..schema import TABLES
from ..store import layout
from ..store.lake import Writer
from .answers import Answer
from .coverage import coverage

_IDENTITY: Final[Mapping[str, list[str]]] = {
    "quarantine": ["instrument_id", "session", "reason", "source"],
    "finding": ["instrument_id", "session", "check", "source"],
    "hole": ["run_id", "instrument_id", "session", "state"],
    "correction": ["instrument_id", "session", "field", "recorded_at"],
    "run": ["batch_id", "instrument_id", "source"],
    "reconciliation": ["run_id", "instrument_id", "session"],
    "reconciliation_pair": ["run_id", "instrument_id", "source_a", "source_b"],
}
"""What makes two rows of a monthly table the same: it is kept once."""


@dataclass
class Counts:
    """Rows by instrument id."""

    new: Counter[str] = field(default_factory=Counter)
    revised: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)


def append(lake: Writer, table: str, rows: pa.Table, now: datetime) -> pa.Table:
    """Add rows to the month's file and return those that were not there yet."""
    path, once = layout.monthly(table, now.date()), _IDENTITY[table]
    stored = lake.read(path)
    if len(stored) and len(rows):
        rows = rows.join(stored.select(once), once, join_type="left anti")
    fresh = rows.select(TABLES[table].names).cast(TABLES[table])
    if len(fresh):
        fresh = fresh.sort_by([(name, "ascending") for name in once])
        lake.stage(path, pa.concat_tables([stored, fresh]))
    return fresh


def run_row(
    answer: Answer,
    windows: Mapping[str, Window],
    sessions: Mapping[str, Days],
    refused: Mapping[str, SourceError],
    counts: Counts,
    let_pass: Mapping[str, Sequence[date]] = MappingProxyType({}),
) -> dict[str, Any]:
    """The row of `run` for one answer; `sessions` are the normalised ones of all answers."""
    key = answer.instrument_id
    days = sessions.get(key, np.empty(0, "datetime64[D]"))
    expected, shortfall = _coverage(answer, windows, days, let_pass.get(key, ()))
    outcome, message = _outcome(answer, windows, refused, counts)
    return {
        **asked(answer),
        "outcome": outcome,
        "message": message or shortfall,
        "expected_sessions": expected,
        "received_sessions": len(days),
        "new_rows": counts.new[key],
        "revised_rows": counts.revised[key],
        "volume_rows": counts.settled[key],
        "quarantined_rows": counts.quarantined[key],
        "first_session": days[0].item() if len(days) else None,
        "last_session": days[-1].item() if len(days) else None,
    }


def asked(answer: Answer) -> dict[str, Any]:
    """The columns of `run` that say what was asked, by whom and when."""
    return {
        "run_id": answer.run_id,
        "batch_id": answer.batch_id,
        "started_at": answer.fetched_at,
        "instrument_id": answer.instrument_id,
        "source": answer.source,
        "symbol": answer.symbol,
        "mode": answer.mode,
        "asked_from": answer.asked_from,
        "asked_to": answer.asked_to,
        "attempts": answer.attempts,
        "duration_s": answer.duration_s,
    }


def _coverage(
    answer: Answer, windows: Mapping[str, Window], days: Days, let_pass: Sequence[date]
) -> tuple[int, str]:
    if answer.instrument_id not in windows:
        return 0, ""
    cover = coverage(windows[answer.instrument_id], days, answer.mode, let_pass)
    return cover.expected, cover.shortfall


def _outcome(
    answer: Answer, windows: Mapping[str, Window], refused: Mapping[str, SourceError], counts: Counts
) -> tuple[str, str]:
    key = answer.instrument_id
    if key not in windows:
        return "not_found", "not in instruments.toml any more; its answer stays in raw/"
    if key in refused:
        return refused[key].outcome, str(refused[key])
    if answer.outcome != "ok":
        return answer.outcome, answer.message
    if counts.quarantined[key]:
        return (
            "quarantined",
            f"{counts.quarantined[key]} rows failed a check and were put aside: see FROM quarantine",
        )
    changed = counts.new[key] + counts.revised[key] + counts.settled[key]
    return ("ok" if changed else "no_new_data"), ""
