"""Returns by period of the calendar, and rolling figures beside a benchmark, from the bars themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ..errors import UsageError
from .connection import steady
from .engine import DUCKDB, Engine
from .metric_figures import rows_of
from .metric_notes import metric_notes
from .metric_prepared import Prepared, prepared
from .metric_question import PERIODS, MetricQuestion
from .metric_series import CalendarReturn, CalendarReturns, RollingFigure, RollingFigures
from .metric_texts import SERIES, table
from .question import one_of

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
