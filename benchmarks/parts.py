"""Two marts by themselves: the daily mart from the bars, the state from the daily mart.

A build computes all marts of a slice together; here is what each costs alone, with the same texts. The state
is made from days in memory too, which is where a build has them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import duckdb
import pyarrow.parquet as pq

from marketlake.engine.mart_maker import Close, Members, member_table
from marketlake.engine.metric_sql import DAY_NUMBER
from marketlake.engine.sql_text import chain, literal, statement

from .lakes import Lake
from .synthetic import BILL, universe

One = TypeVar("One")
_SLICE: Final = 500
_DAILY: Final = {
    "bar": "mart/year_bar",
    "return_index": "view/return_index",
    "bill_day": "mart/bill_day",
    "daily_step": "mart/daily_step",
}


_STATE: Final = {"year_sum": "mart/year_sum", "year_end": "mart/year_end"}


@dataclass(frozen=True)
class HeldDays:
    """The daily mart of some years in memory, as a build has it when it comes to the state."""

    connections: Sequence[duckdb.DuckDBPyConnection]

    def make_state(self) -> None:
        _at_once(_make_state, self.connections)


@contextmanager
def held_days(lake: Lake) -> Iterator[HeldDays]:
    """A year for each core: the whole lake's days would take gigabytes."""
    with ExitStack() as stack:
        connections = [stack.enter_context(_days_of(lake, year)) for year in _years(lake)[: cores()]]
        for connection in connections:
            connection.execute("CREATE TEMP TABLE held AS FROM daily_step")
            connection.execute("CREATE OR REPLACE TEMP VIEW daily_step AS FROM held")
        yield HeldDays(connections)


def state_from_mart(lake: Lake) -> None:
    """`year_state`, both bases, from the files, a thread a year; the rows are counted, not kept."""
    _at_once(partial(_state_of, lake), _years(lake))


def cores() -> int:
    return os.cpu_count() or 1


def _state_of(lake: Lake, year: int) -> None:
    with _days_of(lake, year) as connection:
        _make_state(connection)


def _make_state(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE year_state AS {chain(_STATE, 'mart/year_state')}")


def _days_of(lake: Lake, year: int) -> duckdb.DuckDBPyConnection:
    connection = _connected(1)
    days, falls = (_file(lake, table, "equity", year) for table in ("daily_return", "internal_fall"))
    connection.execute(f"""
        CREATE TEMP VIEW daily_step AS SELECT
            d.* EXCLUDE (instrument_id), d.instrument_key AS instrument_id, f.price_fall, f.total_fall,
            price_level / price_fall AS price_high, price_level * price_fall_ahead AS price_low_ahead,
            total_level / total_fall AS total_high, total_level * total_fall_ahead AS total_low_ahead,
            coalesce(year(start_session) < {year}, TRUE) AS first_of_year,
            d.session = max(d.session) OVER (PARTITION BY d.instrument_key) AS last_of_year
        FROM {days} AS d JOIN {falls} AS f ON f.instrument_key = d.instrument_key AND f.session = d.session
    """)
    return connection


def _at_once(run: Callable[[One], None], over: Iterable[One]) -> None:
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(run, over))


def daily_from_bars(lake: Lake, into: Path) -> None:
    """`daily_return` in slices of instruments, a thread a slice, written as Parquet."""
    instruments = universe(lake.job.symbols, lake.job.first_year).instruments[:-1]
    carried: dict[str, Close] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for year in _years(lake):
            members = Members(year, instruments, carried)
            slices = enumerate(members.cut(_SLICE))
            list(pool.map(lambda part: _daily_slice(lake, part[1], into / f"{part[0]}.parquet"), slices))
            carried = _closes(lake, year)


def _daily_slice(lake: Lake, members: Members, target: Path) -> None:
    with _connected(1) as connection:
        connection.register("member", member_table([members]))
        connection.execute("CREATE TEMP VIEW instrument AS FROM member")
        connection.execute(
            f"CREATE TEMP VIEW stored_bar AS FROM {_file(lake, 'bar', 'equity', members.year)}"
        )
        connection.execute(f"CREATE TEMP VIEW bill_bar AS FROM {_file(lake, 'bar', 'rate', members.year)}")
        connection.execute(
            f"CREATE TEMP TABLE bill AS SELECT {literal(BILL)} AS instrument_id, 'USD' AS currency"
        )
        for relation, name in _DAILY.items():
            connection.execute(f"CREATE TEMP TABLE {relation} AS {statement(name)}")
        connection.execute(f"COPY daily_step TO {literal(target)} (COMPRESSION zstd)")


def _closes(lake: Lake, year: int) -> dict[str, Close]:
    path = lake.job.root / "internal_close" / "asset_class=equity" / f"year={year}" / "part.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()
    return {row["instrument_id"]: (row["session"], row["close"], row["known_at"]) for row in rows}


def _years(lake: Lake) -> range:
    return range(lake.job.first_year, lake.job.last_year + 1)


def _file(lake: Lake, table: str, asset_class: str, year: int) -> str:
    path = lake.job.root / table / f"asset_class={asset_class}" / f"year={year}" / "part.parquet"
    return f"read_parquet({literal(path)}, hive_partitioning = false)"


def _connected(threads: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": threads})
    connection.execute(f"CREATE MACRO {DAY_NUMBER}")
    return connection
