"""The stored tables: names, types, units and descriptions, stated once.

Every table is hive-partitioned Parquet. Fractions are fractions, never percent; instants are UTC;
`session` is a date label on the instrument's calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from .schema_correction import CORRECTION
from .schema_field import UTC_INSTANT as UTC_INSTANT
from .schema_field import field as _field
from .schema_hole import HOLE
from .schema_mart import MARTS
from .schema_reconciliation import RECONCILIATIONS
from .schema_version import SCHEMA_VERSION as SCHEMA_VERSION

OUTCOMES: Final = (
    "ok",
    "no_new_data",
    "not_found",
    "rate_limited",
    "unavailable",
    "blocked",
    "malformed",
    "truncated",
    "quarantined",
)
"""Each fetch of an instrument ends in exactly one of these; the first two are successes."""

GOOD_OUTCOMES: Final = frozenset({"ok", "no_new_data"})

_PRICES = [
    _field("open", pa.float64(), "first price, as traded, in the quote currency", nullable=True),
    _field("high", pa.float64(), "highest price, as traded", nullable=True),
    _field("low", pa.float64(), "lowest price, as traded", nullable=True),
    _field("close", pa.float64(), "last or settlement price, as traded, never adjusted"),
    _field("volume", pa.float64(), "units traded, as traded", nullable=True),
    _field("dividend", pa.float64(), "cash per share going ex on this session, as traded; 0 on most"),
    _field("split", pa.float64(), "new shares per old taking effect on this session; 1 on most"),
]
_KEY = [
    _field("instrument_id", pa.string(), "our name of the instrument"),
    _field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
]

BAR: Final = pa.schema(
    [
        *_KEY,
        *_PRICES,
        _field("source", pa.string(), "which source served the row"),
        _field("close_at", UTC_INSTANT, "when the session ended"),
        _field("known_at", UTC_INSTANT, "from when a reader could have known these values"),
        _field("observed_at", UTC_INSTANT, "when this lake first saw these values"),
        _field("backfilled", pa.bool_(), "loaded as history: known_at is the session's close and lag"),
    ]
)

REVISION: Final = pa.schema(
    [*BAR, _field("superseded_at", UTC_INSTANT, "when the values of this row were replaced")]
)

RUN: Final = pa.schema(
    [
        _field("run_id", pa.string(), "one invocation of ingest or backfill"),
        _field("batch_id", pa.string(), "the raw batch that holds the answers"),
        _field("started_at", UTC_INSTANT, "when the fetch of the instrument began"),
        _field("instrument_id", pa.string(), "our name of the instrument"),
        _field("source", pa.string(), "which source was asked last"),
        _field("symbol", pa.string(), "the vendor's name of the instrument"),
        _field("mode", pa.string(), "first_load, daily, reverify, backfill, reconcile or correction"),
        _field("asked_from", pa.date32(), "first session asked for"),
        _field("asked_to", pa.date32(), "last session asked for"),
        _field("outcome", pa.string(), "how the fetch ended: one of " + ", ".join(OUTCOMES)),
        _field("attempts", pa.int32(), "tries, over all sources; one try may need several requests"),
        _field("duration_s", pa.float64(), "seconds spent fetching"),
        _field("message", pa.string(), "what went wrong or is worth knowing; empty when nothing"),
        _field("expected_sessions", pa.int32(), "finished sessions of the calendar in what was asked"),
        _field("received_sessions", pa.int32(), "finished sessions in the answer"),
        _field("new_rows", pa.int32(), "sessions stored for the first time"),
        _field("revised_rows", pa.int32(), "sessions whose values changed; the old ones are in revision"),
        _field("volume_rows", pa.int32(), "sessions whose volume alone settled, updated in place"),
        _field("quarantined_rows", pa.int32(), "rows put aside"),
        _field("first_session", pa.date32(), "first session of the answer", nullable=True),
        _field("last_session", pa.date32(), "last session of the answer", nullable=True),
    ]
)

QUARANTINE: Final = pa.schema(
    [
        *_KEY,
        _field("reason", pa.string(), "which check the row failed, and how"),
        *[field.with_nullable(True) for field in _PRICES],
        _field("source", pa.string(), "which source served the row"),
        _field("run_id", pa.string(), "the run that put it aside"),
        _field("observed_at", UTC_INSTANT, "when it was served"),
    ]
)

FINDING: Final = pa.schema(
    [
        *_KEY,
        _field("check", pa.string(), "name of the check"),
        _field("message", pa.string(), "what was found"),
        _field("source", pa.string(), "which source served the row"),
        _field("observed_at", UTC_INSTANT, "when it was served"),
    ]
)

CLAIM_HISTORY: Final = pa.schema(
    [
        _field("claim_id", pa.string(), "name of the claim"),
        _field("change", pa.int32(), "counts from 1 for each claim"),
        _field("recorded_at", UTC_INSTANT, "when the build that found the change ran"),
        _field("snapshot", pa.string(), "the stored files that were asked"),
        _field("a", pa.string(), "instrument said to be ahead, or the sleeve"),
        _field("b", pa.string(), "instrument it is said to be ahead of, or the plan of the sleeve"),
        _field("at_least", pa.int32(), "years that a must win; null for a sleeve", nullable=True),
        _field("of_years", pa.int32(), "length of the span in years"),
        _field(
            "verdict", pa.string(), "over all: holds, holds no longer, depends, does not hold, cannot be said"
        ),
        _field("depends_on", pa.string(), "what flips the verdict, in words; empty when nothing does"),
        _field("published_verdict", pa.string(), "in the claim's own years"),
        _field("published_wins", pa.int32(), "years of them that a won; null for a sleeve", nullable=True),
        _field("rolled_verdict", pa.string(), "in the latest whole years"),
        _field("rolled_last_year", pa.int32(), "last of them; null when there is none", nullable=True),
        _field("rolled_wins", pa.int32(), "years of them that a won; null for a sleeve", nullable=True),
    ]
)

RAW: Final = pa.schema(
    [
        _field("run_id", pa.string(), "the invocation that asked"),
        _field("origin", pa.string(), "live, or simulated when a stand-in was asked"),
        _field("instrument_id", pa.string(), "our name of the instrument"),
        _field("source", pa.string(), "source asked"),
        _field("symbol", pa.string(), "the vendor's name of the instrument"),
        _field("mode", pa.string(), "first_load, daily, reverify, backfill, reconcile or correction"),
        _field("asked_from", pa.date32(), "first session asked for"),
        _field("asked_to", pa.date32(), "last session asked for"),
        _field("attempt", pa.int32(), "counts from 1 over all sources of the instrument"),
        _field("page", pa.int32(), "counts from 0 within an attempt; -1 where nothing was answered"),
        _field("url", pa.string(), "what was requested, without secrets"),
        _field("status", pa.int32(), "HTTP status; 0 where nothing was answered"),
        _field("headers", pa.string(), "the answer's headers as JSON, without cookies"),
        _field("body", pa.binary(), "the answer as served; null when stored before", nullable=True),
        _field("sha256", pa.string(), "of the body, hexadecimal"),
        _field("fetched_at", UTC_INSTANT, "when the batch was asked for, by the run's clock"),
        _field("duration_s", pa.float64(), "seconds the instrument took, all attempts"),
        _field("outcome", pa.string(), "how the attempt ended, judged on the answer alone"),
        _field("message", pa.string(), "why, when it is not ok"),
    ]
)

TABLES: Final[Mapping[str, pa.Schema]] = {
    "bar": BAR,
    "revision": REVISION,
    "run": RUN,
    "quarantine": QUARANTINE,
    "finding": FINDING,
    "hole": HOLE,
    "claim_history": CLAIM_HISTORY,
    "correction": CORRECTION,
    **RECONCILIATIONS,
    **MARTS,
}

SERVED: Final = pa.schema(
    [
        _field("instrument_id", pa.string(), "our name of the instrument"),
        _field("session", pa.date32(), "trading day in the venue's time zone"),
        _field("open", pa.float64(), "as served", nullable=True),
        _field("high", pa.float64(), "as served", nullable=True),
        _field("low", pa.float64(), "as served", nullable=True),
        _field("close", pa.float64(), "as served; null in a row that carries only an event", nullable=True),
        _field("volume", pa.float64(), "as served", nullable=True),
        _field("dividend", pa.float64(), "cash per share as served; 0 when none"),
        _field("split", pa.float64(), "new shares per old; 1 when none"),
        _field(
            "currency",
            pa.string(),
            "as served, minor units included (GBp); null when not said",
            nullable=True,
        ),
        _field("split_adjusted", pa.bool_(), "prices, dividends and volume are restated for later splits"),
    ]
)
"""What a source's parser returns: the vendor's rows in the vendor's order, duplicates included."""
