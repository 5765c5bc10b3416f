"""Corrections by hand as they took effect: a record, a row an entry and change."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from .schema_field import UTC_INSTANT, field

CORRECTION_MODE: Final = "correction"
"""Of the raw batch that keeps corrections.toml, and of the rows in `run` that say what it did."""
STANDS, REMOVED = "stands", "removed"

CORRECTION: Final = pa.schema(
    [
        field("instrument_id", pa.string(), "our name of the instrument"),
        field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        field("field", pa.string(), "which value is corrected"),
        field("old", pa.float64(), "what the vendor serves, as traded; null for none", nullable=True),
        field("new", pa.float64(), "what it should be; null for none", nullable=True),
        field("reason", pa.string(), "why, in the words of corrections.toml"),
        field("state", pa.string(), f"{STANDS} from then on, or {REMOVED}"),
        field("run_id", pa.string(), "the run that found the change in corrections.toml"),
        field("recorded_at", UTC_INSTANT, "when; a bar that it changed was observed at this moment"),
    ]
)
