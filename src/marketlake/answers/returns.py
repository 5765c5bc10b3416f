"""The answers that have a figure a period: returns by period, and rolling figures beside a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from ..engine.metric_sql import SERIES, table
from ..engine.reader import Reader
from ..model.errors import UsageError
from ..model.terms import FREQUENCIES, PERIODS, Terms, one_of
from .metrics import NOTED, TAKES, Window, held
from .notes import flag_notes, scope_notes
from .result import Answer
from .scope import Scope, resolve

YEAR_OF_PERIODS: Final = {"daily": 252, "weekly": 52, "monthly": 12}
"""How many returns a rolling window holds unless `periods` is given: about a year."""
_LONGEST: Final = 100_000
_RETURNS: Final = ("start", "end", "basis", "currency", "real", "sessions", "as_of", "strict")


@dataclass(frozen=True)
class PeriodReturn:
    """What one instrument earned in one period of the calendar."""

    instrument_id: str
    period: date
    """Its first day; of a week the Monday."""
    start_session: date
    """The session before it, from whose close the return is taken."""
    session: date
    """Its last session."""
    days: int
    n: int
    """Sessions with a figure in it."""
    simple_return: float | None
    log_return: float | None
    quality: str
    """Flags joined by commas; empty when there is nothing to say."""


@dataclass(frozen=True)
class RollingFigure:
    """One instrument beside the benchmark over the returns up to `session`; None where nothing varies."""

    instrument_id: str
    first_session: date
    session: date
    n: int
    """Returns that went into it."""
    correlation: float | None
    beta: float | None
    alpha: float | None
    """A yearly fraction, as the tracking error."""
    tracking_error: float | None
    information_ratio: float | None
    up_capture: float | None
    down_capture: float | None
    periods_per_year: float
    quality: str


@dataclass(frozen=True, kw_only=True)
class _BySession(Answer):
    """How an answer was asked for, and what to know before quoting it."""

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
    """A return of each instrument in each whole period of the window."""

    period: str
    rows: tuple[PeriodReturn, ...]


@dataclass(frozen=True, kw_only=True)
class Rolling(_BySession):
    """Figures of each instrument beside the benchmark, at each period that has enough before it."""

    benchmark: str
    frequency: str
    periods: int
    risk_free: float | str
    rows: tuple[RollingFigure, ...]


def returns(reader: Reader, terms: Terms, *, period: str = "month") -> Returns:
    """What the instruments earned in each whole day, week, month, quarter or year of the window; fractions.

    Takes start, end, basis, currency, real, sessions, as_of, strict, as `metrics` does. Rows by instrument,
    in the order named, then by period.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    terms.only("returns", *_RETURNS)
    one_of("period", period, tuple(PERIODS))
    terms.check_ids()
    scope = resolve(reader.listing, replace(terms, frequency=PERIODS[period]))
    with held(reader, scope, SERIES) as window:
        rows = [PeriodReturn(**row) for row in reader.records(table("calendar_return", window.values))]
    rows.sort(key=lambda row: terms.named.index(row.instrument_id))
    return Returns(period=period, rows=tuple(rows), **_header(reader, scope, window, rows))


def rolling(reader: Reader, terms: Terms, *, periods: int | None = None) -> Rolling:
    """Correlation, beta, alpha, ... against the benchmark over `periods` returns up to each session.

    `periods` is 252 days, 52 weeks or 12 months unless given. Takes what `metrics` takes. Rows by instrument,
    in the order named, then by session.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    terms.only("rolling", *TAKES)
    one_of("frequency", terms.frequency, FREQUENCIES)
    terms.check_ids()
    if terms.benchmark is None:
        raise UsageError("rolling figures are taken beside a benchmark; name one, such as SP500")
    if set(terms.ids) <= {terms.benchmark}:
        raise UsageError(f"{terms.benchmark[:40]} against itself says nothing; name another instrument")
    length = YEAR_OF_PERIODS[terms.frequency] if periods is None else periods
    if not 2 <= length <= _LONGEST:
        raise UsageError(f"a window of {length} returns cannot be; give 2 to {_LONGEST:,}")
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
