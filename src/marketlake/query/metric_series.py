"""The answers that have a figure a period: calendar returns, and rolling figures beside a benchmark."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from .metric_answer import json_value
from .tabular import Rows


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
