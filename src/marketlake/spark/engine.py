"""The engine that `--engine spark` names: questions on the lake's Parquet, read by Spark itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from ..errors import CorruptLakeError
from ..instruments import Universe
from ..location import shown
from ..query.scoreboard_texts import WIDER
from ..query.tables import calendar_session_table, instrument_table, lake_table
from ..query.text import bound, statement
from ..schema_mart import MARTS
from ..store import layout
from ..store.lake import open_manifest
from ..store.manifest import Manifest
from ..store.verify import assert_whole
from .lake import stored_table
from .reader import SparkReader, spark_errors
from .session import opened

_STORED: Final = ("bar", "revision", "daily_return", "year_state", "year_level")


@dataclass(frozen=True)
class SparkEngine:
    """Spark at `master` (see `spark_session`), with the instruments as they are configured now."""

    universe: Universe
    now: datetime
    """What is stale is so at this moment; `market.duckdb` says as of its build."""
    master: str | None = None

    @contextmanager
    def open(self, lake: Path, tables: Sequence[str] = ()) -> Iterator[SparkReader]:
        """The lake with these tables of `sql/mart`, in the order in which they follow from each other."""
        manifest = open_manifest(lake)
        _assert_whole(lake, manifest)
        with opened(self.master) as session:
            reader = SparkReader(session)
            with spark_errors():
                for table in _STORED:
                    reader.store(table, stored_table(session, lake, table))
            self._configured(reader, lake, manifest)
            reader.store("bar_version", reader.frame(statement("view/bar_version")))
            for table in tables:
                _TABLES.get(table, _one)(reader, table)
            yield reader

    def _configured(self, reader: SparkReader, lake: Path, manifest: Manifest) -> None:
        origin, snapshot = manifest.origin, manifest.snapshot
        first = min(_years(manifest), default=self.now.year)
        sessions = calendar_session_table(self.universe.calendars, first, self.now.year)
        listed = instrument_table(self.universe)
        place = pa.array(range(len(listed)), pa.int64())
        reader.store_rows("instrument", listed.append_column("rowid", place))
        reader.store_rows("calendar_session", sessions)
        reader.store_rows("lake", lake_table(shown(lake), snapshot=snapshot, origin=origin, now=self.now))


def _assert_whole(lake: Path, manifest: Manifest) -> None:
    """A folder is read without a file that was lost, so the manifest is asked."""
    assert_whole(lake, manifest)
    marts = (path for table in MARTS for path in manifest.paths(table))
    lost = next((lake / path for path in marts if not (lake / path).exists()), None)
    if lost is not None:
        raise CorruptLakeError(f"{lost} is missing: `marketlake build` makes it again")


def _years(manifest: Manifest) -> Iterator[int]:
    """The years with bars."""
    paths = manifest.paths("bar")
    return (layout.year_of(path) for path in paths if layout.asset_class_of(path) != "none")


def _one(reader: SparkReader, table: str) -> None:
    reader.hold(f"held_{table}", statement(f"mart/{table}"), {})
    reader.store(table, reader.frame(f"SELECT * FROM held_{table}"))  # noqa: S608 (names are ours)


def _block_state(reader: SparkReader, table: str) -> None:
    """Blocks of one year, then of two by two up to the widest: each follows from those half as wide."""
    _one(reader, table)
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
