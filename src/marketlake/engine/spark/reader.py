"""Run the SQL texts on Spark: translate the few words in which Spark SQL differs from DuckDB.

The translation is word by word and independent of the query, so that a text means the same on both
engines:

    main.bar, internal.fall      main_bar, internal_fall: a temporary view belongs to no schema
    0.5                          0.5D: Spark would divide decimals, to a few digits
    VARCHAR, TIMESTAMPTZ         STRING, TIMESTAMP_LTZ
    CAST(['A'] AS VARCHAR[])     CAST(array('A') AS ARRAY<STRING>)
    list_contains, len, unnest   array_contains, size, explode
    make_timestamptz, epoch_us   timestamp_micros, unix_micros
    max_by(x, y), min_by(x, y)   DuckDB ignores rows where x is null, Spark does not
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...model.errors import CorruptLakeError, LakeError
from ..listing import Listing
from ..reader import About, Record, Values
from ..scoreboard_sql import scoreboard_parts, window_values
from ..sql_text import bound, statement

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


_WORDS: Final = {
    "main.": "main_",
    "internal.": "internal_",
    "VARCHAR[]": "ARRAY<STRING>",
    "VARCHAR": "STRING",
    "TIMESTAMPTZ": "TIMESTAMP_LTZ",
    "list_contains": "array_contains",
    "len": "size",
    "unnest": "explode",
    "make_timestamptz": "timestamp_micros",
    "epoch_us": "unix_micros",
    "[": "array(",
    "]": ")",
}
_QUOTED: Final = r"'(?:[^']|'')*'"
_TOKEN: Final = re.compile(
    rf"""
    {_QUOTED}
    | (?P<word> \b(?:main|internal)\.(?=[a-z_]) | \bVARCHAR\[\] | \b(?:VARCHAR|TIMESTAMPTZ)\b
        | \b(?:list_contains|len|unnest|make_timestamptz|epoch_us)(?=\() | [\[\]] )
    | (?P<decimal> (?<![\w.]) \d+\.\d+ (?![\w.]) )
    """,
    re.VERBOSE,
)
_BY: Final = re.compile(rf"{_QUOTED}|\b(?P<name>max_by|min_by)\(")
_PART: Final = re.compile(rf"{_QUOTED}|[(),]")


def spark_text(text: str) -> str:
    """A SQL text without comments as Spark SQL."""
    return _without_null(_TOKEN.sub(_word, text))


def _word(match: re.Match[str]) -> str:
    if match["decimal"]:
        return f"{match['decimal']}D"
    return _WORDS[match["word"]] if match["word"] else match[0]


def _without_null(text: str) -> str:
    """Each `max_by(x, y)` with y set to null where x is null."""
    done, rest = [], text
    while match := next((hit for hit in _BY.finditer(rest) if hit["name"]), None):
        value, order, end = _arguments(rest, match.end())
        done.append(f"{rest[: match.end()]}{value}, CASE WHEN ({value}) IS NOT NULL THEN{order} END)")
        rest = rest[end:]
    return "".join([*done, rest])


def _arguments(text: str, start: int) -> tuple[str, str, int]:
    """The two arguments of the call after `start`, and its end."""
    comma = -1
    for sign, at in _outermost(text, start):
        if sign == ",":
            comma = at
        if sign == ")":
            return text[start:comma], text[comma + 1 : at], at + 1
    raise ValueError(f"a call is not closed: {text[start : start + 60]}")


def _outermost(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The top-level commas of a call, and its closing bracket."""
    depth = 0
    for match in _PART.finditer(text, start):
        sign = match[0]
        if depth == 0 and sign in (",", ")"):
            yield sign, match.start()
        depth += (sign == "(") - (sign == ")")


_UNREADABLE: Final = ("FAILED_READ_FILE", "CANNOT_READ_FILE", "PATH_NOT_FOUND", "FILE_NOT_EXIST")


@dataclass
class SparkTables:
    """A Spark session that runs the SQL texts; relations are temporary views."""

    session: SparkSession

    def records(self, text: str, values: Values | None = None) -> list[Record]:
        """The rows of a text, by column name."""
        with spark_errors():
            rows: list[Record] = self._frame(text, values or {}).toArrow().to_pylist()
        return rows

    def arrow(self, text: str) -> pa.Table:
        """The rows of a text without parameters."""
        with spark_errors():
            return self._frame(text, {}).toArrow()

    def hold(self, relation: str, text: str, values: Values) -> None:
        """Compute a relation once, for the texts after it.

        A checkpoint drops the lineage, which would grow with every relation that reads another.
        """
        with spark_errors():
            self._frame(text, values).localCheckpoint().createOrReplaceTempView(relation)

    def define(self, relation: str, text: str) -> None:
        """A relation that is computed on use."""
        with spark_errors():
            self._frame(text, {}).createOrReplaceTempView(relation)

    def store(self, relation: str, frame: DataFrame) -> None:
        """A relation of the lake; texts use its full name where one of their parts shadows it."""
        with spark_errors():
            frame.createOrReplaceTempView(relation)
            for schema in ("main", "internal"):
                frame.createOrReplaceTempView(f"{schema}_{relation}")

    def store_rows(self, relation: str, rows: pa.Table) -> None:
        """As `store`, for an Arrow table."""
        from pyspark.sql.pandas.types import from_arrow_schema

        with spark_errors():
            # Spark Connect reads no types from a table without rows
            if len(rows):
                frame = self.session.createDataFrame(rows.combine_chunks())
            else:
                frame = self.session.createDataFrame([], from_arrow_schema(rows.schema))
            self.store(relation, frame)

    def frame(self, text: str) -> DataFrame:
        """The rows of a text without parameters, not computed yet."""
        with spark_errors():
            return self._frame(text, {})

    def _frame(self, text: str, values: Values) -> DataFrame:
        return self.session.sql(spark_text(bound(text, values)))


@dataclass
class SparkReader(SparkTables):
    """`engine.reader.Reader` on Spark."""

    lake: Path
    about: About
    listing: Listing
    current: bool = False
    """The tables of the database are not read."""

    def chained(self, parts: Mapping[str, str], final: str, values: Values) -> list[Record]:
        """The rows of a text over its parts; each part is computed only once."""
        for relation, name in parts.items():
            self.hold(relation, statement(name), values)
        return self.records(statement(final), values)

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """A relation stays until another replaces it: each answer has its own session."""
        yield

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        """The scoreboard of a window, as a relation."""
        for relation, name in scoreboard_parts(first, last).items():
            self.hold(relation, statement(name), window_values(first, last, basis))
        return "scoreboard"


@contextmanager
def spark_errors() -> Iterator[None]:
    """Convert Spark's errors, with the line of the message that has the cause."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        cause = _cause(error)
        if any(word in cause for word in _UNREADABLE):
            remedy = "run `marketlake verify`, which names every damaged file"
            raise CorruptLakeError(f"Spark cannot read the lake ({cause[:300]}); {remedy}") from error
        raise LakeError(f"Spark failed: {cause[:300]}") from error


def _cause(error: Exception) -> str:
    """The line with the cause: an unreadable file is reported below the failed operation."""
    java = getattr(error, "java_exception", None)
    lines = [str(java.toString()) if java is not None else "", *str(error).splitlines()]
    unreadable = (text for text in lines if any(f"[{word}" in text for word in _UNREADABLE))
    line = next(unreadable, next((text for text in lines if text.strip()), ""))
    return line[max(line.find("["), 0) :].split("\n", 1)[0]
