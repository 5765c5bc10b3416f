"""Numbers for what a reader sees: for each partition, and for the tables published together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

Seen = list[list[Any]]
"""[what, count, sum]: of each partition by itself, and of the database's own tables together."""

_PARTS = """
SELECT asset_class || ' ' || year, count(*), sum(close * (1 + epoch_days)) FROM ({}) GROUP BY ALL ORDER BY ALL
"""
_BAR = "SELECT asset_class, year, close, date_diff('day', DATE '1970-01-01', session) AS epoch_days FROM {}"


def of_the_database(lake: Path) -> Seen:
    """The bars as market.duckdb shows them, and its own tables, which are from one point in
    time."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{lake}/market.duckdb' AS market (READ_ONLY)")
        connection.execute("USE market")
        own = connection.execute(
            "SELECT 'published ' || (SELECT snapshot FROM lake), (SELECT count(*) FROM calendar_year_return),"
            " (SELECT sum(end_close) FROM calendar_year_return)"
        ).fetchall()
        parts = connection.execute(
            _PARTS.format(_BAR.format("bar") + " WHERE asset_class <> 'none'")
        ).fetchall()
    return [list(row) for row in [*own, *parts]]


def of_the_glob(lake: Path) -> Seen:
    """The bars as any DuckDB reads the folder."""
    files = f"read_parquet('{lake}/bar/*/*/part.parquet', hive_partitioning = true)"
    with duckdb.connect() as connection:
        return [list(row) for row in connection.execute(_PARTS.format(_BAR.format(files))).fetchall()]


def of_the_dataset(lake: Path) -> Seen:
    """The bars as Arrow reads the whole folder."""
    import pyarrow.dataset as ds

    table = ds.dataset(lake / "bar", partitioning="hive").to_table()
    bars_by_partition: dict[str, list[tuple[float, int]]] = {}
    for row in table.select(["asset_class", "year", "close", "session"]).to_pylist():
        days = row["session"].toordinal() - 719_163
        bars_by_partition.setdefault(f"{row['asset_class']} {row['year']}", []).append((row["close"], days))
    return [
        [key, len(own), sum(close * (1 + days) for close, days in own)]
        for key, own in sorted(bars_by_partition.items())
    ]
