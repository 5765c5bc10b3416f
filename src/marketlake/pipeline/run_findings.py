"""What the checks found in the answers of one run, read from the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..query.checks import FAIL, WARN
from ..schema import TABLES
from ..settings import Settings
from ..store.files import read_parquet
from ..store.lake import open_manifest
from .runs import RunRow


@dataclass(frozen=True)
class RunFinding:
    """A row that was put aside (`fail`), or one that was stored and is odd (`warn`)."""

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
    aside = _rows(settings, "quarantine", lambda table: pc.is_in(table["run_id"], ids))
    seen = pa.array([at for _, at in moments], TABLES["finding"].field("observed_at").type)
    noted = _rows(settings, "finding", lambda table: pc.is_in(table["observed_at"], seen))
    return [
        *(_finding(FAIL, row["reason"], row, f"close {row['close']}") for row in aside),
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
