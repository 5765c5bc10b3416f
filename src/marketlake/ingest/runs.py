"""The record of a run: one row per instrument in `run`, its outcome, and appending to the monthly
tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.checks import FAIL, WARN
from ..model import layout
from ..model.calendars import Days
from ..model.errors import SourceError
from ..model.schema import CORRECTION_MODE, GOOD_OUTCOMES, RUN, TABLES
from ..model.settings import Settings
from ..store.files import read_parquet
from ..store.writer import Writer, open_manifest
from .gaps import coverage
from .normalise import NOT_LISTED, Window
from .raw_answers import Answer

_IDENTITY: Final[Mapping[str, list[str]]] = {
    "quarantine": ["instrument_id", "session", "reason", "source"],
    "finding": ["instrument_id", "session", "check", "source"],
    "gap": ["run_id", "instrument_id", "session", "state"],
    "correction": ["instrument_id", "session", "field", "recorded_at"],
    "run": ["batch_id", "instrument_id", "source"],
    "reconciliation": ["run_id", "instrument_id", "session"],
    "reconciliation_pair": ["run_id", "instrument_id", "source_a", "source_b"],
}
"""What makes two rows of a monthly table the same: it is stored once."""

RunRow = Mapping[str, Any]
"""A row of the table `run`."""


@dataclass
class Counts:
    """Rows by instrument id."""

    new: Counter[str] = field(default_factory=Counter)
    revised: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    taken_back: Counter[str] = field(default_factory=Counter)
    """Stored sessions that their source left out."""


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
    accepted: Mapping[str, Sequence[date]] = MappingProxyType({}),
    zone: str | None = None,
) -> dict[str, Any]:
    """The row of `run` for one answer; `sessions` are the normalised ones of all answers."""
    key = answer.instrument_id
    days = sessions.get(key, np.empty(0, "datetime64[D]"))
    expected, shortfall = _coverage(answer, windows, days, accepted.get(key, ()))
    outcome, message = _outcome(answer, windows, refused, counts)
    ending = windows[key].calendar.warning(windows[key].at.date()) if key in windows else ""
    return {
        **identity(answer),
        "outcome": outcome,
        "message": _message(outcome, message, shortfall, _kept(counts.taken_back[key]), ending),
        "expected_sessions": expected,
        "received_sessions": len(days),
        "new_rows": counts.new[key],
        "revised_rows": counts.revised[key],
        "volume_rows": counts.settled[key],
        "quarantined_rows": counts.quarantined[key],
        "first_session": days[0].item() if len(days) else None,
        "last_session": days[-1].item() if len(days) else None,
        "zone": zone,
    }


def _message(outcome: str, message: str, shortfall: str, kept: str, ending: str) -> str:
    """A good answer may lack sessions and have remarks; a bad one has its error."""
    is_good = outcome in GOOD_OUTCOMES
    parts = (message, shortfall, kept, ending) if is_good else (message or shortfall, kept)
    return "; ".join(part for part in parts if part)


def _kept(count: int) -> str:
    return f"{count} stored sessions are no longer served and stay stored" if count else ""


def identity(answer: Answer) -> dict[str, Any]:
    """The columns of `run` with what was requested, by which run and when."""
    return {
        "run_id": answer.run_id,
        "batch_id": answer.batch_id,
        "started_at": answer.fetched_at,
        "instrument_id": answer.instrument_id,
        "source": answer.source,
        "symbol": answer.symbol,
        "mode": answer.mode,
        "requested_from": answer.requested_from,
        "due_from": answer.due_from,
        "requested_to": answer.requested_to,
        "attempts": answer.attempts,
        "duration_s": answer.duration_s,
    }


def _coverage(
    answer: Answer, windows: Mapping[str, Window], days: Days, accepted: Sequence[date]
) -> tuple[int, str]:
    if answer.instrument_id not in windows:
        return 0, ""
    cover = coverage(windows[answer.instrument_id], days, answer.mode, accepted)
    return cover.expected, cover.shortfall


def _outcome(
    answer: Answer, windows: Mapping[str, Window], refused: Mapping[str, SourceError], counts: Counts
) -> tuple[str, str]:
    key = answer.instrument_id
    if key in refused:
        return refused[key].outcome, str(refused[key])
    if key not in windows:
        return "not_found", f"{NOT_LISTED}. Its answer stays in raw/"
    if answer.outcome != "ok":
        return answer.outcome, answer.message
    if counts.quarantined[key]:
        return (
            "quarantined",
            f"{counts.quarantined[key]} rows failed a check and are in quarantine: see FROM quarantine",
        )
    changed = counts.new[key] + counts.revised[key] + counts.settled[key]
    return ("ok" if changed else "no_new_data"), answer.message


def new_run_id(settings: Settings) -> str:
    """Names a run by its moment; distinct for runs at the same pinned moment."""
    now, tick = settings.clock.now(), int(settings.clock.monotonic() * 1e3)
    return f"run-{now:%Y%m%dT%H%M%SZ}-{tick:x}"


def run_rows(settings: Settings, run_id: str) -> list[RunRow]:
    """The rows of `run` of one run, the last one of each instrument, in the universe's order."""
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


@dataclass(frozen=True)
class RunFinding:
    """A quarantined row (`fail`), or one that was stored and is odd (`warn`)."""

    severity: str
    check: str
    instrument_id: str
    session: date
    message: str

    def __str__(self) -> str:
        return f"{self.severity} {self.check}: {self.instrument_id} {self.session}, {self.message}"


def run_findings(settings: Settings, rows: Sequence[RunRow]) -> list[RunFinding]:
    """The findings of the run that left these rows of `run`, the severe ones first."""
    if not rows:
        return []
    ids = pa.array(sorted({row["run_id"] for row in rows}))
    moments = {(row["instrument_id"], row["started_at"]) for row in rows}
    bad = _rows(settings, "quarantine", lambda table: pc.is_in(table["run_id"], ids))
    seen = pa.array([at for _, at in moments], TABLES["finding"].field("observed_at").type)
    noted = _rows(settings, "finding", lambda table: pc.is_in(table["observed_at"], seen))
    return [
        *(_finding(FAIL, row["reason"], row, f"close {row['close']}") for row in bad),
        *(
            _finding(WARN, row["check"], row, row["message"])
            for row in noted
            if (row["instrument_id"], row["observed_at"]) in moments
        ),
    ]


def _rows(settings: Settings, table: str, mine: Any) -> list[Mapping[str, Any]]:
    """A run's months are next to each other."""
    found: list[Mapping[str, Any]] = []
    for path in open_manifest(settings.lake).paths(table)[-2:]:
        stored = read_parquet(settings.lake / path, TABLES[table])
        found += stored.filter(mine(stored)).to_pylist()
    return sorted(found, key=lambda row: (row["instrument_id"], row["session"]))


def _finding(severity: str, check: str, row: Mapping[str, Any], message: str) -> RunFinding:
    return RunFinding(severity, check, row["instrument_id"], row["session"], message)
