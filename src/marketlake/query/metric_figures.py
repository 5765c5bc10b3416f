"""From the texts to figures: the relations as temporary tables, then one query a metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .engine import Runs
from .listing import Listed
from .metric_answer import Drawdown, Figure, RollingReturn
from .metric_asked import Asked
from .metric_catalogue import METRICS, Metric
from .metric_texts import figures, table
from .notes import basis_of

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
