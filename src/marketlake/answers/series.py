"""The answers that have a figure a period: calendar returns, and rolling figures beside a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ..engine.metric_sql import SERIES, table
from ..engine.reader import DUCKDB, Engine, steady
from ..model.errors import UsageError
from .metrics import Prepared, json_value, prepared, rows_of
from .notes import metric_notes
from .result import Rows
from .terms import PERIODS, MetricQuestion, one_of


@dataclass(frozen=True)
class CalendarReturn:
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
class Terms(Rows):
    """How an answer was asked for, and what to know before quoting it."""

    instruments: tuple[str, ...]
    start: date
    end: date
    sessions: str
    basis: str
    currency: str
    real: bool
    as_of: str | None
    strict: bool
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return dict(json_value(asdict(self)))


@dataclass(frozen=True, kw_only=True)
class CalendarReturns(Terms):
    """A return of each instrument in each whole period of the window."""

    period: str
    rows: tuple[CalendarReturn, ...]


@dataclass(frozen=True, kw_only=True)
class RollingFigures(Terms):
    """Figures of each instrument beside the benchmark, at each period that has enough before it."""

    benchmark: str
    frequency: str
    periods: int
    risk_free: float | str
    rows: tuple[RollingFigure, ...]


YEAR_OF_PERIODS: Final = {"daily": 252, "weekly": 52, "monthly": 12}
"""How many returns a rolling window holds unless told otherwise: about a year."""
_LONGEST: Final = 100_000


@steady
def calendar_returns(
    lake: Path,
    ids: Sequence[str],
    *,
    period: str = "month",
    start: date | None = None,
    end: date | None = None,
    basis: str = "price",
    currency: str | None = None,
    real: bool = False,
    sessions: str = "own",
    as_of: datetime | None = None,
    strict: bool = False,
    engine: Engine = DUCKDB,
) -> CalendarReturns:
    """What `ids` earned in each whole day, week, month, quarter or year from `start` to `end`; fractions.

    The options are those of `metrics`. Rows by instrument, in the order named, then by period.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    one_of("period", period, tuple(PERIODS))
    question = MetricQuestion(
        ids=tuple(dict.fromkeys(ids)),
        start=start,
        end=end,
        basis=basis,
        currency=currency,
        real=real,
        sessions=sessions,
        as_of=as_of,
        strict=strict,
        frequency=PERIODS[period],
    )
    question.check(tuple(PERIODS.values()))
    with prepared(lake, question, SERIES, engine) as p:
        found = [CalendarReturn(**row) for row in rows_of(p.reader, table("calendar_return", p.values))]
    rows = tuple(sorted(found, key=lambda row: question.wanted.index(row.instrument_id)))
    return CalendarReturns(period=period, rows=rows, **_terms(p, rows))


@steady
def rolling(
    lake: Path,
    ids: Sequence[str],
    benchmark: str,
    *,
    periods: int | None = None,
    frequency: str = "daily",
    start: date | None = None,
    end: date | None = None,
    basis: str = "price",
    currency: str | None = None,
    real: bool = False,
    risk_free: float | str = 0.0,
    sessions: str = "own",
    annualise: float | None = None,
    as_of: datetime | None = None,
    strict: bool = False,
    engine: Engine = DUCKDB,
) -> RollingFigures:
    """Correlation, beta, alpha, ... of `ids` against `benchmark` over `periods` returns up to each session.

    `periods` is 252 days, 52 weeks or 12 months unless given. The other options are those of `metrics`.
    Rows by instrument, in the order named, then by session.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    question = MetricQuestion(
        ids=tuple(dict.fromkeys(ids)),
        start=start,
        end=end,
        basis=basis,
        currency=currency,
        real=real,
        sessions=sessions,
        as_of=as_of,
        strict=strict,
        frequency=frequency,
        benchmark=benchmark,
        risk_free=risk_free,
        annualise=annualise,
    )
    question.check()
    length = YEAR_OF_PERIODS[frequency] if periods is None else _checked(periods)
    if set(question.ids) <= {benchmark}:
        raise UsageError(f"{benchmark[:40]} against itself says nothing; name another instrument")
    with prepared(lake, question, SERIES, engine) as p:
        text = table("rolling_benchmark", p.values | {"periods": length})
        found = [RollingFigure(**row) for row in rows_of(p.reader, text)]
    rows = tuple(sorted(found, key=lambda row: question.wanted.index(row.instrument_id)))
    return RollingFigures(
        benchmark=benchmark,
        frequency=frequency,
        periods=length,
        risk_free=risk_free,
        rows=rows,
        **_terms(p, rows),
    )


def _checked(periods: int) -> int:
    if not 2 <= periods <= _LONGEST:
        raise UsageError(f"a window of {periods} returns cannot be; give 2 to {_LONGEST:,}")
    return periods


def _terms(p: Prepared, rows: Sequence[CalendarReturn] | Sequence[RollingFigure]) -> dict[str, Any]:
    q = p.asked.question
    return {
        "instruments": q.wanted,
        "start": p.first,
        "end": p.last,
        "sessions": q.sessions,
        "basis": q.basis,
        "currency": p.asked.currency,
        "real": q.real,
        "as_of": q.as_of.isoformat() if q.as_of else None,
        "strict": q.strict,
        "notes": metric_notes(q, p.asked.wanted, p.asked.currency, rows),
        "snapshot": p.snapshot,
        "origin": p.origin,
    }
