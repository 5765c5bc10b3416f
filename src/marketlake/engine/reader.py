"""Read-only connections to a lake's `market.duckdb`, and what their errors mean.

The database is attached to a connection of its own that may read nothing outside the lake and whose settings
are locked, so any number of readers, in any process, go on while a build replaces the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, Protocol, TypeVar

import duckdb

from ..model.errors import (
    CorruptLakeError,
    EmptyLakeError,
    LakeBusyError,
    LakeChangedError,
    LakeError,
    LakeWriteError,
    MarketlakeError,
    SchemaVersionError,
)
from ..model.layout import DATABASE, MANIFEST, PENDING, SCHEMA_VERSION
from ..model.location import address_of, shown
from .duck import connect
from .metric_sql import DAY_NUMBER
from .scoreboard_sql import scoreboard_macro
from .sql_text import bound, chain, constant, glob_safe, literal, parameters

COPY: Final = "marketlake_copy"
"""The variable that tells the views of a bucket's database where on this machine its files are."""
_WRITE: Final = re.compile(r"could not write|space left|too large|read-only file system", re.IGNORECASE)

Parameters = Mapping[str, object]
Stamps = Mapping[str, tuple[int, int] | None]
"""By path, inode and time of a file, which change when it is replaced; None where there is none."""
P = ParamSpec("P")
T = TypeVar("T")
_TRIES: Final = 5


@contextmanager
def open_lake(lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default schema is the lake's database; closed at the end.

    Raises `EmptyLakeError`, `CorruptLakeError`, `LakeBusyError`, `SchemaVersionError` or `LakeError`, and
    at its end `LakeChangedError` where a commit replaced files meanwhile.
    """
    if address_of(lake) is not None:
        # imported here: a lake in a folder is read without Arrow
        from ..store.bucket.copy import refresh

        refresh(lake)
    database = lake.resolve() / DATABASE
    if not database.is_file():
        stored = (database.parent / MANIFEST).exists()
        remedy = "run `marketlake build`" if stored else "nothing is stored yet, run `marketlake run`"
        raise EmptyLakeError(f"{shown(lake)} has no {DATABASE}: {remedy}")
    root = database.parent
    before = _stamps(root, _listed(root))
    _assert_whole(root, before)
    connection = connect()
    try:
        _attach(connection, database)
        _check_version(connection, database)
        yield connection
    except (duckdb.Error, MarketlakeError) as error:
        _assert_unchanged(root, before, error)
        raise
    else:
        _assert_unchanged(root, before)
    finally:
        connection.close()


def steady(ask: Callable[P, T]) -> Callable[P, T]:
    """Make a question of one that opens the lake: asked again where a commit replaced files meanwhile."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_TRIES - 1):
            with suppress(LakeChangedError):
                return ask(*args, **kwargs)
        return ask(*args, **kwargs)

    return asked


def _listed(root: Path) -> list[str]:
    """The files that a query may read, by the manifest."""
    try:
        files = json.loads((root / MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError):
        return []  # a database on its own, or a damaged manifest: `marketlake verify` says which
    return [path for path in files if not path.startswith("raw/")]


def _stamps(root: Path, paths: Iterable[str]) -> Stamps:
    found: dict[str, tuple[int, int] | None] = {}
    for path in paths:
        try:
            status = (root / path).stat()
        except OSError:
            found[path] = None
        else:
            found[path] = (status.st_ino, status.st_mtime_ns)
    return found


def _assert_unchanged(root: Path, before: Stamps, error: Exception | None = None) -> None:
    """DuckDB opens a file more than once for a question, so it may read one version by another's footer."""
    if _stamps(root, before) != before:
        raise LakeChangedError(
            f"{shown(root)} was written while it was read, so the answer may be of two states; ask again"
        ) from error


def _assert_whole(root: Path, files: Stamps) -> None:
    """A glob passes over a file that was lost, so the manifest is asked; not while a commit is under way."""
    lost = next((path for path, stamp in files.items() if stamp is None), None)
    if lost and not (root / PENDING).exists():
        command = "replay" if lost.startswith(("bar/", "revision/")) else "build"
        raise CorruptLakeError(f"{shown(root / lost)} is missing: `marketlake {command}` makes it again")


def run(connection: duckdb.DuckDBPyConnection, text: str, values: Parameters) -> duckdb.DuckDBPyConnection:
    """Execute one of our texts with those of `values` that it binds.

    Bound inside the engine: a value handed over by Python makes DuckDB import pandas, which takes longer than
    the query.
    """
    bound = ", ".join(f'"{name}" := {constant(values[name])}' for name in sorted(parameters(text)))
    connection.execute(f"PREPARE question AS {text}")
    return connection.execute(f"EXECUTE question({bound})")


def records(connection: duckdb.DuckDBPyConnection, text: str, values: Parameters) -> list[dict[str, Any]]:
    """The rows of one of our texts, by column name."""
    answer = run(connection, text, values)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@contextmanager
def stored_files(lake: Path) -> Iterator[None]:
    """Turn DuckDB's failure with files into `CorruptLakeError`, naming the file, or `LakeWriteError`."""
    try:
        yield
    except duckdb.Error as error:
        culprit = damaged_file(lake)
        if culprit is not None:
            remedy = "run `marketlake verify`, which names every damaged file"
            raise CorruptLakeError(f"{shown(culprit)}: cannot be read as Parquet; {remedy}") from error
        if _WRITE.search(str(error)):
            raise LakeWriteError(
                f"{shown(lake)}: the disk refused a write; what was stored before stands. "
                "Free space or permissions, then run again"
            ) from error
        remedy = "ask again; if it stays, run `marketlake verify`, then `marketlake build`"
        raise CorruptLakeError(f"{shown(lake)}: cannot be queried ({brief(error)}); {remedy}") from error


def damaged_file(lake: Path) -> Path | None:
    """The first stored Parquet file that DuckDB cannot read through; None when all can be read."""
    with connect() as connection:
        for path in sorted(lake.resolve().glob("*/**/part.parquet")):
            try:
                connection.execute(f"SELECT count(COLUMNS(*)) FROM {literal(glob_safe(path))}")  # noqa: S608
            except duckdb.Error:
                return path
    return None


def brief(error: duckdb.Error) -> str:
    """The first line of DuckDB's message, at most 300 characters."""
    return str(error).strip().split("\n", 1)[0][:300]


def _attach(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    folders = {literal(database.parent), literal(glob_safe(database.parent))}
    connection.execute(f"SET allowed_directories = [{', '.join(sorted(folders))}]")
    connection.execute("SET TimeZone = 'UTC'")
    # a question that does not fit into memory fails; it neither fills a disk nor fetches an extension
    connection.execute("SET temp_directory = ''")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    try:
        connection.execute(f"ATTACH {literal(database)} AS market (READ_ONLY)")
    except duckdb.Error as error:
        if "lock" in str(error):
            raise LakeBusyError(
                f"{database} is open for writing in another program; close it there, or open it read-only"
            ) from error
        raise CorruptLakeError(
            f"{database} cannot be opened ({brief(error)}); run `marketlake build`"
        ) from error
    connection.execute("USE market")
    point_at_copy(connection, database.parent)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def point_at_copy(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Let the views of a bucket's database read the copy of its files; a folder's need no telling."""
    if address_of(root) is not None:
        connection.execute(f"SET VARIABLE {COPY} = {literal(glob_safe(root))}")


def _check_version(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    try:
        row = connection.execute("SELECT schema_version, root FROM main.lake").fetchone()
    except duckdb.Error as error:
        raise CorruptLakeError(
            f"{database} is not a lake's database ({brief(error)}); run `marketlake build`"
        ) from error
    version, root = row or (0, "")
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(
            f"{database} has schema version {version} and this marketlake knows {SCHEMA_VERSION}; upgrade it"
        )
    if root != shown(database.parent):
        raise LakeError(f"{database} was built for {root} and the lake has moved; run `marketlake build`")


class Result(Protocol):
    """An answer, in the way of Python's databases."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...

    def fetchone(self) -> tuple[Any, ...] | None: ...


class Runs(Protocol):
    """Runs a text that has no parameters."""

    def execute(self, text: str, /) -> Result: ...


class Reader(Runs, Protocol):
    """A lake opened for questions."""

    def chained(
        self, parts: Mapping[str, str], final: str, values: Mapping[str, object]
    ) -> list[dict[str, Any]]:
        """The rows of the text `final` over its parts, as `text.chain` reads them, by column name."""

    def hold(self, relation: str, text: str, values: Mapping[str, object]) -> None:
        """Keep what a text says as a relation for the texts after it."""

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        """What stands after FROM for the scoreboard of a window."""


class Engine(Protocol):
    """What opens lakes."""

    def open(self, lake: Path, tables: Sequence[str] = ()) -> AbstractContextManager[Reader]:
        """The lake; `tables` are those of `sql/mart` that the question reads beside the stored files."""


@dataclass(frozen=True)
class DuckReader:
    """`market.duckdb`, where every table stands."""

    connection: duckdb.DuckDBPyConnection

    def execute(self, text: str, /) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(text)

    def chained(
        self, parts: Mapping[str, str], final: str, values: Mapping[str, object]
    ) -> list[dict[str, Any]]:
        return records(self.connection, chain(parts, final), values)

    def hold(self, relation: str, text: str, values: Mapping[str, object]) -> None:
        self.connection.execute(f"CREATE TEMP TABLE {relation} AS {bound(text, values)}")

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        return scoreboard_macro(first, last, basis)


@dataclass(frozen=True)
class DuckEngine:
    """DuckDB, in this process."""

    @contextmanager
    def open(self, lake: Path, tables: Sequence[str] = ()) -> Iterator[DuckReader]:
        """As `open_lake`."""
        with open_lake(lake) as connection:
            connection.execute(f"CREATE TEMP MACRO {DAY_NUMBER}")
            yield DuckReader(connection)


DUCKDB: Final = DuckEngine()
