"""Instruments are named by id or symbol, in any case; an unknown name is an error, in SQL too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from marketlake.lake import Lake
from marketlake.model.errors import UsageError
from marketlake.model.instruments import SourceRef, Universe, id_of

from .lakes import BILL, BTC, NASDAQ, bar, make, year_ends

pytestmark = pytest.mark.slow

INDEX = replace(NASDAQ, sources=(SourceRef("yahoo", "^IXIC"), SourceRef("fred", "NASDAQCOM")))
TWINS = [replace(BTC, id=name, sources=(SourceRef("yahoo", "TWIN"),)) for name in ("TWIN_A", "TWIN_B")]
YIELD = replace(BILL, sources=(SourceRef("yahoo", "^IRX"),))
ALL = [BTC, INDEX, YIELD, *TWINS]
CLOSES = {2019: 1.0, 2020: 2.0, 2021: 5.0}
DAYS = "DATE '2020-01-01', DATE '2021-12-31'"
SAME = (
    (("btc", "nasdaq"), ("BTC", "NASDAQ")),
    (("BTC-USD", "^ixic"), ("BTC", "NASDAQ")),
    (("btc/usd", "NasdaqCom"), ("BTC", "NASDAQ")),
)
UNKNOWN = (
    ("FOO", r"unknown instrument 'FOO'; known: BTC, NASDAQ, BILL, TWIN_A, TWIN_B"),
    ("nasdak", r"unknown instrument 'nasdak'; did you mean NASDAQ\?"),
    ("twin", r"'twin' is a symbol of TWIN_A, TWIN_B; give an id"),
    ("it's", r"unknown instrument .*it's.*; known: BTC"),
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = [*year_ends(BTC, CLOSES), *year_ends(INDEX, CLOSES | {2021: 3.0})]
    return make(tmp_path_factory.mktemp("names") / "lake", ALL, [*bars, bar(BILL, "2020-01-02", 1.0)])


@pytest.mark.parametrize(("name", "message"), UNKNOWN)
def test_one_rule_finds_an_id(name: str, message: str) -> None:
    symbols = {one.id: [ref.symbol for ref in one.sources] for one in ALL}
    for names, ids in SAME:
        assert tuple(id_of(one, symbols) for one in names) == ids
    with pytest.raises(UsageError, match=message):
        id_of(name, symbols)
    with pytest.raises(UsageError, match=message):
        Universe(tuple(ALL)).get(name)


def test_an_id_is_never_a_symbol_of_another() -> None:
    """Gold's future is GC=F, and GC may be an id."""
    assert id_of("gc", {"GOLD": ["GC"], "GC": ["GC=F"]}) == "GC"


@pytest.mark.slow
@pytest.mark.parametrize(("names", "ids"), SAME)
def test_names_give_the_same_answers(lake: Path, names: tuple[str, str], ids: tuple[str, str]) -> None:
    opened = Lake(lake)
    window: dict[str, Any] = {"start": 2020, "end": 2021}
    assert opened.compare(names, risk=True, **window) == opened.compare(ids, risk=True, **window)
    assert opened.metrics(names[:1], benchmark=names[1]) == opened.metrics(ids[:1], benchmark=ids[1])
    assert opened.returns(names) == opened.returns(ids)
    assert opened.scoreboard(names) == opened.scoreboard(ids)
    assert opened.matrix(names).pair(*ids) == opened.matrix(ids).pair(*ids)
    assert opened.changes("2020-06-01", ids=names) == opened.changes("2020-06-01", ids=ids)
    assert opened.explain(names, "2020-06-01") == opened.explain(ids, "2020-06-01")
    assert opened.check(names) == opened.check(ids)
    assert opened.prices(names).to_arrow() == opened.prices(ids).to_arrow()
    with pytest.raises(UsageError, match="cannot be compared with itself"):
        opened.compare(["BTC", names[0]])
    plans = [
        opened.portfolio(f"60 {b}, 40 {a}", {"sleeve": a.lower(), "expenses": {b.upper(): 1}})
        for a, b in (names, ids)
    ]
    assert plans[0].to_dict() == plans[1].to_dict()


@pytest.mark.slow
@pytest.mark.parametrize(("names", "ids"), SAME)
def test_names_give_the_same_rows_in_sql(lake: Path, names: tuple[str, str], ids: tuple[str, str]) -> None:
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        for text in (
            "FROM compare('{}', '{}')",
            "FROM total_return_index('{}')",
            "FROM check_bar('{}')",
            "FROM aligned_returns(['{}', '{}'])",
            "FROM metrics(['{}', '{}'])",
            f"FROM metric_cagr(['{{}}', '{{}}'], {DAYS})",
            f"FROM metric_total_return(['{{}}'], {DAYS}, benchmark := '{{}}', bill := 'bill')",
        ):
            rows = connection.execute(text.format(*names)).fetchall()
            assert rows == connection.execute(text.format(*ids)).fetchall()
            assert rows or "check_bar" in text


@pytest.mark.slow
@pytest.mark.parametrize(("name", "message"), UNKNOWN)
def test_an_unknown_name_is_an_error_everywhere(lake: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lake(lake).compare([name, "BTC"])
    quoted = name.replace("'", "''")
    with duckdb.connect(str(lake / "market.duckdb"), read_only=True) as connection:
        for text in (
            "FROM compare('{}', 'BTC')",
            "FROM compare('BTC', '{}')",
            "SELECT count(*) FROM compare('{}', '{}')",
            "FROM total_return_index('{}')",
            "FROM check_bar('{}')",
            "FROM aligned_returns(['BTC', '{}'])",
            "FROM metrics(['{}'])",
            f"FROM metric_cagr(['BTC', '{{}}'], {DAYS})",
            f"FROM metric_beta(['BTC'], {DAYS}, benchmark := '{{}}')",
            f"FROM metric_sharpe(['BTC'], {DAYS}, bill := '{{}}')",
        ):
            with pytest.raises(duckdb.InvalidInputException, match=message):
                connection.execute(text.format(quoted, quoted)).fetchall()


@pytest.mark.slow
def test_an_unknown_name_is_an_error_in_an_empty_lake(tmp_path: Path) -> None:
    make(tmp_path, [BTC], [])
    with duckdb.connect(str(tmp_path / "market.duckdb"), read_only=True) as connection:
        for text in ("compare('FOO', 'FOO')", "total_return_index('FOO')", f"metric_cagr(['FOO'], {DAYS})"):
            with pytest.raises(duckdb.InvalidInputException, match="unknown instrument 'FOO'"):
                connection.execute(f"FROM {text}").fetchall()
