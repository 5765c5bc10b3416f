"""An open lake: `market.duckdb` attached once, one snapshot, one listing of the instruments.

Every answer is a function of a reader and opens nothing itself. The database is attached to its own
connection, which cannot read outside the lake and has locked settings. Any number of readers can
read while a build replaces the file. At the end a reader compares the files with those at its
start: an answer has one state of the lake, or it is a `LakeChangedError`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

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
    UsageError,
)
from ..model.layout import DATABASE, MANIFEST, MARTS, MONTHLY, PENDING, RAW, SCHEMA_VERSION
from ..model.location import address_of, shown
from .duck import connect
from .listing import LISTING, Listing, listing_of
from .metric_sql import DAY_NUMBER
from .scoreboard_sql import scoreboard_macro
from .sql_text import bound, chain, constant, glob_safe, literal, parameters

if TYPE_CHECKING:
    import pyarrow as pa

PLACE: Final = "marketlake_lake"
"""DuckDB variable with the folder of the lake, where that is not the one of the build."""
_REWRITTEN: Final = "the lake was written after this database was built"
"""What a view of bars or marts says instead of mixing two states."""
_GONE: Final = re.compile(r'No files found that match the pattern ".*/part\.parquet"')
"""A view's file is gone; the files that the manifest lists were there when the lake was opened."""
_MADE: Final = tuple(f"{table}/" for table in MARTS)
_WRITE: Final = re.compile(r"could not write|space left|too large|read-only file system", re.IGNORECASE)

_MEMORY: Final = re.compile(r"[1-9][0-9]{0,6} ?[KMGT]i?B")

Values = Mapping[str, object]
"""The parameters of a text, by name."""
Record = dict[str, Any]
"""A row, by column name."""
Stamps = Mapping[str, tuple[int, int, int] | None]
"""Inode, time and size of each file, which change when it is replaced; None for a missing file."""


@dataclass(frozen=True)
class About:
    """The source of the database: the row of table `lake`."""

    snapshot: str
    origin: str
    built_at: datetime


class Reader(Protocol):
    """A lake opened for answers, by DuckDB or by another engine that runs the same texts."""

    lake: Path
    about: About
    listing: Listing
    current: bool
    """Whether the tables of the database are there and of the same state as the stored bars."""

    def records(self, text: str, values: Values | None = None) -> list[Record]:
        """The rows of a text, by column name."""

    def chained(self, parts: Mapping[str, str], final: str, values: Values) -> list[Record]:
        """The rows of the text `final` over its parts, as `sql_text.chain` reads them."""

    def hold(self, relation: str, text: str, values: Values) -> None:
        """Compute a relation once, for the texts after it in the same `scratch`."""

    def scratch(self) -> AbstractContextManager[None]:
        """Drop at the end the relations that were computed within."""

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        """The relation of the scoreboard of a window, for FROM."""


class Engine(Protocol):
    """Opens lakes."""

    def open(self, lake: Path, tables: Sequence[str] = ()) -> AbstractContextManager[Reader]:
        """The lake; `tables` are those of `sql/mart` that an answer also reads."""


@dataclass
class DuckReader:
    """A lake opened with DuckDB."""

    connection: duckdb.DuckDBPyConnection
    lake: Path
    about: About
    listing: Listing
    current: bool = False
    _held: list[str] = field(default_factory=list)

    def execute(self, text: str) -> duckdb.DuckDBPyConnection:
        """Run one statement: the only way to the database."""
        return _execute(self.connection, text)

    def records(self, text: str, values: Values | None = None) -> list[Record]:
        """The rows of a text, by column name."""
        with stored_files(self.lake):
            answer = self._run(text, values)
            names = [column[0] for column in answer.description or []]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def arrow(self, text: str, values: Values | None = None) -> pa.Table:
        """The rows of a text as an Arrow table; a relation converts them in parallel."""
        bounded = bound(text, values or {})
        with stored_files(self.lake):
            step(bounded)
            return self.connection.sql(bounded).to_arrow_table()

    def numpy(self, text: str, values: Values | None = None) -> dict[str, Any]:
        """The columns of a text as numpy arrays."""
        with stored_files(self.lake):
            found: dict[str, Any] = self._run(text, values).fetchnumpy()
        return found

    def chained(self, parts: Mapping[str, str], final: str, values: Values) -> list[Record]:
        """The rows of the text `final` over its parts."""
        return self.records(chain(parts, final), values)

    def hold(self, relation: str, text: str, values: Values) -> None:
        """Store the rows of a text in a temporary table."""
        with stored_files(self.lake):
            self.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {bound(text, values)}")
        self._held.append(f"TABLE {relation}")

    def view(self, relation: str, text: str, values: Values) -> None:
        """Define a temporary view, which is computed on use."""
        with stored_files(self.lake):
            self.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS {bound(text, values)}")
        self._held.append(f"VIEW {relation}")

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Drop the temporary relations made within it, so that answers do not share them."""
        before = len(self._held)
        try:
            yield
        finally:
            made, self._held = dict.fromkeys(reversed(self._held[before:])), self._held[:before]
            for relation in made:
                kind, _, name = relation.partition(" ")
                self.execute(f"DROP {kind} IF EXISTS temp.{name}")

    def scoreboard(self, first: date, last: date, basis: str) -> str:
        """The macro's call."""
        return scoreboard_macro(first, last, basis)

    def _run(self, text: str, values: Values | None) -> duckdb.DuckDBPyConnection:
        """Bind in SQL: a parameter from Python makes DuckDB import pandas, which is slower than the
        query."""
        names = sorted(parameters(text)) if values is not None else []
        if not names:
            return self.execute(text)
        given = ", ".join(f'"{name}" := {constant((values or {})[name])}' for name in names)
        self.execute(f"PREPARE statement AS {text}")
        return self.execute(f"EXECUTE statement({given})")


@dataclass(frozen=True)
class _State:
    """The files of a lake at the start of an answer."""

    root: Path
    snapshot: str
    files: Mapping[str, int]
    stamps: Stamps

    def is_of(self, about: About) -> bool:
        """Whether the database was built from these files, and no commit is under way."""
        return self.snapshot == about.snapshot and self.stamps[PENDING] is None


@dataclass(frozen=True)
class _Kept:
    """An open database between two answers."""

    state: _State
    reader: DuckReader
    process: int
    """A forked process cannot use or close the connections of its parent."""


@dataclass(frozen=True)
class DuckEngine:
    """DuckDB, in this process."""

    memory: str = ""
    """The most memory that an answer may use, such as 2GB; empty is 80 % of the machine's."""
    kept: list[_Kept] | None = field(default=None, compare=False, repr=False)
    """The database that stays open for the next answer, at most one; None closes each."""

    @contextmanager
    def open(self, lake: Path, tables: Sequence[str] = ()) -> Iterator[DuckReader]:
        """The lake's reader; closed at the end, or kept as long as no file changes.

        Raises `EmptyLakeError`, `CorruptLakeError`, `LakeBusyError`, `SchemaVersionError` or
        `LakeError`, and at the end `LakeChangedError` where a commit or a build replaced files.
        """
        state = _state_of(lake)
        with _unchanged(state), ExitStack() as stack:
            kept = self._take(state)
            connection = kept.connection if kept else _connected(state, self.memory)
            stack.callback(_close, connection)
            reader = kept or reader_of(connection, lake)
            reader.current = state.is_of(reader.about)
            with reader.scratch():
                yield reader
            if self.kept is not None and not self.kept:
                self.kept.append(_Kept(state, reader, os.getpid()))
                stack.pop_all()

    def _take(self, state: _State) -> DuckReader | None:
        """The reader that was kept, if it is of this state."""
        if not self.kept or self.kept[0].process != os.getpid():
            return None
        one = self.kept.pop()
        if one.state == state:
            return one.reader
        _close(one.reader.connection)
        return None

    def __reduce__(self) -> tuple[type[DuckEngine], tuple[object, ...]]:
        """A copy has no open database."""
        return DuckEngine, (self.memory, None if self.kept is None else [])


DUCKDB: Final = DuckEngine()


def reader_of(connection: duckdb.DuckDBPyConnection, lake: Path) -> DuckReader:
    """The reader of a connection with a lake's database as default schema."""
    reader = DuckReader(connection, lake, About("", "", datetime.fromtimestamp(0, UTC)), {})
    reader.execute(f"CREATE OR REPLACE TEMP MACRO {DAY_NUMBER}")
    for row in reader.records("SELECT snapshot, origin, built_at FROM main.lake"):
        reader.about = About(**row)
    reader.listing = listing_of(reader.records(LISTING))
    return reader


def _state_of(lake: Path) -> _State:
    if address_of(lake) is not None:
        # imported here: a lake in a folder does not need Arrow
        from ..store.bucket.copy import refresh

        refresh(lake)
    database = lake.resolve() / DATABASE
    if not database.is_file():
        stored = (database.parent / MANIFEST).exists()
        remedy = "run `marketlake build`" if stored else "nothing is stored yet, run `marketlake run`"
        raise EmptyLakeError(f"{shown(lake)} has no {DATABASE}: {remedy}")
    root = database.parent
    snapshot, files = _listed(root)
    stamps = _stamps(root, [MANIFEST, PENDING, DATABASE, *files])
    _assert_whole(root, files, stamps)
    return _State(root, snapshot, files, stamps)


def _connected(state: _State, memory: str) -> duckdb.DuckDBPyConnection:
    connection = _limited(memory)
    try:
        _attach(connection, state.root / DATABASE, state.files)
        _check_version(connection, state.root / DATABASE)
    except BaseException:
        _close(connection)
        raise
    return connection


def _close(connection: duckdb.DuckDBPyConnection) -> None:
    # closing waits for a query that runs, to its end
    connection.interrupt()
    connection.close()


def _limited(memory: str) -> duckdb.DuckDBPyConnection:
    if memory and not _MEMORY.fullmatch(memory):
        raise UsageError(f"memory {memory[:20]!r} must look like 500MB or 2GB")
    return connect(memory_limit=memory) if memory else connect()


@contextmanager
def stored_files(lake: Path) -> Iterator[None]:
    """Convert DuckDB's file errors to `CorruptLakeError`, with the file, or `LakeWriteError`."""
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.OutOfMemoryException):
            raise LakeError(out_of_memory(error)) from error
        if is_rewritten(error):
            raise LakeError(
                f"{shown(lake)} holds newer data than its {DATABASE}; wait for a build that is running, "
                "or run `marketlake build`"
            ) from error
        culprit = damaged_file(lake)
        if culprit is not None:
            remedy = "run `marketlake verify`, which names every damaged file"
            raise CorruptLakeError(f"{shown(culprit)}: cannot be read as Parquet; {remedy}") from error
        if _WRITE.search(str(error)):
            raise LakeWriteError(
                f"{shown(lake)}: the disk refused a write; the stored data is unchanged. "
                "Free space or fix permissions, then run again"
            ) from error
        remedy = "try again; if it persists, run `marketlake verify`, then `marketlake build`"
        raise CorruptLakeError(f"{shown(lake)}: cannot be queried ({brief(error)}); {remedy}") from error


def damaged_file(lake: Path) -> Path | None:
    """The first stored Parquet file that DuckDB cannot read completely, or None."""
    with connect() as connection:
        for path in sorted(lake.resolve().glob("*/**/part.parquet")):
            try:
                connection.execute(f"SELECT count(COLUMNS(*)) FROM {literal(glob_safe(path))}")  # noqa: S608
            except duckdb.Error:
                return path
    return None


def out_of_memory(error: duckdb.Error) -> str:
    """What DuckDB's error means, and the remedy."""
    return (
        f"the answer needs more memory than there is ({brief(error)}); ask for fewer instruments or "
        "years, or free memory"
    )


def is_rewritten(error: duckdb.Error) -> bool:
    """Whether a view cannot be read because the lake is newer than the database."""
    return _REWRITTEN in str(error) or _GONE.search(str(error)) is not None


def brief(error: duckdb.Error) -> str:
    """The first line of DuckDB's message, at most 300 characters."""
    return str(error).strip().split("\n", 1)[0][:300]


def point_at(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Point the views at this folder: the lake was moved, or it is the local copy of a bucket."""
    _execute(connection, f"SET VARIABLE {PLACE} = {literal(glob_safe(root))}")


def step(what: str) -> None:
    """Called before every statement and file access of a reader; tests commit in between."""


def _execute(connection: duckdb.DuckDBPyConnection, text: str) -> duckdb.DuckDBPyConnection:
    step(text)
    return connection.execute(text)


def _listed(root: Path) -> tuple[str, dict[str, int]]:
    """The snapshot, and the files of the manifest that an answer may read, with their sizes."""
    step(MANIFEST)
    try:
        manifest = json.loads((root / MANIFEST).read_bytes())
        files = manifest["files"].items()
        return manifest["snapshot"], {
            path: int(entry["bytes"]) for path, entry in files if not path.startswith(RAW)
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptLakeError(
            f"{shown(root / MANIFEST)} is missing or damaged; `marketlake replay` rewrites it from raw/"
        ) from error


def _stamps(root: Path, paths: Iterable[str]) -> Stamps:
    stamps: dict[str, tuple[int, int, int] | None] = {}
    for path in paths:
        try:
            status = (root / path).stat()
        except OSError:
            stamps[path] = None
        else:
            stamps[path] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return stamps


@contextmanager
def _unchanged(state: _State) -> Iterator[None]:
    """`LakeChangedError` where a file changed in between, also in place of another error."""
    try:
        yield
    except (duckdb.Error, MarketlakeError) as error:
        _assert_unchanged(state, error)
        raise
    _assert_unchanged(state)


def _assert_unchanged(state: _State, error: Exception | None = None) -> None:
    """DuckDB opens a file several times per query, and later statements see newer files.

    The manifest is compared too: a commit that only adds files replaces nothing else.
    """
    if _stamps(state.root, state.stamps) != state.stamps:
        raise LakeChangedError(
            f"{shown(state.root)} was written while it was read, so the answer may be of two states; "
            "ask again"
        ) from error


def _assert_whole(root: Path, files: Mapping[str, int], found: Stamps) -> None:
    """A file must be there with the manifest's size, except during a commit."""
    if found[PENDING] is not None:
        return
    for path, size in files.items():
        stamp = found[path]
        if stamp is None or stamp[2] != size:
            wrong = "is missing" if stamp is None else f"has {stamp[2]:,} bytes, should be {size:,}"
            command = "build" if path.startswith(_MADE) else "replay"
            raise CorruptLakeError(f"{shown(root / path)} {wrong}: `marketlake {command}` makes it again")


def files_variable(table: str) -> str:
    """DuckDB variable with the current files of a table of records, which may be newer than the database."""
    return f"marketlake_{table}"


def _attach(connection: duckdb.DuckDBPyConnection, database: Path, files: Iterable[str]) -> None:
    folders = {literal(database.parent), literal(glob_safe(database.parent))}
    _execute(connection, f"SET allowed_directories = [{', '.join(sorted(folders))}]")
    _execute(connection, "SET TimeZone = 'UTC'")
    # a query that does not fit into memory fails; it does not fill the disk or load an extension
    _execute(connection, "SET temp_directory = ''")
    _execute(connection, "SET autoinstall_known_extensions = false")
    _execute(connection, "SET autoload_known_extensions = false")
    try:
        _execute(connection, f"ATTACH {literal(database)} AS market (READ_ONLY)")
    except duckdb.Error as error:
        if "lock" in str(error):
            raise LakeBusyError(
                f"{database} is open for writing in another program; close it there, or open it read-only"
            ) from error
        raise CorruptLakeError(
            f"{database} cannot be opened ({brief(error)}); run `marketlake build`"
        ) from error
    _execute(connection, "USE market")
    point_at(connection, database.parent)
    _execute(connection, "; ".join(_records(database.parent, files)))
    _execute(connection, "SET enable_external_access = false")
    _execute(connection, "SET lock_configuration = true")


def _records(root: Path, files: Iterable[str]) -> Iterator[str]:
    """Statements that name the current files of each table of records."""
    for table in MONTHLY:
        paths = [literal(f"{glob_safe(root)}/{path}") for path in files if path.startswith(f"{table}/")]
        yield f"SET VARIABLE {files_variable(table)} = [{', '.join(paths)}]"


def _check_version(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    try:
        rows = _execute(connection, "SELECT schema_version FROM main.lake").fetchall()
    except duckdb.Error as error:
        raise CorruptLakeError(
            f"{database} is not a lake's database ({brief(error)}); run `marketlake build`"
        ) from error
    version = rows[0][0] if rows else 0
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(
            f"{database} has schema version {version} and this marketlake knows {SCHEMA_VERSION}; upgrade it"
        )
