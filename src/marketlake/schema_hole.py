"""Sessions that were asked for and not served: one table that grows by a row whenever that is found."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from .schema_field import UTC_INSTANT, field

OPEN, FILLED, VENDOR_HOLE = "open", "filled", "vendor_hole"
ANSWERED_TRIES: Final = 3
"""After so many runs that were answered without a session the hole is the vendor's, and nobody asks again."""

HOLE: Final = pa.schema(
    [
        field("run_id", pa.string(), "the run whose answer told it"),
        field("instrument_id", pa.string(), "our name of the instrument"),
        field("session", pa.date32(), "trading day that the calendar expects, between stored ones"),
        field("source", pa.string(), "which source was asked"),
        field("state", pa.string(), "open: the next run asks again; filled; vendor_hole: asked often enough"),
        field("tries", pa.int32(), f"runs that were answered without it; {ANSWERED_TRIES} are enough"),
        field("let_pass", pa.bool_(), "whether an answer without it was good, so that others may be"),
        field("first_asked_at", UTC_INSTANT, "when it was first asked for and not served"),
        field("last_asked_at", UTC_INSTANT, "when it was last asked for"),
    ]
)
