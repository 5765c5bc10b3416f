"""Open a lake with Spark: stored files by their schema, and small tables from the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from ...model import layout
from ...model.errors import CorruptLakeError, LakeChangedError
from ...model.instruments import Universe
from ...model.layout import DATABASE
from ...model.location import shown
from ...model.schema import MARTS, TABLES
from ...store.manifest import Manifest
from ...store.verify import assert_whole
from ...store.writer import open_manifest
from ..build import calendar_session_table, instrument_table, lake_table
from ..duck import connect
from ..listing import LISTING, listing_of
from ..reader import About
from ..scoreboard_sql import WIDER
from ..sql_text import bound, statement
from .reader import SparkReader, spark_errors
from .session import opened

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


def stored_table(session: SparkSession, root: Path, manifest: Manifest, table: str) -> DataFrame:
    """All rows of a yearly table, with its partition columns."""
    columns = ddl(pa.schema([*TABLES[table], ("asset_class", pa.string()), ("year", pa.int32())]))
    reading = session.read.schema(columns).option("basePath", f"file:{root.resolve() / table}")
    return reading.parquet(*(address(root.resolve() / path) for path in manifest.paths(table)))


def stored_rows(session: SparkSession, files: list[Path], table: str) -> DataFrame:
    """The rows of these files of a table, without partition columns."""
    return session.read.schema(ddl(TABLES[table])).parquet(*(address(path) for path in files))


def ddl(schema: pa.Schema) -> str:
    """The columns of a table in Spark's DDL."""
    return ", ".join(f"`{field.name}` {_TYPES[field.type]}" for field in schema)


def address(path: Path) -> str:
    """The path as a `file:` URI for Spark, with glob characters escaped."""
    return "file:" + _PATTERN.sub(r"\\\1", str(path))


_SUSPECT: Final = pa.schema(
    [
        ("instrument_key", pa.int64()),
        ("instrument_id", pa.string()),
        ("session", pa.date32()),
        ("checks", pa.string()),
        ("of_price", pa.bool_()),
    ]
)
_STORED: Final = ("bar", "revision", "daily_return", "internal_fall", "year_state", "year_level")


@dataclass(frozen=True)
class SparkEngine:
    """Spark at `master` (see `spark_session`), with the current configuration of instruments."""

    universe: Universe
    now: datetime
    """The moment at which staleness is judged; for `market.duckdb` it is the build."""
    master: str | None = None

    @contextmanager
    def open(self, lake: Path, tables: Sequence[str] = ()) -> Iterator[SparkReader]:
        """The lake with these tables of `sql/mart`, in order of dependency."""
        manifest = open_manifest(lake)
        _assert_whole(lake, manifest)
        about = About(manifest.snapshot, manifest.origin, self.now)
        with opened(self.master) as session:
            reader = SparkReader(session, lake, about, {})
            with spark_errors():
                for table in _STORED:
                    reader.store(table, stored_table(session, lake, manifest, table))
            self._configured(reader, manifest)
            reader.store("bar_version", reader.frame(statement("view/bar_version")))
            for table in tables:
                _TABLES.get(table, _store_mart)(reader, table)
            yield reader
        if open_manifest(lake) != manifest:
            raise LakeChangedError(
                f"{shown(lake)} was written while it was read, so the answer may be of two states; ask again"
            )

    def _configured(self, reader: SparkReader, manifest: Manifest) -> None:
        about = reader.about
        first = min(_years(manifest), default=self.now.year)
        sessions = calendar_session_table(self.universe.calendars, first, self.now.year)
        listed = instrument_table(self.universe)
        place = pa.array(range(len(listed)), pa.int64())
        reader.store_rows("instrument", listed.append_column("rowid", place))
        reader.store_rows("calendar_session", sessions)
        reader.store_rows("suspect_session", _suspects(reader.lake))
        root = shown(reader.lake)
        rows = lake_table(root, about.snapshot, about.origin, self.now)
        reader.store_rows("lake", rows)
        reader.listing = listing_of(reader.records(LISTING))


def _suspects(lake: Path) -> pa.Table:
    """The table of the last build; checks run in DuckDB only. Without a build nothing is in doubt."""
    if not (lake / DATABASE).exists():
        return _SUSPECT.empty_table()
    with connect(str(lake / DATABASE), access_mode="READ_ONLY") as connection:
        return connection.execute("FROM suspect_session").to_arrow_table().cast(_SUSPECT)


def _assert_whole(lake: Path, manifest: Manifest) -> None:
    """Spark skips a missing file of a folder, so the manifest is compared."""
    assert_whole(lake, manifest)
    marts = (path for table in MARTS for path in manifest.paths(table))
    lost = next((lake / path for path in marts if not (lake / path).exists()), None)
    if lost is not None:
        raise CorruptLakeError(f"{lost} is missing: `marketlake build` makes it again")


def _years(manifest: Manifest) -> Iterator[int]:
    """The years with bars."""
    paths = manifest.paths("bar")
    return (layout.year_of(path) for path in paths if layout.asset_class_of(path) != "none")


def _store_mart(reader: SparkReader, table: str) -> None:
    reader.hold(f"held_{table}", statement(f"mart/{table}"), {})
    reader.store(table, reader.frame(f"SELECT * FROM held_{table}"))  # noqa: S608 (names are ours)


def _block_state(reader: SparkReader, table: str) -> None:
    """Blocks of one year, then wider ones, each merged from two of half the width."""
    _store_mart(reader, table)
    widths = [f"held_{table}"]
    for years in WIDER:
        widths.append(f"held_{table}_{years}")
        reader.hold(widths[-1], bound(statement("mart/block_merge"), {"years": years}), {})
        reader.store(table, reader.frame(f"SELECT * FROM {widths[-1]}"))  # noqa: S608 (names are ours)
    together = " UNION ALL ".join(f"SELECT * FROM {width}" for width in widths)  # noqa: S608 (names are ours)
    reader.store(table, reader.frame(together))


def _year_block(reader: SparkReader, table: str) -> None:
    text = bound(statement("mart/year_block"), {"widest": WIDER[-1]})
    reader.store(table, reader.frame(text))


_TABLES: Final = {"block_state": _block_state, "year_block": _year_block}
