"""What several sources said of the same sessions: two tables that a reconciliation adds rows to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from .schema_field import UTC_INSTANT, field

CAUSES: Final = (
    "agrees",
    "differs",
    "day_shift",
    "unit",
    "currency",
    "split",
    "missing_session",
    "not_compared",
)
"""Why two sources say what they say; the last is of pairs only."""

_CAUSE_TEXT: Final = "one of " + ", ".join(CAUSES)
_RUN: Final = [
    field("run_id", pa.string(), "the reconciliation"),
    field("observed_at", UTC_INSTANT, "when the further sources were asked"),
    field("instrument_id", pa.string(), "our name of the instrument"),
]
_TOLERANCE: Final = field("tolerance_bp", pa.float64(), "how far apart sources of its asset class may be")

RECONCILIATION: Final = pa.schema(
    [
        *_RUN,
        field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        field("sources", pa.string(), "sources with a close in the declared currency, most trusted first"),
        field("compared", pa.int32(), "how many they are"),
        field("trusted_source", pa.string(), "whose close is stored, else the first of sources"),
        field("consensus_close", pa.float64(), "their median as traded; of two the trusted one's close"),
        field("dispersion_bp", pa.float64(), "highest less lowest over the consensus", nullable=True),
        field("furthest_source", pa.string(), "whose close is furthest from it", nullable=True),
        field("deviation_bp", pa.float64(), "by how much, with its sign", nullable=True),
        _TOLERANCE,
        field("confidence", pa.float64(), "sources within tolerance of it, over all that are listed"),
        field("cause", pa.string(), "of the furthest source that is off: " + _CAUSE_TEXT),
        field("off", pa.string(), "each source that is off and why; empty when none is"),
        field("not_compared", pa.string(), "listed sources that did not answer, with their outcome"),
    ]
)

RECONCILIATION_PAIR: Final = pa.schema(
    [
        *_RUN,
        field("source_a", pa.string(), "the more trusted source of the two"),
        field("source_b", pa.string(), "the other source"),
        field("first_session", pa.date32(), "first session asked for"),
        field("last_session", pa.date32(), "last session asked for"),
        field("sessions", pa.int32(), "sessions with a close of both"),
        field("median_bp", pa.float64(), "median distance of b from a, without sign", nullable=True),
        field("largest_bp", pa.float64(), "largest deviation of b from a, with its sign", nullable=True),
        field("largest_session", pa.date32(), "where that is; null where it is 0", nullable=True),
        _TOLERANCE,
        field("within", pa.float64(), "share of sessions within tolerance, a fraction", nullable=True),
        field("factor", pa.float64(), "median of b over a", nullable=True),
        field("factor_spread_bp", pa.float64(), "largest distance from that factor", nullable=True),
        field("best_shift", pa.int32(), "-1, 0 or 1: sessions by which b's returns fit a's best"),
        field("correlation", pa.float64(), "of their returns under the same labels", nullable=True),
        field("shifted_correlation", pa.float64(), "of their returns under best_shift", nullable=True),
        field("missing_sessions", pa.int32(), "sessions that one of them lacks amid its own"),
        field("cause", pa.string(), "commonest reason of a difference: " + _CAUSE_TEXT),
        field("message", pa.string(), "the finding in words; empty when they agree"),
    ]
)

RECONCILIATIONS: Final[Mapping[str, pa.Schema]] = {
    "reconciliation": RECONCILIATION,
    "reconciliation_pair": RECONCILIATION_PAIR,
}
