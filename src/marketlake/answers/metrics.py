"""The answer to `metrics`: plain values with all that must be said with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ..engine.listing import Listed, read_listing
from ..engine.metric_sql import BARS, METRICS, SCOREBOARD, Metric, bars, figures, relation, table
from ..engine.reader import DUCKDB, Engine, Reader, Runs, steady, stored_files
from ..engine.sql_text import statement
from ..model.errors import EmptyLakeError, UsageError
from .notes import basis_of, metric_notes
from .result import Rows
from .terms import Asked, MetricQuestion, look_up, values_of


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


Row = dict[str, Any]
Values = Mapping[str, object]


@dataclass(frozen=True)
class Found:
    """All answers, in the order in which the instruments were named."""

    figures: tuple[Figure, ...]
    drawdowns: tuple[Drawdown, ...]
    rolling: tuple[RollingReturn, ...]


def answers(connection: Runs, asked: Asked, values: Values) -> Found:
    """Every figure and table, over what `prepare` has made."""
    order, deepest = asked.question.wanted, asked.question.deepest
    every = tuple(_all_figures(connection, asked, values))
    alone = {f.instrument_id: f.quality for f in every if f.metric == "volatility"}
    beside = alone | {f.instrument_id: f.quality for f in every if f.metric == "correlation"}
    falls = rows_of(connection, table("drawdown", values))
    falls.sort(key=lambda row: (order.index(row["instrument_id"]), row["rank"]))
    rolling = rows_of(connection, table("rolling_return", values))
    rolling.sort(key=lambda row: (order.index(row["instrument_id"]), row["years"]))
    return Found(
        every,
        tuple(
            Drawdown(**row, quality=alone[row["instrument_id"]]) for row in falls if row["rank"] <= deepest
        ),
        tuple(RollingReturn(**row, quality=beside[row["instrument_id"]]) for row in rolling),
    )


def _all_figures(connection: Runs, asked: Asked, values: Values) -> Iterator[Figure]:
    for metric in METRICS:
        if metric.kind == "pair" and asked.question.benchmark is None:
            continue
        found = {row["instrument_id"]: row for row in rows_of(connection, figures(metric, values))}
        for instrument in asked.wanted:
            if metric.kind != "pair" or instrument.id != asked.question.benchmark:
                yield _figure(asked, metric, instrument, found.get(instrument.id))


def _figure(asked: Asked, metric: Metric, instrument: Listed, row: Row | None) -> Figure:
    if row is None:
        row = {
            "instrument_id": instrument.id,
            "metric": metric.name,
            "value": None,
            "n": 0,
            "first_session": None,
            "last_session": None,
            "periods_per_year": None,
            "basis": basis_of(instrument, asked.question.basis),
            "currency": asked.currency,
            "quality": "partial",
        }
    reason = row.pop("reason", None)
    if row["value"] is None and reason is None:
        reason = _reason(row)
    return Figure(unit=metric.unit, reason=reason, **row)


def _reason(row: Row) -> str:
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


def rows_of(connection: Runs, text: str) -> list[Row]:
    """The rows of a query, by column name."""
    answer = connection.execute(text)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


_DAY: Final = timedelta(days=1)
_SUMMED: Final = frozenset({"period_return", "pair_return"})
"""Kept sorted: threads leave the order of rows to chance, and the last bit of a sum goes by that order."""


@dataclass(frozen=True)
class Prepared:
    """A lake on which a question's relations stand, and the parameters of the texts."""

    reader: Reader
    asked: Asked
    first: date
    last: date
    values: dict[str, object]
    snapshot: str
    origin: str


@contextmanager
def prepared(
    lake: Path, question: MetricQuestion, relations: Sequence[str], engine: Engine
) -> Iterator[Prepared]:
    """What `question` (checked) needs of `relations`, in their order; the lake is closed at the end.

    Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`, also for what is done within.
    """
    with engine.open(lake) as reader:
        asked = look_up(question, read_listing(reader))
        with stored_files(lake):
            snapshot, origin, built = reader.execute(
                "SELECT snapshot, origin, CAST(built_at AS DATE) FROM main.lake"
            ).fetchone() or ("", "", date.min)
            values = values_of(asked)
            reader.hold(BARS, bars(_text(question), values), {})
            first, last = _window(reader, lake, asked)
            values |= {"first_day": first, "last_day": last, "due_day": _due_day(question, built)}
            for name in relations:
                order = " ORDER BY ALL" if name in _SUMMED else ""
                text = f"SELECT * FROM ({relation(name, values)}){order}"  # noqa: S608 (texts are ours)
                reader.hold(name, text, {})
            yield Prepared(reader, asked, first, last, values, snapshot, origin)


def _due_day(q: MetricQuestion, built: date) -> date:
    """Sessions up to here were over when the lake was built, or at the moment of as-of before it."""
    known = built if q.as_of is None else min(built, q.as_of.astimezone(UTC).date())
    return min(known - _DAY, q.end or date.max)


def _text(q: MetricQuestion) -> str:
    return "query/bar_as_of" if q.as_of else "query/bar_now"


def _window(reader: Reader, lake: Path, asked: Asked) -> tuple[date, date]:
    """The dates asked for; where left out, as far as all instruments reach."""
    q = asked.question
    bars_held = f"WITH bar AS (SELECT * FROM {BARS})"  # noqa: S608 (names are ours)
    spans = rows_of(reader, f"{bars_held} {statement('metric_input/bar_span')}")
    stored = {row["instrument_id"]: row for row in spans if row["instrument_id"] in q.wanted}
    for instrument in asked.wanted:
        if instrument.id not in stored:
            when = f" (known by {q.as_of})" if q.as_of else ""
            raise EmptyLakeError(
                f"no bars of {instrument.id} are stored in {lake}{when}; run `marketlake ingest`"
            )
    first = q.start or max(row["earliest"] for row in stored.values()) + _DAY
    last = q.end or min(row["latest"] for row in stored.values())
    if first > last:
        raise UsageError(f"there is no session to measure from {first} to {last}; choose other dates")
    return first, last


@steady
def metrics(
    lake: Path,
    ids: Sequence[str],
    *,
    start: date | None = None,
    end: date | None = None,
    benchmark: str | None = None,
    frequency: str = "daily",
    basis: str = "price",
    currency: str | None = None,
    real: bool = False,
    risk_free: float | str = 0.0,
    sessions: str = "own",
    annualise: float | None = None,
    annualise_short: bool = False,
    deepest: int = 5,
    as_of: datetime | None = None,
    strict: bool = False,
    engine: Engine = DUCKDB,
) -> Metrics:
    """Every metric of `ids` (and of the benchmark) from `start` to `end`, both included; fractions.

    The first return begins at the last session before `start`. Without dates: the span that all of them have.
    Without a currency: the one all are quoted in, else US dollars. `risk_free` is a yearly fraction or the id
    of a 13-week bill's discount yield, which is in dollars. `annualise` overrides the periods per year;
    `annualise_short` gives a yearly rate of less than a year too. `as_of` (aware) uses only what could be
    known then; with `strict`, what this lake itself held then.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    question = MetricQuestion(
        ids=tuple(dict.fromkeys(ids)),
        start=start,
        end=end,
        benchmark=benchmark,
        frequency=frequency,
        basis=basis,
        currency=currency,
        real=real,
        risk_free=risk_free,
        sessions=sessions,
        annualise=annualise,
        annualise_short=annualise_short,
        deepest=deepest,
        as_of=as_of,
        strict=strict,
    )
    question.check()
    with prepared(lake, question, SCOREBOARD, engine) as p:
        found = answers(p.reader, p.asked, p.values)
    return Metrics(
        instruments=question.wanted,
        start=p.first,
        end=p.last,
        frequency=frequency,
        sessions=sessions,
        basis=basis,
        currency=p.asked.currency,
        real=real,
        benchmark=benchmark,
        risk_free=risk_free,
        as_of=as_of.isoformat() if as_of else None,
        strict=strict,
        figures=found.figures,
        drawdowns=found.drawdowns,
        rolling=found.rolling,
        notes=metric_notes(question, p.asked.wanted, p.asked.currency, found.figures),
        snapshot=p.snapshot,
        origin=p.origin,
    )
