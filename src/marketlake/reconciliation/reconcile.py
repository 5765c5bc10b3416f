"""All instruments of a reconciliation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from ..schema_reconciliation import RECONCILIATION, RECONCILIATION_PAIR
from .pair import pair_rows
from .panel import panels
from .session import session_rows
from .subject import Subject


@dataclass(frozen=True)
class Reconciled:
    """What the sources of some instruments say of the same sessions."""

    sessions: pa.Table
    """Schema `RECONCILIATION`."""
    pairs: pa.Table
    """Schema `RECONCILIATION_PAIR`."""


def reconcile(quotes: pa.Table, subjects: Mapping[str, Subject], run_id: str, at: datetime) -> Reconciled:
    """Compare the quotes (schema `QUOTE`) of each subject; `at` is when they were asked for."""
    sessions, pairs = list[dict[str, Any]](), list[dict[str, Any]]()
    for panel in panels(quotes, subjects):
        sessions += session_rows(panel)
        pairs += pair_rows(panel)
    run = {"run_id": run_id, "observed_at": at}
    return Reconciled(
        pa.Table.from_pylist([run | row for row in sessions], schema=RECONCILIATION),
        pa.Table.from_pylist([run | row for row in pairs], schema=RECONCILIATION_PAIR),
    )
