"""Macros and views of an attached database, without USE, next to another lake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from .lakes import BILL, BTC, CPI, EUR, FUND, NASDAQ, SHARE, bar, make, year_ends

pytestmark = pytest.mark.slow

ALL = [BTC, NASDAQ, SHARE, FUND, EUR, CPI, BILL]
ARGUMENTS: dict[str, str] = {
    "a": "'BTC'",
    "b": "'NASDAQ'",
    "id": "'BTC'",
    "instrument": "'BTC'",
    "moment": "TIMESTAMP '2021-06-01'",
    "since": "TIMESTAMP '2020-06-01'",
    "ids": "['BTC', 'NASDAQ']",
    "first_day": "DATE '2020-01-01'",
    "last_day": "DATE '2022-06-30'",
    "from_year": "2020",
    "to_year": "2022",
    "benchmark": "'NASDAQ'",
}
"""Values for the arguments of every macro; the others keep their defaults."""
READ = (
    "changes", "check_bar", "compare", "price_as_of", "total_return_index", "metric_beta", "metric_calmar",
    "scoreboard", "scoreboard_years",
)  # fmt: skip
"""Macros whose rows are compared too: they read every kind of relation."""


def filled(lake: Path, growth: float) -> Path:
    """A lake of a few years; `growth` tells one lake from another."""
    bars = [
        row
        for number, instrument in enumerate(ALL)
        for row in year_ends(instrument, {2019 + n: (growth + number) ** n for n in range(4)})
    ]
    more = [bar(BTC, f"2020-{month:02}-28", growth + month) for month in range(1, 12)]
    return make(lake, ALL, [*bars, *more])


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("two")
    return filled(folder / 'it\'s "one".$', 1.5), filled(folder / "other", 3.0)


@pytest.fixture
def side_by_side(two: tuple[Path, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    one, other = ((str(lake / "market.duckdb")).replace("'", "''") for lake in two)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{one}' AS market (READ_ONLY)")
        connection.execute(f"ATTACH '{other}' AS \"my lake\" (READ_ONLY)")
        yield connection


def macros(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The arguments of each macro of the first database."""
    text = (
        "SELECT function_name, parameters FROM duckdb_functions() "
        "WHERE database_name = 'market' AND function_type = 'table_macro' ORDER BY function_name"
    )
    return dict(connection.execute(text).fetchall())


def call(name: str, parameters: list[str], database: str = "", lake: str = "") -> str:
    given = [f"{one} := {ARGUMENTS[one]}" for one in parameters if one in ARGUMENTS]
    if lake:
        given.append(f"lake := '{lake}'")
    return f"FROM {database}{name}({', '.join(given)})"


def rows(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The rows in any order, as text, so that NaN equals itself."""
    return sorted(map(str, connection.execute(text).fetchall()))


def opened(lake: Path, text: str) -> list[str]:
    """The rows of the database opened by itself."""
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        return rows(connection, text)


def test_every_macro_reads_its_own_lake_under_any_name(
    side_by_side: duckdb.DuckDBPyConnection, two: tuple[Path, Path]
) -> None:
    for name, parameters in macros(side_by_side).items():
        for database, lake in (("market.", ""), ('"my lake".', "my lake")):
            text = call(name, parameters, database, lake)
            # binds every name
            side_by_side.execute(f"DESCRIBE {text}")
            if name in READ:
                answer, own = rows(side_by_side, text), two[bool(lake)]
                assert answer, name
                assert answer == opened(own, call(name, parameters)), name


def test_a_macro_refuses_to_read_another_lake(
    side_by_side: duckdb.DuckDBPyConnection, two: tuple[Path, Path]
) -> None:
    """Under another name without `lake`, it would silently answer for the lake attached as market."""
    for name, parameters in macros(side_by_side).items():
        with pytest.raises(
            duckdb.CatalogException, match=f"macros of {two[1]}, built .*: add lake := the name"
        ):
            side_by_side.execute(call(name, parameters, '"my lake".'))


def test_views_read_their_own_lake_under_any_name(
    side_by_side: duckdb.DuckDBPyConnection, two: tuple[Path, Path]
) -> None:
    text = (
        "SELECT DISTINCT table_name FROM duckdb_columns() "
        "WHERE database_name = 'market' AND schema_name = 'main'"
    )
    for (name,) in side_by_side.execute(text).fetchall():
        for database, lake in (("market", two[0]), ('"my lake"', two[1])):
            assert rows(side_by_side, f"FROM {database}.{name}") == opened(lake, f"FROM {name}"), name


def test_order_of_a_macro_is_kept(side_by_side: duckdb.DuckDBPyConnection) -> None:
    text = "SELECT year FROM market.compare('BTC', 'NASDAQ')"
    years = [year for (year,) in side_by_side.execute(text).fetchall()]
    assert years == sorted(years)
