"""Our texts on Spark: the few words in which Spark SQL differs from what DuckDB runs as it is.

Everything else is common to both. What is here is decided word by word, never by what a query means, so that
a text says the same on either engine:

    main.bar                     main_bar: a temporary view belongs to no schema
    0.5                          0.5D: Spark would divide decimals, to a few digits
    VARCHAR, TIMESTAMPTZ         STRING, TIMESTAMP_LTZ
    CAST(['A'] AS VARCHAR[])     CAST(array('A') AS ARRAY<STRING>)
    list_contains, len, unnest   array_contains, size, explode
    make_timestamptz, epoch_us   timestamp_micros, unix_micros
    max_by(x, y), min_by(x, y)   rows without an x do not count in DuckDB, and do in Spark
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
    | (?P<word> \bmain\.(?=[a-z_]) | \bVARCHAR\[\] | \b(?:VARCHAR|TIMESTAMPTZ)\b
        | \b(?:list_contains|len|unnest|make_timestamptz|epoch_us)(?=\() | [\[\]] )
    | (?P<decimal> (?<![\w.]) \d+\.\d+ (?![\w.]) )
    """,
    re.VERBOSE,
)
_BY: Final = re.compile(rf"{_QUOTED}|\b(?P<name>max_by|min_by)\(")
_PART: Final = re.compile(rf"{_QUOTED}|[(),]")


def spark_text(text: str) -> str:
    """One of our texts, without comments, as Spark SQL."""
    return _without_null(_TOKEN.sub(_word, text))


def _word(found: re.Match[str]) -> str:
    if found["decimal"]:
        return f"{found['decimal']}D"
    return _WORDS[found["word"]] if found["word"] else found[0]


def _without_null(text: str) -> str:
    """Each `max_by(x, y)` with the y of rows that have an x."""
    done, rest = [], text
    while found := next((hit for hit in _BY.finditer(rest) if hit["name"]), None):
        value, order, end = _arguments(rest, found.end())
        done.append(f"{rest[: found.end()]}{value}, CASE WHEN ({value}) IS NOT NULL THEN{order} END)")
        rest = rest[end:]
    return "".join([*done, rest])


def _arguments(text: str, start: int) -> tuple[str, str, int]:
    """The two arguments of a call that are written from `start` on, and where it ends."""
    comma = -1
    for sign, at in _outermost(text, start):
        if sign == ",":
            comma = at
        if sign == ")":
            return text[start:comma], text[comma + 1 : at], at + 1
    raise ValueError(f"a call is not closed: {text[start : start + 60]}")


def _outermost(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The commas of a call's own, and its closing bracket."""
    depth = 0
    for found in _PART.finditer(text, start):
        sign = found[0]
        if depth == 0 and sign in (",", ")"):
            yield sign, found.start()
        depth += (sign == "(") - (sign == ")")


_UNREADABLE: Final = ("FAILED_READ_FILE", "CANNOT_READ_FILE", "PATH_NOT_FOUND", "FILE_NOT_EXIST")


@dataclass
class SparkTables:
    """A Spark session that our texts run on; relations are temporary views."""

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

        Without its lineage: a plan of plans would grow with every relation that reads another.
        """
        with spark_errors():
            self._frame(text, values).localCheckpoint().createOrReplaceTempView(relation)

    def define(self, relation: str, text: str) -> None:
        """A relation that is computed where it is read."""
        with spark_errors():
            self._frame(text, {}).createOrReplaceTempView(relation)

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

    def _frame(self, text: str, values: Values) -> DataFrame:
        return self.session.sql(spark_text(bound(text, values)))


@dataclass
class SparkReader(SparkTables):
    """What an answer needs of an engine (`engine.reader.Reader`), on Spark."""

    lake: Path
    about: About
    listing: Listing

    def chained(self, parts: Mapping[str, str], final: str, values: Values) -> list[Record]:
        """The rows of a text over its parts, each computed once: Spark repeats one that two others read."""
        for relation, name in parts.items():
            self.hold(relation, statement(name), values)
        return self.records(statement(final), values)

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """A held relation stays until one of its name takes its place: the session is one answer's own."""
        yield

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        """The scoreboard of a window, as a relation."""
        for relation, name in scoreboard_parts(first, last).items():
            self.hold(relation, statement(name), window_values(first, last, basis))
        return "scoreboard"


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
