"""Answers with one figure per period: returns by period, and rolling figures against a
benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from ..engine.listing import with_ids
from ..engine.metric_sql import SERIES, table
from ..engine.reader import Reader
from ..model.errors import UsageError
from ..model.terms import FREQUENCIES, PERIODS, Terms, one_of
from .metrics import NOTED, TAKES, Window, held
from .notes import flag_notes, scope_notes
from .result import Answer
from .scope import Scope, resolve

YEAR_OF_PERIODS: Final = {"daily": 252, "weekly": 52, "monthly": 12}
"""Default number of returns in a rolling window: about a year."""
_LONGEST: Final = 100_000
_RETURNS: Final = ("start", "end", "basis", "currency", "real", "sessions", "as_of", "strict")


@dataclass(frozen=True)
class PeriodReturn:
    """The return of one instrument in one calendar period."""

    instrument_id: str
    period: date
    """The first day of the period; for a week, the Monday."""
    start_session: date
    """The session before the period; the return starts from its close."""
    session: date
    """The last session of the period."""
    days: int
    n: int
    """Number of sessions with a figure."""
    simple_return: float | None
    log_return: float | None
    quality: str
    """Flags joined by commas; empty if there is none."""


@dataclass(frozen=True)
class RollingFigure:
    """One instrument against the benchmark over the returns up to `session`.

    None where nothing varies.
    """

    instrument_id: str
    first_session: date
    session: date
    n: int
    """Number of returns used."""
    correlation: float | None
    beta: float | None
    alpha: float | None
    """Annualised, as the tracking error."""
    tracking_error: float | None
    information_ratio: float | None
    up_capture: float | None
    down_capture: float | None
    periods_per_year: float
    quality: str


@dataclass(frozen=True, kw_only=True)
class _BySession(Answer):
    """The terms of an answer, and its notes."""

    instruments: tuple[str, ...]
    start: date
    end: date
    sessions: str
    basis: str
    currency: str
    real: bool
    as_of: datetime | None
    strict: bool
    notes: tuple[str, ...]
    snapshot: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Returns(_BySession):
    """The return of each instrument in each whole period of the window."""

    period: str
    rows: tuple[PeriodReturn, ...]


@dataclass(frozen=True, kw_only=True)
class Rolling(_BySession):
    """Figures of each instrument against the benchmark, at each period with enough returns
    before it."""

    benchmark: str
    frequency: str
    periods: int
    risk_free: float | str
    rows: tuple[RollingFigure, ...]


def returns(reader: Reader, terms: Terms, *, period: str = "month") -> Returns:
    """The return of the instruments in each whole day, week, month, quarter or year; fractions.

    `Lake.returns` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("returns", *_RETURNS)
    one_of("period", period, tuple(PERIODS))
    terms = with_ids(reader.listing, terms)
    terms.check_ids()
    scope = resolve(reader.listing, replace(terms, frequency=PERIODS[period]))
    with held(reader, scope, SERIES) as window:
        rows = [PeriodReturn(**row) for row in reader.records(table("calendar_return", window.values))]
    rows.sort(key=lambda row: terms.named.index(row.instrument_id))
    return Returns(period=period, rows=tuple(rows), **_header(reader, scope, window, rows))


def rolling(reader: Reader, terms: Terms, *, periods: int | None = None) -> Rolling:
    """Correlation, beta, alpha, ... against the benchmark over the latest `periods` returns.

    `Lake.rolling` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("rolling", *TAKES)
    one_of("frequency", terms.frequency, FREQUENCIES)
    terms = with_ids(reader.listing, terms)
    terms.check_ids()
    if terms.benchmark is None:
        raise UsageError("rolling figures need a benchmark; name one, such as SP500")
    if set(terms.ids) <= {terms.benchmark}:
        raise UsageError(f"{terms.benchmark[:40]} cannot be its own benchmark; name another instrument")
    length = YEAR_OF_PERIODS[terms.frequency] if periods is None else periods
    if not 2 <= length <= _LONGEST:
        raise UsageError(f"periods is {length}, must be 2 to {_LONGEST:,}")
    scope = resolve(reader.listing, terms)
    with held(reader, scope, SERIES) as window:
        text = table("rolling_benchmark", {**window.values, "periods": length})
        rows = [RollingFigure(**row) for row in reader.records(text)]
    rows.sort(key=lambda row: terms.named.index(row.instrument_id))
    return Rolling(
        benchmark=terms.benchmark,
        frequency=terms.frequency,
        periods=length,
        risk_free=0.0 if terms.risk_free is None else terms.risk_free,
        rows=tuple(rows),
        **_header(reader, scope, window, rows),
    )


def _header(
    reader: Reader, scope: Scope, window: Window, rows: Sequence[PeriodReturn] | Sequence[RollingFigure]
) -> dict[str, Any]:
    t = scope.terms
    return {
        "instruments": t.named,
        "start": window.first,
        "end": window.last,
        "sessions": t.sessions,
        "basis": t.basis,
        "currency": scope.currency,
        "real": t.real,
        "as_of": t.as_of,
        "strict": t.strict,
        "notes": (*scope_notes(scope), *flag_notes(rows, NOTED)),
        "snapshot": reader.about.snapshot,
        "origin": reader.about.origin,
    }
