"""Return and risk metrics of instruments over a window, computed from the stored bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ..engine.listing import Listed, with_ids
from ..engine.metric_sql import BARS, METRICS, SCOREBOARD, Metric, bars, figures, relation, table
from ..engine.reader import Reader, Record
from ..engine.sql_text import statement
from ..model.errors import UsageError
from ..model.terms import FREQUENCIES, Terms, one_of
from .notes import flag_notes, scope_notes
from .result import Answer
from .scope import Scope, basis_of, no_bars, resolve

TAKES: Final = (
    *("start", "end", "benchmark", "frequency", "basis", "currency", "real", "risk_free", "sessions"),
    *("annualise", "as_of", "strict"),
)
NOTED: Final = ("simulated", "partial", "gap", "suspect", "stale", "no_rate", "no_price", "no_cpi", "no_bill")
_DEEPEST: Final = 1000
_DAY: Final = timedelta(days=1)
_SUMMED: Final = frozenset({"period_return", "pair_return"})
"""Sorted when stored: threads return rows in any order, and the last bit of a sum depends on it."""


@dataclass(frozen=True)
class Figure:
    """One metric of one instrument."""

    instrument_id: str
    metric: str
    value: float | None
    unit: str
    """fraction, ratio or log."""
    n: int
    """Number of returns used."""
    first_session: date | None
    last_session: date | None
    periods_per_year: float | None
    """The annualisation factor; None if the figure is not annualised."""
    basis: str
    currency: str
    quality: str
    """Flags joined by commas; empty if there is none."""
    reason: str | None
    """Why there is no value."""
    start_session: date | None = None
    """Start of the described period or drawdown."""
    end_session: date | None = None
    """End of the period; for a drawdown, its low."""
    recovery_session: date | None = None


@dataclass(frozen=True)
class Drawdown:
    """One drawdown; depth is a fraction, rank 1 is the deepest."""

    instrument_id: str
    rank: int
    depth: float
    peak_session: date
    trough_session: date
    recovery_session: date | None
    quality: str


@dataclass(frozen=True)
class RollingReturn:
    """Total returns of all windows of `years` years that start and end at a month's end;
    fractions."""

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
    """Share of `pairs` windows with a higher return than the benchmark; None without one."""
    pairs: int
    quality: str


@dataclass(frozen=True)
class Metrics(Answer):
    """Figures of instruments over one window."""

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
    as_of: datetime | None
    strict: bool
    figures: tuple[Figure, ...]
    drawdowns: tuple[Drawdown, ...]
    rolling: tuple[RollingReturn, ...]
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def shown(self) -> list[Mapping[str, object]]:
        """One row per metric, one column per instrument."""
        rows: dict[str, dict[str, object]] = {}
        for one in self.figures:
            row = rows.setdefault(one.metric, {"metric": one.metric})
            row[one.instrument_id] = one.reason if one.value is None else one.value
        return list(rows.values())

    def figure(self, instrument_id: str, metric: str) -> Figure:
        """The figure of an instrument; `KeyError` if it was not requested."""
        for figure in self.figures:
            if (figure.instrument_id, figure.metric) == (instrument_id, metric):
                return figure
        raise KeyError(f"no {metric} of {instrument_id} in this answer")


@dataclass(frozen=True)
class Window:
    """A window, and the parameters of the SQL that reads its temporary relations."""

    first: date
    last: date
    values: Mapping[str, object]


def metrics(reader: Reader, terms: Terms, *, deepest: int = 5, annualise_short: bool = False) -> Metrics:
    """Compute every metric of the instruments (and the benchmark) from `start` to `end`; fractions.

    `Lake.metrics` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("metrics", *TAKES)
    one_of("frequency", terms.frequency, FREQUENCIES)
    if not 0 <= deepest <= _DEEPEST:
        raise UsageError(f"deepest is {deepest}, must be 0 to {_DEEPEST}")
    terms = with_ids(reader.listing, terms)
    terms.check_ids()
    scope = resolve(reader.listing, terms)
    with held(reader, scope, SCOREBOARD, {"annualise_short": annualise_short}) as window:
        reader.hold("drawdown", table("drawdown", window.values), {})
        every = tuple(_all_figures(reader, scope, window.values))
        drawdowns, rolling = _drawdowns(reader, scope, window, every), _rolling(reader, scope, window, every)
    return Metrics(
        instruments=terms.named,
        start=window.first,
        end=window.last,
        frequency=terms.frequency,
        sessions=terms.sessions,
        basis=terms.basis,
        currency=scope.currency,
        real=terms.real,
        benchmark=terms.benchmark,
        risk_free=0.0 if terms.risk_free is None else terms.risk_free,
        as_of=terms.as_of,
        strict=terms.strict,
        figures=every,
        drawdowns=tuple(one for one in drawdowns if one.rank <= deepest),
        rolling=rolling,
        notes=metric_notes(scope, every),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


@contextmanager
def held(
    reader: Reader, scope: Scope, relations: Sequence[str], more: Mapping[str, object] | None = None
) -> Iterator[Window]:
    """The temporary relations of the metrics for a window, in order of dependency.

    They are dropped at the end.
    """
    with reader.scratch():
        values = scope.values() | dict(more or {})
        reader.hold(BARS, bars(scope.bars, values), {})
        first, last = _window(reader, scope)
        values |= {"first_day": first, "last_day": last, "due_day": _due_day(reader, scope.terms)}
        for name in relations:
            order = " ORDER BY ALL" if name in _SUMMED else ""
            reader.hold(name, f"SELECT * FROM ({relation(name, values)}){order}", {})  # noqa: S608
        yield Window(first, last, values)


def metric_notes(scope: Scope, figures: Sequence[Figure]) -> tuple[str, ...]:
    """The notes that apply to the figures of a window."""
    t = scope.terms
    calendars = {i.calendar for i in scope.wanted}
    pairs = t.benchmark is not None and t.sessions == "own" and len(calendars) > 1
    used = (
        "each one's own last session of a month"
        if t.frequency == "monthly"
        else "the sessions that both have"
    )
    return (
        *scope_notes(scope),
        *([f"figures against the benchmark use {used}"] if pairs else []),
        *flag_notes(figures, NOTED),
    )


def _window(reader: Reader, scope: Scope) -> tuple[date, date]:
    """The requested dates; by default, the span that all instruments have."""
    t = scope.terms
    text = f"WITH bar AS (SELECT * FROM {BARS}) {statement('metric_input/bar_span')}"  # noqa: S608
    stored = {row["instrument_id"]: row for row in reader.records(text) if row["instrument_id"] in t.named}
    for instrument in scope.wanted:
        if instrument.id not in stored:
            raise no_bars(reader, instrument.id, t)
    first = t.start or max(row["earliest"] for row in stored.values()) + _DAY
    last = t.end or min(row["latest"] for row in stored.values())
    if first > last:
        raise UsageError(f"there is no session to measure from {first} to {last}; choose other dates")
    return first, last


def _due_day(reader: Reader, terms: Terms) -> date:
    """The last day whose sessions were over when the lake was built, or at the as-of moment
    before."""
    built = reader.about.built_at.astimezone(UTC).date()
    known = built if terms.as_of is None else min(built, terms.as_of.astimezone(UTC).date())
    return min(known - _DAY, terms.end or date.max)


def _all_figures(reader: Reader, scope: Scope, values: Mapping[str, object]) -> Iterator[Figure]:
    benchmark = scope.terms.benchmark
    for metric in METRICS:
        if metric.kind == "pair" and benchmark is None:
            continue
        rows = {row["instrument_id"]: row for row in reader.records(figures(metric, values))}
        for instrument in scope.wanted:
            if metric.kind != "pair" or instrument.id != benchmark:
                yield _figure(scope, metric, instrument, rows.get(instrument.id))


def _figure(scope: Scope, metric: Metric, instrument: Listed, row: Record | None) -> Figure:
    if row is None:
        row = {
            "instrument_id": instrument.id,
            "metric": metric.name,
            "value": None,
            "n": 0,
            "first_session": None,
            "last_session": None,
            "periods_per_year": None,
            "basis": basis_of(instrument, scope.terms.basis),
            "currency": scope.currency,
            "quality": "partial",
        }
    reason = row.pop("reason", None)
    if row["value"] is None and reason is None:
        reason = _reason(row)
    return Figure(unit=metric.unit, reason=reason, **row)


def _reason(row: Record) -> str:
    if row["n"] == 0:
        return "no return in the window"
    for flag, words in (
        ("no_rate", "no reference rate"),
        ("no_cpi", "no consumer price index"),
        ("no_price", "no price"),
    ):
        if row["periods_per_year"] is None and flag in row["quality"].split(","):
            return f"{words} at an end of the window"
    return "too few returns, or they do not vary"


def _drawdowns(reader: Reader, scope: Scope, window: Window, figures: Sequence[Figure]) -> list[Drawdown]:
    order = scope.terms.named
    quality = {f.instrument_id: f.quality for f in figures if f.metric == "volatility"}
    rows = reader.records("SELECT * FROM drawdown")
    rows.sort(key=lambda row: (order.index(row["instrument_id"]), row["rank"]))
    return [Drawdown(**row, quality=quality[row["instrument_id"]]) for row in rows]


def _rolling(
    reader: Reader, scope: Scope, window: Window, figures: Sequence[Figure]
) -> tuple[RollingReturn, ...]:
    order = scope.terms.named
    own = {f.instrument_id: f.quality for f in figures if f.metric == "volatility"}
    against = own | {f.instrument_id: f.quality for f in figures if f.metric == "correlation"}
    rows = reader.records(table("rolling_return", window.values))
    rows.sort(key=lambda row: (order.index(row["instrument_id"]), row["years"]))
    return tuple(RollingReturn(**row, quality=against[row["instrument_id"]]) for row in rows)
