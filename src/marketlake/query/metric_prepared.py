"""From a question to the relations that its metrics read, as temporary tables of one connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Final

from ..errors import EmptyLakeError, UsageError
from .connection import stored_files
from .engine import Engine, Reader
from .listing import read_listing
from .metric_asked import Asked, look_up, values_of
from .metric_figures import rows_of
from .metric_question import MetricQuestion
from .metric_texts import BARS, bars, relation
from .text import statement

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
