"""The columns of the stored tables: types, and descriptions that the Parquet files contain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

UTC_INSTANT: Final = pa.timestamp("us", tz="UTC")
_FLOAT: Final = pa.float64()
CORRECTION_MODE: Final = "correction"
"""The mode of the raw batch with corrections.toml, and of the rows in `run` with its effects."""
IN_FORCE, REMOVED = "in_force", "removed"
OPEN, FILLED, PERMANENT = "open", "filled", "permanent"
ANSWERED_TRIES: Final = 3
"""After this many runs that were answered without a session, the gap is permanent and not requested
again."""
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
"""Why two sources agree or differ; the last applies only to pairs."""
_CAUSE_TEXT: Final = "one of " + ", ".join(CAUSES)
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
    "misconfigured",
)
"""Each fetch of an instrument ends in exactly one of these; the first two are successes."""
GOOD_OUTCOMES: Final = frozenset({"ok", "no_new_data"})


def _field(name: str, kind: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    """A column; nulls are refused where it is not `nullable`."""
    return pa.field(name, kind, nullable=nullable, metadata={"description": description})


_ID: Final = _field("instrument_id", pa.string(), "id of the instrument in instruments.toml")
_INSTRUMENT_KEY: Final = _field("instrument_key", pa.int64(), "the id as a number, which groups faster")


def _levels(basis: str) -> list[pa.Field]:
    return [
        _field(f"first_{basis}", _FLOAT, f"{basis} level of the first session; NaN: no figure"),
        _field(f"last_{basis}", _FLOAT, f"{basis} level of the last session; NaN: no figure"),
        _field(f"december_{basis}", _FLOAT, f"mean {basis} level of December's sessions", nullable=True),
        _field(f"start_{basis}", _FLOAT, f"{basis} level at the end of the year before", nullable=True),
    ]


DAILY_RETURN: Final = pa.schema(
    [
        _ID,
        _field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        _INSTRUMENT_KEY,
        _field(
            "start_session", pa.date32(), "session the return runs from; null at the first", nullable=True
        ),
        _field("price_return", _FLOAT, "return without dividends; null at the first session", nullable=True),
        _field("total_return", _FLOAT, "return, dividends reinvested at the ex-date's close", nullable=True),
        _field(
            "risk_free", _FLOAT, "what the bill earned over the same days; null without one", nullable=True
        ),
        _field("price_level", _FLOAT, "level within the year, without dividends", nullable=True),
        _field("total_level", _FLOAT, "level within the year, dividends reinvested", nullable=True),
        _field("known_at", UTC_INSTANT, "from when a reader could have known returns and levels"),
    ]
)
YEAR_STATE: Final = pa.schema(
    [
        _ID,
        _INSTRUMENT_KEY,
        _field("basis", pa.string(), "price or total"),
        _field("returns", pa.int32(), "number of returns that end in the year"),
        _field("mean_return", _FLOAT, "their mean", nullable=True),
        _field("m2", _FLOAT, "sum of (return - mean)^2", nullable=True),
        _field("m3", _FLOAT, "sum of (return - mean)^3", nullable=True),
        _field("m4", _FLOAT, "sum of (return - mean)^4", nullable=True),
        _field("downside", _FLOAT, "sum of min(return, 0)^2", nullable=True),
        _field("positive", pa.int32(), "number of returns above 0"),
        _field("worst_return", _FLOAT, "lowest return", nullable=True),
        _field("best_return", _FLOAT, "highest return", nullable=True),
        _field("excess_returns", pa.int32(), "number of returns for which the bill's is known"),
        _field("mean_excess", _FLOAT, "mean of return - risk_free", nullable=True),
        _field("excess_m2", _FLOAT, "sum of (excess - mean)^2", nullable=True),
        _field("excess_downside", _FLOAT, "sum of min(excess, 0)^2", nullable=True),
        _field("start_session", pa.date32(), "session the first return runs from", nullable=True),
        _field("first_session", pa.date32(), "first session"),
        _field("last_session", pa.date32(), "last session"),
        _field("first_growth", _FLOAT, "1 + return of the first session; 1 where it has none"),
        _field("first_level", _FLOAT, "level of the first session"),
        _field("last_level", _FLOAT, "level of the last session"),
        _field("low_level", _FLOAT, "lowest level"),
        _field("high_level", _FLOAT, "highest level"),
        _field("drawdown", _FLOAT, "lowest level / highest before it - 1, from the first session on"),
        _field("through_session", pa.date32(), "latest stored session that the row is made of"),
    ]
)
YEAR_LEVEL: Final = pa.schema(
    [
        _ID,
        _field("calendar", pa.string(), "exchange MIC, 24/7, TARGET or MONTHLY"),
        _field("first_session", pa.date32(), "first stored session"),
        _field("through_session", pa.date32(), "last stored session; the row is made of those up to it"),
        _field("first_december_session", pa.date32(), "first stored session of December", nullable=True),
        _field("calendar_first", pa.date32(), "first that the calendar knows", nullable=True),
        _field("calendar_last", pa.date32(), "last that the calendar knows", nullable=True),
        _field("calendar_first_december", pa.date32(), "first of December that it knows", nullable=True),
        _field("sessions", pa.int32(), "stored sessions that the calendar knows"),
        _field("december_sessions", pa.int32(), "those of December"),
        _field("first_close", _FLOAT, "close of the first session, as traded"),
        _field("last_close", _FLOAT, "close of the last session, as traded"),
        _field("first_rate", _FLOAT, "exchange rate of the first session; 1 in the own currency"),
        _field("last_rate", _FLOAT, "exchange rate of the last session; 1 in the own currency"),
        _field("december_rate", _FLOAT, "mean exchange rate of December", nullable=True),
        *_levels("price"),
        *_levels("total"),
        *_levels("vendor"),
    ]
)
INTERNAL_FALL: Final = pa.schema(
    [
        _INSTRUMENT_KEY,
        _field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        _field("price_fall", _FLOAT, "price_level / highest of the year so far", nullable=True),
        _field("price_fall_ahead", _FLOAT, "lowest of the year from here on / price_level", nullable=True),
        _field("total_fall", _FLOAT, "total_level / highest of the year so far", nullable=True),
        _field("total_fall_ahead", _FLOAT, "lowest of the year from here on / total_level", nullable=True),
    ]
)
INTERNAL_CLOSE: Final = pa.schema(
    [
        _ID,
        _field("session", pa.date32(), "last session, up to the year's end, with a close above 0"),
        _field("close", _FLOAT, "its close, per share as counted at the year's end"),
        _field("known_at", UTC_INSTANT, "from when a reader could have known it"),
    ]
)

MARTS: Final[Mapping[str, pa.Schema]] = {
    "daily_return": DAILY_RETURN,
    "year_state": YEAR_STATE,
    "year_level": YEAR_LEVEL,
    "internal_fall": INTERNAL_FALL,
    "internal_close": INTERNAL_CLOSE,
}


CORRECTION: Final = pa.schema(
    [
        _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
        _field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        _field("field", pa.string(), "the corrected value"),
        _field("old", pa.float64(), "value that the vendor serves, as traded; null for none", nullable=True),
        _field("new", pa.float64(), "correct value; null for none", nullable=True),
        _field("reason", pa.string(), "why, in the words of corrections.toml"),
        _field("state", pa.string(), f"{IN_FORCE} from then on, or {REMOVED}"),
        _field("run_id", pa.string(), "the run that detected the change in corrections.toml"),
        _field("recorded_at", UTC_INSTANT, "time of the change; a bar that it changed has it as observed_at"),
    ]
)


GAP: Final = pa.schema(
    [
        _field("run_id", pa.string(), "the run that detected it"),
        _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
        _field("session", pa.date32(), "trading day that the calendar expects, between stored ones"),
        _field("source", pa.string(), "the source requested"),
        _field(
            "state",
            pa.string(),
            "open: the next run requests it again; filled; permanent: not requested any more",
        ),
        _field("tries", pa.int32(), f"runs that were answered without it; {ANSWERED_TRIES} are enough"),
        _field(
            "accepted", pa.bool_(), "whether an answer without it was accepted, so that later ones are too"
        ),
        _field("first_requested_at", UTC_INSTANT, "when it was first requested and not served"),
        _field("last_requested_at", UTC_INSTANT, "when it was last requested"),
    ]
)


_MODES: Final = "first_load, daily, reverify, backfill, replace, reconcile or correction"

_RUN: Final = [
    _field("run_id", pa.string(), "the reconciliation"),
    _field("observed_at", UTC_INSTANT, "when the further sources were requested"),
    _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
]
_TOLERANCE: Final = _field("tolerance_bp", pa.float64(), "how far apart sources of its asset class may be")

RECONCILIATION: Final = pa.schema(
    [
        *_RUN,
        _field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        _field("sources", pa.string(), "sources with a close in the declared currency, most trusted first"),
        _field("compared", pa.int32(), "number of sources"),
        _field("trusted_source", pa.string(), "source of the stored close, else the first of sources"),
        _field("consensus_close", pa.float64(), "their median as traded; of two the trusted one's close"),
        _field("dispersion_bp", pa.float64(), "highest less lowest over the consensus", nullable=True),
        _field("furthest_source", pa.string(), "source with the close furthest from it", nullable=True),
        _field("deviation_bp", pa.float64(), "by how much, with its sign", nullable=True),
        _TOLERANCE,
        _field("confidence", pa.float64(), "sources within tolerance of it, over all that are listed"),
        _field("cause", pa.string(), "of the furthest source that is off: " + _CAUSE_TEXT),
        _field("off", pa.string(), "each source that is off and why; empty when none is"),
        _field("not_compared", pa.string(), "listed sources that did not answer, with their outcome"),
    ]
)

RECONCILIATION_PAIR: Final = pa.schema(
    [
        *_RUN,
        _field("source_a", pa.string(), "the more trusted source of the two"),
        _field("source_b", pa.string(), "the other source"),
        _field("first_session", pa.date32(), "first session requested"),
        _field("last_session", pa.date32(), "last session requested"),
        _field("sessions", pa.int32(), "sessions with a close of both"),
        _field("median_bp", pa.float64(), "median distance of b from a, without sign", nullable=True),
        _field("largest_bp", pa.float64(), "largest deviation of b from a, with its sign", nullable=True),
        _field("largest_session", pa.date32(), "where that is; null where it is 0", nullable=True),
        _TOLERANCE,
        _field("within", pa.float64(), "share of sessions within tolerance, a fraction", nullable=True),
        _field("factor", pa.float64(), "median of b over a", nullable=True),
        _field("factor_spread_bp", pa.float64(), "largest distance from that factor", nullable=True),
        _field("best_shift", pa.int32(), "-1, 0 or 1: sessions by which b's returns fit a's best"),
        _field("correlation", pa.float64(), "of their returns under the same labels", nullable=True),
        _field("shifted_correlation", pa.float64(), "of their returns under best_shift", nullable=True),
        _field("missing_sessions", pa.int32(), "sessions that one of them lacks between its own"),
        _field("cause", pa.string(), "most common reason of a difference: " + _CAUSE_TEXT),
        _field("message", pa.string(), "the finding in words; empty when they agree"),
    ]
)

RECONCILIATIONS: Final[Mapping[str, pa.Schema]] = {
    "reconciliation": RECONCILIATION,
    "reconciliation_pair": RECONCILIATION_PAIR,
}


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
    _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
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
        _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
        _field("source", pa.string(), "the last source requested"),
        _field("symbol", pa.string(), "the vendor's name of the instrument"),
        _field("mode", pa.string(), _MODES),
        _field("requested_from", pa.date32(), "first session requested"),
        _field("due_from", pa.date32(), "first session that had to be answered; earlier ones are gaps"),
        _field("requested_to", pa.date32(), "last session requested"),
        _field("outcome", pa.string(), "how the fetch ended: one of " + ", ".join(OUTCOMES)),
        _field("attempts", pa.int32(), "tries, over all sources; one try may need several requests"),
        _field("duration_s", pa.float64(), "seconds spent fetching"),
        _field("message", pa.string(), "what went wrong or is worth knowing; empty when nothing"),
        _field("expected_sessions", pa.int32(), "finished sessions of the calendar in the requested window"),
        _field("received_sessions", pa.int32(), "finished sessions in the answer"),
        _field("new_rows", pa.int32(), "sessions stored for the first time"),
        _field("revised_rows", pa.int32(), "sessions with changed values; the old ones are in revision"),
        _field("volume_rows", pa.int32(), "sessions with only a settled volume, updated in place"),
        _field("quarantined_rows", pa.int32(), "rows quarantined"),
        _field("first_session", pa.date32(), "first session of the answer", nullable=True),
        _field("last_session", pa.date32(), "last session of the answer", nullable=True),
        _field(
            "zone", pa.string(), "time zone that the answer names; null where it names none", nullable=True
        ),
    ]
)

QUARANTINE: Final = pa.schema(
    [
        *_KEY,
        _field("reason", pa.string(), "which check the row failed, and how"),
        *[field.with_nullable(True) for field in _PRICES],
        _field("source", pa.string(), "which source served the row"),
        _field("run_id", pa.string(), "the run that quarantined it"),
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
        _field("recorded_at", UTC_INSTANT, "time of the build that detected the change"),
        _field("snapshot", pa.string(), "id of the stored files that were tested"),
        _field("a", pa.string(), "instrument that the claim puts ahead, or the sleeve"),
        _field("b", pa.string(), "instrument that a is compared with, or the plan of the sleeve"),
        _field("at_least", pa.int32(), "years that a must win; null for a sleeve", nullable=True),
        _field("of_years", pa.int32(), "length of the span in years"),
        _field(
            "verdict", pa.string(), "over all: holds, no longer holds, depends, does not hold, inconclusive"
        ),
        _field("depends_on", pa.string(), "what changes the verdict, in words; empty when nothing does"),
        _field("published_verdict", pa.string(), "in the claim's own years"),
        _field("published_wins", pa.int32(), "years of them that a won; null for a sleeve", nullable=True),
        _field("rolled_verdict", pa.string(), "in the latest whole years"),
        _field("rolled_last_year", pa.int32(), "last of them; null when there is none", nullable=True),
        _field("rolled_wins", pa.int32(), "years of them that a won; null for a sleeve", nullable=True),
    ]
)

RAW: Final = pa.schema(
    [
        _field("run_id", pa.string(), "the invocation that fetched it"),
        _field("origin", pa.string(), "live, or simulated when a simulator answered"),
        _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
        _field("source", pa.string(), "the source requested"),
        _field("symbol", pa.string(), "the vendor's name of the instrument"),
        _field("mode", pa.string(), _MODES),
        _field("requested_from", pa.date32(), "first session requested"),
        _field("due_from", pa.date32(), "first session that had to be answered; earlier ones are gaps"),
        _field("requested_to", pa.date32(), "last session requested"),
        _field("attempt", pa.int32(), "counts from 1 over all sources of the instrument"),
        _field("page", pa.int32(), "counts from 0 within an attempt; -1 where nothing was answered"),
        _field("url", pa.string(), "what was requested, without secrets"),
        _field("status", pa.int32(), "HTTP status; 0 where nothing was answered"),
        _field("headers", pa.string(), "the answer's headers as JSON, without cookies"),
        _field("body", pa.binary(), "the answer as served; null when stored before", nullable=True),
        _field("sha256", pa.string(), "of the body, hexadecimal"),
        _field("fetched_at", UTC_INSTANT, "when the batch was requested, by the run's clock"),
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
    "gap": GAP,
    "claim_history": CLAIM_HISTORY,
    "correction": CORRECTION,
    **RECONCILIATIONS,
    **MARTS,
}

SERVED: Final = pa.schema(
    [
        _field("instrument_id", pa.string(), "id of the instrument in instruments.toml"),
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
            "as served, minor units included (GBp); null when not given",
            nullable=True,
        ),
        _field("split_adjusted", pa.bool_(), "prices, dividends and volume are restated for later splits"),
        _field(
            "capital_gain",
            pa.float64(),
            "part of the dividend that is a distributed capital gain, as served; null when none",
            nullable=True,
        ),
    ]
)
"""What a source's parser returns: the vendor's rows in the vendor's order, duplicates included."""
