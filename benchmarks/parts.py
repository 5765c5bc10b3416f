"""Two marts by themselves: the daily mart from the bars, the state from the daily mart.

A build computes all marts of a slice together; here is what each costs alone, with the same texts.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import duckdb
import pyarrow.parquet as pq

from marketlake.query.mart_member import Close, Members, member_table
from marketlake.query.metric_texts import DAY_NUMBER
from marketlake.query.text import chain, literal, statement

from .lakes import Lake
from .synthetic import BILL, universe

_SLICE: Final = 500
_DAILY: Final = {
    "bar": "mart/year_bar",
    "return_index": "view/return_index",
    "bill_day": "mart/bill_day",
    "daily_return": "mart/daily_return",
}


def state_from_mart(lake: Lake) -> None:
    """`year_state`, both bases, a thread a year; the rows are counted, not kept."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda year: _state_of(lake, year), _years(lake)))


def _state_of(lake: Lake, year: int) -> None:
    text = chain({"year_sum": "mart/year_sum", "year_end": "mart/year_end"}, "mart/year_state")
    with _connected(1) as connection:
        mart = _file(lake, "daily_return", "equity", year)
        keyed = f"SELECT * REPLACE (instrument_key AS instrument_id) FROM {mart}"
        connection.execute(f"CREATE TEMP VIEW daily_return AS {keyed}")
        connection.execute(f"CREATE TEMP TABLE year_state AS {text}")


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
        connection.execute(f"COPY daily_return TO {literal(target)} (COMPRESSION zstd)")


def _closes(lake: Lake, year: int) -> dict[str, Close]:
    path = lake.job.root / "year_close" / "asset_class=equity" / f"year={year}" / "part.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()
    return {row["instrument_id"]: (row["session"], row["close"]) for row in rows}


def _years(lake: Lake) -> range:
    return range(lake.job.first_year, lake.job.last_year + 1)


def _file(lake: Lake, table: str, asset_class: str, year: int) -> str:
    path = lake.job.root / table / f"asset_class={asset_class}" / f"year={year}" / "part.parquet"
    return f"read_parquet({literal(path)}, hive_partitioning = false)"


def _connected(threads: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": threads})
    connection.execute(f"CREATE MACRO {DAY_NUMBER}")
    return connection
