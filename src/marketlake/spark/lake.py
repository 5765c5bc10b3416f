"""A lake as Spark reads it: stored files by their schema, and the small tables that configuration gives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from ..schema import TABLES
from ..store.layout import YEARLY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TYPES: Final = {
    pa.string(): "STRING",
    pa.date32(): "DATE",
    pa.float64(): "DOUBLE",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", "UTC"): "TIMESTAMP_LTZ",
    pa.list_(pa.string()): "ARRAY<STRING>",
}
_PATTERN: Final = re.compile(r"([\[\]{}*?\\])")
_YEARLY: Final = pa.schema([("asset_class", pa.string()), ("year", pa.int32())])
_MONTHLY: Final = pa.schema([("month", pa.string())])


def stored_table(session: SparkSession, root: Path, table: str) -> DataFrame:
    """All rows of a stored table, with what its folders say beside."""
    folders = _YEARLY if table in YEARLY else _MONTHLY
    columns = ddl(pa.schema([*TABLES[table], *folders]))
    return session.read.schema(columns).parquet(address(root.resolve() / table))


def stored_rows(session: SparkSession, files: list[Path], table: str) -> DataFrame:
    """The rows of these files of a table, in its own columns."""
    return session.read.schema(ddl(TABLES[table])).parquet(*(address(path) for path in files))


def ddl(schema: pa.Schema) -> str:
    """The columns of a table as Spark declares them."""
    return ", ".join(f"`{field.name}` {_TYPES[field.type]}" for field in schema)


def address(path: Path) -> str:
    """The path as Spark takes it: on the machine's own files, no character in it a pattern."""
    return "file:" + _PATTERN.sub(r"\\\1", str(path))
