"""What a question needs of whoever runs its texts: DuckDB on `market.duckdb`, or another engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb

from .connection import open_lake, records
from .metric_texts import DAY_NUMBER
from .scoreboard_texts import scoreboard_macro
from .text import bound, chain


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
