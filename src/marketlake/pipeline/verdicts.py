"""Keeping the verdicts on claims: a row of `claim_history` whenever one changed, or what it was based on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from ..claims import Entry
from ..schema import CLAIM_HISTORY
from ..store import layout
from ..store.lake import Writer

_TABLE: Final = "claim_history"
_OF_THE_MOMENT: Final = {"change", "recorded_at"}

Row = dict[str, Any]


def record_verdicts(lake: Writer, ledger: Sequence[Entry], now: datetime) -> None:
    """Stage a row for each claim whose verdict or snapshot is not that of its last row."""
    last = _last_rows(lake)
    found = [_row(entry, last.get(entry.claim_id), now) for entry in ledger]
    fresh = [row for row in found if _matter(row) != _matter(last.get(row["claim_id"], {}))]
    if fresh:
        path = layout.monthly(_TABLE, now.date())
        rows = pa.Table.from_pylist(fresh, schema=CLAIM_HISTORY)
        lake.stage(path, pa.concat_tables([lake.read(path), rows]))


def _last_rows(lake: Writer) -> dict[str, Row]:
    """By claim, the row of its latest change."""
    stored: Iterable[Row] = (
        row for path in lake.manifest.paths(_TABLE) for row in lake.read(path).to_pylist()
    )
    return {row["claim_id"]: row for row in sorted(stored, key=lambda row: row["change"])}


def _row(entry: Entry, last: Row | None, now: datetime) -> Row:
    published, rolled = entry.published, entry.rolled
    return {
        "claim_id": entry.claim_id,
        "change": last["change"] + 1 if last else 1,
        "recorded_at": now,
        "snapshot": published.snapshot,
        "a": published.a,
        "b": published.b,
        "at_least": published.at_least,
        "of_years": published.of_years,
        "verdict": entry.verdict,
        "depends_on": "; ".join(entry.depends_on),
        "published_verdict": published.verdict,
        "published_wins": published.wins,
        "rolled_verdict": rolled.verdict,
        "rolled_last_year": rolled.last_year,
        "rolled_wins": rolled.wins,
    }


def _matter(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _OF_THE_MOMENT}
