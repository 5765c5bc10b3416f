"""Return and risk of one or many instruments over a window, from the bars themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from ..errors import EmptyLakeError, UsageError
from .connection import open_lake, records, stored_files
from .listing import reach, read_listing
from .metric_answer import Metrics
from .metric_asked import Asked, look_up, values_of
from .metric_figures import answers, prepare
from .metric_notes import metric_notes
from .metric_question import MetricQuestion
from .text import chain


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
    deepest: int = 5,
) -> Metrics:
    """Every metric of `ids` (and of the benchmark) from `start` to `end`, both included; fractions.

    The first return begins at the last session before `start`. Without dates: the span that all of them have.
    Without a currency: the one all are quoted in, else US dollars. `risk_free` is a yearly fraction or the id
    of a 13-week bill's discount yield, which is in dollars. `annualise` overrides the periods per year.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    question = MetricQuestion(
        tuple(dict.fromkeys(ids)),
        start,
        end,
        benchmark,
        frequency,
        basis,
        currency,
        real,
        risk_free,
        sessions,
        annualise,
        deepest,
    )
    question.check()
    with open_lake(lake) as connection:
        asked = look_up(question, read_listing(connection))
        with stored_files(lake):
            first, last = _window(connection, lake, asked)
            values = values_of(asked, first, last)
            prepare(connection, values)
            found = answers(connection, asked, values)
        about = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    return Metrics(
        instruments=question.wanted,
        start=first,
        end=last,
        frequency=frequency,
        sessions=sessions,
        basis=basis,
        currency=asked.currency,
        real=real,
        benchmark=benchmark,
        risk_free=risk_free,
        figures=found.figures,
        drawdowns=found.drawdowns,
        rolling=found.rolling,
        notes=metric_notes(question, asked.wanted, asked.currency, found.figures),
        snapshot=about[0],
        origin=about[1],
    )


def _window(connection: duckdb.DuckDBPyConnection, lake: Path, asked: Asked) -> tuple[date, date]:
    """The dates asked for; where left out, as far as all instruments reach."""
    stored = {
        r["instrument_id"]: r
        for r in records(
            connection, chain({"bar": "query/bar_now"}, "metric_input/bar_span"), reach(asked.wanted)
        )
    }
    for instrument in asked.wanted:
        if instrument.id not in stored:
            raise EmptyLakeError(f"no bars of {instrument.id} are stored in {lake}; run `marketlake ingest`")
    q = asked.question
    first = q.start or max(r["earliest"] for r in stored.values()) + timedelta(days=1)
    last = q.end or min(r["latest"] for r in stored.values())
    if first > last:
        raise UsageError(f"there is no session to measure from {first} to {last}; choose other dates")
    return first, last
