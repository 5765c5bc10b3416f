"""Run one SQL text on DuckDB and Spark over the same rows and compare the results."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from marketlake.engine.metric_sql import DAY_NUMBER
from marketlake.engine.spark.reader import SparkTables
from marketlake.engine.sql_text import bound

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = dict[str, Any]
Values = Mapping[str, object]
RELATIVE, ABSOLUTE = 1e-12, 1e-15
"""How far figures may be apart; all else must be equal. The second is for what is nothing but rounding."""


@dataclass(frozen=True)
class Pair:
    """What each engine gave to a text."""

    file: str
    duck: pa.Table
    spark: pa.Table


@dataclass(frozen=True)
class Both:
    """Relations of the same names stand on both engines; each goes on from its own."""

    duck: duckdb.DuckDBPyConnection
    spark: SparkTables
    pairs: list[Pair] = field(default_factory=list)
    standing: dict[str, DataFrame] = field(default_factory=dict)
    """The relations of the lake, which a text's own may shadow, as Spark has them."""
    shadowed: set[str] = field(default_factory=set)
    """Those that one does."""

    def table(self, relation: str, rows: pa.Table) -> None:
        """A table of the lake that both are given."""
        self.duck.register("incoming", rows)
        self.duck.execute(f"CREATE TABLE lake.{relation} AS FROM incoming")
        self.duck.unregister("incoming")
        # in one piece, and known to be, so that nothing is shuffled to where it already is
        whole = self.spark.session.createDataFrame(rows.combine_chunks()).coalesce(1)
        self.spark.store(relation, whole)
        self._stands(relation)

    def stand(self, relation: str, file: str, text: str, values: Values | None = None) -> None:
        """What a text says becomes a relation of the lake."""
        self.ask(file, text, values, relation)
        self.duck.execute(f"CREATE OR REPLACE TABLE lake.{relation} AS FROM temp.{relation}")
        self.duck.execute(f"DROP TABLE temp.{relation}")
        self.spark.store(relation, self.spark.frame(f"SELECT * FROM {relation}"))
        self._stands(relation)

    def ask(self, file: str, text: str, values: Values | None = None, relation: str | None = None) -> None:
        """What a text says, kept as a relation for those after it where it has a name."""
        query = bound(text, values or {})
        # here the parts of a text are temporary tables, and DuckDB's temporary schema is called main too
        own = re.sub(r"\b(main|internal)\.(?=[a-z])", "lake.", query)
        if relation is not None:
            self.duck.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {own}")
            self.spark.hold(relation, query, {})
            own = query = f"SELECT * FROM {relation}"
            self.shadowed.add(relation)
        duck = self.duck.execute(own).to_arrow_table()
        self.pairs.append(Pair(file, duck, self.spark.arrow(query)))

    def together(self, relation: str, parts: Sequence[str]) -> None:
        """All rows of several relations become one of the lake, as the lake itself puts them together."""
        text = " UNION ALL ".join(f"SELECT * FROM {part}" for part in parts)
        self.duck.execute(f"CREATE OR REPLACE TABLE lake.{relation} AS {text}")
        self.spark.store(relation, self.spark.frame(text))
        self._stands(relation)

    def _stands(self, relation: str) -> None:
        self.standing[relation] = self.spark.frame(f"SELECT * FROM main.{relation}")
        self.shadowed.discard(relation)

    def begin(self) -> None:
        """Forget every relation but those of the lake."""
        for (name,) in self.duck.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
            self.duck.execute(f"DROP TABLE temp.{name}")
        for name in self.shadowed.intersection(self.standing):
            self.spark.store(name, self.standing[name])
        self.shadowed.clear()


def empty() -> duckdb.DuckDBPyConnection:
    """A DuckDB as the lake's: days in UTC, rows in one order."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA lake")
    connection.execute("SET search_path = 'lake,main'")
    connection.execute(f"CREATE MACRO {DAY_NUMBER}")
    return connection


def differences(pair: Pair) -> list[str]:
    """Where the engines disagree, in words; empty when they do not."""
    duck, spark = pair.duck, pair.spark
    if len(duck) != len(spark):
        return [f"{len(duck)} rows in DuckDB, {len(spark)} in Spark"]
    if duck.column_names != spark.column_names:
        return [f"columns {duck.column_names} in DuckDB, {spark.column_names} in Spark"]
    return [
        f"{name} is {value!r} in DuckDB, {other[name]!r} in Spark: {one}"
        for one, other in zip(_sorted(duck), _sorted(spark), strict=True)
        for name, value in one.items()
        if not same(value, other[name])
    ]


def same(one: Any, other: Any) -> bool:
    """Equal, or numbers as near to each other as they must be."""
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(
            one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE
        )
    # a sum of whole numbers is a HUGEINT, which Arrow has as a decimal
    one = int(one) if isinstance(one, Decimal) else one
    return type(one) is type(other) and one == other


def _sorted(table: pa.Table) -> list[Row]:
    return sorted(table.to_pylist(), key=lambda row: [_place(value) for value in row.values()])


def _place(value: Any) -> tuple[bool, str]:
    """Numbers count in their first digits alone, after all that is exact."""
    if isinstance(value, Decimal):
        return False, repr(int(value))
    if isinstance(value, float):
        return True, f"{value:.6g}"
    if isinstance(value, date | datetime):
        return False, value.isoformat()
    return False, repr(value)
