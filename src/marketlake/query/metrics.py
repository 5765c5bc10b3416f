"""Return and risk of one or many instruments over a window, from the bars themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from .connection import steady
from .engine import DUCKDB, Engine
from .metric_answer import Metrics
from .metric_figures import answers
from .metric_notes import metric_notes
from .metric_prepared import prepared
from .metric_question import MetricQuestion
from .metric_texts import SCOREBOARD


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
