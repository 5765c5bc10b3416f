"""The answer to `metrics`: plain values with all that must be said with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from .tabular import Rows


@dataclass(frozen=True)
class Figure:
    """One metric of one instrument."""

    instrument_id: str
    metric: str
    value: float | None
    unit: str
    """fraction, ratio or log."""
    n: int
    """Returns that went into it."""
    first_session: date | None
    last_session: date | None
    periods_per_year: float | None
    """What it was annualised by; None where it was not."""
    basis: str
    currency: str
    quality: str
    """Flags joined by commas; empty when there is nothing to say."""
    reason: str | None
    """Why there is no value."""
    start_session: date | None = None
    """Where the period, or the fall, that it tells of began."""
    end_session: date | None = None
    """Where it ended: for a drawdown, its low."""
    recovery_session: date | None = None


@dataclass(frozen=True)
class Drawdown:
    """One fall from a high; depth is a fraction, rank 1 the deepest."""

    instrument_id: str
    rank: int
    depth: float
    peak_session: date
    trough_session: date
    recovery_session: date | None
    quality: str


@dataclass(frozen=True)
class RollingReturn:
    """All windows of `years` years that begin and end with a month: total returns, as fractions."""

    instrument_id: str
    years: int
    n: int
    first_session: date
    last_session: date
    lowest: float
    median: float
    highest: float
    latest: float
    positive_share: float
    win_share: float | None
    """How many of `pairs` windows returned more than the benchmark; None without one."""
    pairs: int
    quality: str


@dataclass(frozen=True)
class Metrics(Rows):
    """Figures of some instruments over one window."""

    in_rows = "figures"

    instruments: tuple[str, ...]
    start: date
    end: date
    frequency: str
    sessions: str
    basis: str
    currency: str
    real: bool
    benchmark: str | None
    risk_free: float | str
    as_of: str | None
    strict: bool
    figures: tuple[Figure, ...]
    drawdowns: tuple[Drawdown, ...]
    rolling: tuple[RollingReturn, ...]
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def figure(self, instrument_id: str, metric: str) -> Figure:
        """The figure of an instrument; `KeyError` when it was not asked for."""
        for figure in self.figures:
            if (figure.instrument_id, figure.metric) == (instrument_id, metric):
                return figure
        raise KeyError(f"no {metric} of {instrument_id} in this answer")

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return dict(json_value(asdict(self)))


def json_value(value: Any) -> Any:
    """A value of an answer with its dates as text and its tuples as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    return [json_value(item) for item in value] if isinstance(value, list | tuple) else value
