"""Blocks of years: any span is covered once, and merging them gives what its single years give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from marketlake.engine.scoreboard_sql import WIDER
from marketlake.engine.sql_text import bound, chain, statement

FIRST, LAST = 1983, 2024
SPANS = list(combinations_with_replacement(range(FIRST - 2, LAST + 3), 2))
STEADY, PAUSED, LATE = 1, 2, 3
MISSING = {STEADY: set(), PAUSED: {1990, 1991, *range(2000, 2009)}, LATE: set(range(FIRST, 2007))}


@pytest.fixture(scope="module")
def blocks() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables `block_state` and `year_block` of three instruments whose years are made up."""
    with duckdb.connect() as connection:
        connection.register("year_row", pa.Table.from_pylist(list(_years())))
        connection.execute("CREATE SCHEMA internal")
        connection.execute("SET search_path = 'internal'")
        connection.execute("CREATE TABLE block_state AS FROM year_row")
        for years in WIDER:
            connection.execute(
                f"INSERT INTO block_state {bound(statement('mart/block_merge'), {'years': years})}"
            )
        widest = {"widest": WIDER[-1]}
        connection.execute(f"CREATE TABLE year_block AS {bound(statement('mart/year_block'), widest)}")
        yield connection


def _years() -> Iterator[dict[str, object]]:
    random = np.random.default_rng(3)
    for key, missing in MISSING.items():
        value = 1.0
        for year in range(FIRST, LAST + 1):
            if year in missing:
                continue
            steps = np.exp(random.normal(0, 0.2, 6))
            path = np.array([value, *value * steps.cumprod()])
            yield _row(key, year, path, random.normal(0.0005, 0.02, 250), random)
            value = path[-1]


def _row(
    key: int, year: int, path: np.ndarray, returns: np.ndarray, random: np.random.Generator
) -> dict[str, object]:
    off, excess = returns - returns.mean(), returns[: 200 + key] - 0.0001
    return {
        "basis": "price",
        "block": 10_000 + year,
        "years": 1,
        "first_year": year,
        "instrument_key": key,
        "returns": len(returns),
        "mean_return": returns.mean(),
        **{f"m{power}": (off**power).sum() for power in (2, 3, 4)},
        "downside": (np.minimum(returns, 0) ** 2).sum(),
        "positive": int((returns > 0).sum()),
        "worst_return": returns.min(),
        "best_return": returns.max(),
        "excess_returns": len(excess),
        "mean_excess": excess.mean(),
        "excess_m2": ((excess - excess.mean()) ** 2).sum(),
        "excess_downside": (np.minimum(excess, 0) ** 2).sum(),
        "first_session": np.datetime64(f"{year - 1}-12-31").item(),
        "last_session": np.datetime64(f"{year}-12-31").item(),
        "start_value": path[0],
        "low_value": path[1:].min(),
        "high_value": path.max(),
        "end_value": path[-1],
        "drawdown": (path / np.maximum.accumulate(path) - 1).min(),
        "start_stored": np.datetime64(f"{year - 1}-12-31").item(),
        "end_stored": np.datetime64(f"{year}-12-31").item(),
        "start_place": (year - FIRST) * 252,
        "end_place": (year - FIRST + 1) * 252,
        "off_by": int(random.integers(-1, 2)),
        "no_price": int(random.integers(0, 2)),
    }


def test_blocks_cover_any_span_exactly_once(blocks: duckdb.DuckDBPyConnection) -> None:
    for span in SPANS[::11]:
        span_blocks = blocks.execute(
            _query("FROM span_block SELECT instrument_key, first_year, years", span)
        ).fetchall()
        covered = sorted(
            (key, year)
            for key, first, years in span_blocks
            for year in range(first, first + years)
            if year not in MISSING[key] and FIRST <= year <= LAST
        )
        inside = range(max(span[0], FIRST), min(span[1], LAST) + 1)
        assert covered == [(key, year) for key in MISSING for year in inside if year not in MISSING[key]], (
            span
        )
        assert len(span_blocks) <= len(MISSING) * 2 * len(WIDER)


def test_merged_blocks_equal_single_years(blocks: duckdb.DuckDBPyConnection) -> None:
    for span in SPANS[::37]:
        assert _board(blocks, span, "span_block") == _board(blocks, span, "single")


def test_session_counts_of_blocks_add_up(blocks: duckdb.DuckDBPyConnection) -> None:
    facts = """
        SELECT instrument_key, sum(returns), sum(off_by), max(no_price), min(start_stored), max(end_stored),
            min(start_place), max(end_place)
        FROM {} GROUP BY instrument_key ORDER BY instrument_key
    """
    for span in SPANS[::37]:
        merged = blocks.execute(_query(facts.format("span_block"), span)).fetchall()
        single = f"(FROM block_state WHERE years = 1 AND first_year BETWEEN {span[0]} AND {span[1]})"
        assert merged == blocks.execute(facts.format(single)).fetchall()


def _query(final: str, span: tuple[int, int]) -> str:
    values = {"first_year": span[0], "last_year": span[1], "basis": "price"}
    return f"WITH span_block AS ({bound(statement('query/span_block'), values)}) {final}"


def _board(blocks: duckdb.DuckDBPyConnection, span: tuple[int, int], cover: str) -> list[dict[str, object]]:
    """What span_moment makes of the span, approximately."""
    parts = {"span_sum": "query/block_sum", "span_path": "query/block_path"}
    text = chain(parts, "query/span_moment").removeprefix("WITH ")
    span_block = _query("", span).removeprefix("WITH ")
    if cover == "single":
        single = f"FROM block_state WHERE years = 1 AND first_year BETWEEN {span[0]} AND {span[1]}"
        span_block = f"span_block AS ({single})"
    rows = blocks.execute(f"WITH {span_block}, {text} ORDER BY 1").to_arrow_table().to_pylist()
    return [
        {name: pytest.approx(v, rel=1e-10) if isinstance(v, float) else v for name, v in row.items()}
        if cover == "single"
        else row
        for row in rows
    ]
