"""The answer to `scoreboard`: a row an instrument, with all that must be said with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final

from .metric_answer import json_value
from .tabular import Rows


@dataclass(frozen=True)
class Score:
    """One instrument's figures over the window, from its daily returns; None where there is none."""

    instrument_id: str
    cumulative_return: float | None
    cagr: float | None
    """None for less than a year."""
    volatility: float | None
    """Annualised, as downside_deviation and the ratios are."""
    downside_deviation: float | None
    sharpe: float | None
    """Over zero, as sortino is."""
    sortino: float | None
    sharpe_over_bill: float | None
    """Over the currency's 13-week bill."""
    sortino_over_bill: float | None
    max_drawdown: float
    """A fraction, 0 or below."""
    calmar: float | None
    best_period: float
    worst_period: float
    positive_share: float
    skew: float | None
    kurtosis: float | None
    n: int
    """Daily returns that went into it."""
    first_session: date
    """Where the first of them begins."""
    last_session: date
    periods_per_year: float
    basis: str
    currency: str
    quality: str
    """Flags joined by commas; empty when there is nothing to say."""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON values."""
        return dict(json_value(asdict(self)))


COLUMNS: Final = tuple(field.name for field in fields(Score))


@dataclass(frozen=True)
class Scoreboard(Rows):
    """All instruments that have a return in the window, in the order of their ids."""

    start: date
    end: date
    basis: str
    """What was asked for; each row says what it got."""
    rows: tuple[Score, ...]
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def row(self, instrument_id: str) -> Score:
        """The row of an instrument; `KeyError` when it has no return in the window or was not asked for."""
        for row in self.rows:
            if row.instrument_id == instrument_id:
                return row
        raise KeyError(f"no {instrument_id} in this answer")

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return dict(json_value(asdict(self)))
