"""A Spark session that our texts run on: relations are temporary views, answers come back as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ..errors import CorruptLakeError, LakeError
from ..query.scoreboard_texts import scoreboard_parts, window_values
from ..query.text import bound, statement
from .dialect import spark_text

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_UNREADABLE: Final = ("FAILED_READ_FILE", "CANNOT_READ_FILE", "PATH_NOT_FOUND", "FILE_NOT_EXIST")


@dataclass(frozen=True)
class Rows:
    """An answer, in the way of Python's databases."""

    table: pa.Table

    @property
    def description(self) -> list[tuple[str]]:
        return [(name,) for name in self.table.column_names]

    def fetchall(self) -> list[tuple[Any, ...]]:
        columns = [column.to_pylist() for column in self.table.columns]
        return list(zip(*columns, strict=True))

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(iter(self.fetchall()), None)


@dataclass(frozen=True)
class SparkReader:
    """What the questions of `query` ask of an engine, on Spark."""

    session: SparkSession

    def execute(self, text: str, /) -> Rows:
        """The answer to a text without parameters."""
        with spark_errors():
            return Rows(self._frame(text, {}).toArrow())

    def records(self, text: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        """The rows of a text, by column name."""
        with spark_errors():
            rows: list[dict[str, Any]] = self._frame(text, values).toArrow().to_pylist()
        return rows

    def hold(self, relation: str, text: str, values: Mapping[str, object]) -> None:
        """Compute a relation once, for the texts after it.

        Without its lineage: a plan of plans would grow with every relation that reads another.
        """
        with spark_errors():
            self._frame(text, values).localCheckpoint().createOrReplaceTempView(relation)

    def define(self, relation: str, text: str) -> None:
        """A relation that is computed where it is read."""
        with spark_errors():
            self._frame(text, {}).createOrReplaceTempView(relation)

    def chained(
        self, parts: Mapping[str, str], final: str, values: Mapping[str, object]
    ) -> list[dict[str, Any]]:
        """The rows of a text over its parts, each computed once: Spark repeats one that two others read."""
        for relation, name in parts.items():
            self.hold(relation, statement(name), values)
        return self.records(statement(final), values)

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        """The scoreboard of a window, as a relation."""
        for relation, name in scoreboard_parts(first, last).items():
            self.hold(relation, statement(name), window_values(first, last, basis))
        return "scoreboard"

    def store(self, relation: str, frame: DataFrame) -> None:
        """A relation of the lake, which texts call by its full name where a part of theirs shadows it."""
        with spark_errors():
            frame.createOrReplaceTempView(relation)
            frame.createOrReplaceTempView(f"main_{relation}")

    def store_rows(self, relation: str, rows: pa.Table) -> None:
        """As `store`, of a small table of our own."""
        with spark_errors():
            self.store(relation, self.session.createDataFrame(rows.combine_chunks()))

    def frame(self, text: str) -> DataFrame:
        """What a text without parameters says, not computed yet."""
        with spark_errors():
            return self._frame(text, {})

    def _frame(self, text: str, values: Mapping[str, object]) -> DataFrame:
        return self.session.sql(spark_text(bound(text, values)))


@contextmanager
def spark_errors() -> Iterator[None]:
    """Turn Spark's failures into ours, with the first line of what it says."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        said = _told(error)
        if any(word in said for word in _UNREADABLE):
            remedy = "run `marketlake verify`, which names every damaged file"
            raise CorruptLakeError(f"Spark cannot read the lake ({said[:300]}); {remedy}") from error
        raise LakeError(f"Spark does not answer: {said[:300]}") from error


def _told(error: Exception) -> str:
    """The line that says why: that a file cannot be read stands below what was being done."""
    java = getattr(error, "java_exception", None)
    lines = [str(java.toString()) if java is not None else "", *str(error).splitlines()]
    unreadable = (line for line in lines if any(f"[{word}" in line for word in _UNREADABLE))
    said = next(unreadable, next((line for line in lines if line.strip()), ""))
    return said[max(said.find("["), 0) :].split("\n", 1)[0]
