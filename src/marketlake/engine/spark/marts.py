"""Compute the stored marts with Spark, for all instruments and years of an asset class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from ...model.schema import INTERNAL_CLOSE, MARTS
from ..mart_maker import COMPUTED, STEPS, Members, Part, Sources, member_table, part_text, recipe
from ..sql_text import statement
from .engine import stored_rows
from .reader import SparkTables, spark_errors
from .session import opened

_CACHED: Final = frozenset({"return_index", "daily_step", "year_sum", "year_end", "year_state", "year_level"})
"""Computed once and cached; only one text reads each of the others."""


@dataclass(frozen=True)
class SparkMaker:
    """Spark at `master` (see `spark_session`)."""

    master: str | None = None

    def recipe(self) -> str:
        """Changes whenever results may change: the texts and the engine."""
        from pyspark import __version__

        return recipe(f"spark {__version__}")

    @contextmanager
    def last_closes(self) -> Iterator[Callable[[Path], pa.Table]]:
        """A function that computes `internal_close` of the instruments in one year's bars."""
        with opened(self.master) as session:
            reader = SparkTables(session)

            def closes(bars: Path) -> pa.Table:
                _stored(reader, "stored_bar", [bars])
                return reader.arrow(statement("mart/internal_close")).cast(INTERNAL_CLOSE)

            yield closes

    def marts(self, sources: Sources, years: Iterable[Members]) -> Iterator[Part]:
        """The marts of each year in turn, with rows in the order of instruments."""
        parts = list(years)
        with opened(self.master) as session:
            reader = SparkTables(session)
            _compute(reader, sources, parts)
            for part in parts:
                yield part.year, {table: _rows(reader, table, part.year) for table in COMPUTED}


def _compute(reader: SparkTables, sources: Sources, parts: list[Members]) -> None:
    for relation, rows in _small_tables(sources, parts).items():
        reader.store_rows(relation, rows)
    _stored(reader, "stored_bar", list(sources.bars.values()))
    _stored(reader, "bill_bar", list(sources.bills))
    for relation, name in STEPS.items():
        if relation in _CACHED:
            reader.hold(relation, statement(name), {})
        else:
            reader.define(relation, statement(name))


def _rows(reader: SparkTables, table: str, year: int) -> pa.Table:
    return reader.arrow(part_text(table, year)).cast(MARTS[table])


def _small_tables(sources: Sources, parts: list[Members]) -> dict[str, pa.Table]:
    members = member_table(parts)
    tables = {"member": members, "instrument": members, "bill": sources.bill}
    return tables | {"calendar_session": sources.sessions}


def _stored(reader: SparkTables, relation: str, files: list[Path]) -> None:
    with spark_errors():
        reader.store(relation, stored_rows(reader.session, files, "bar"))
