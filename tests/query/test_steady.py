"""An answer is of one state of the lake: a question during which files were replaced is asked again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from marketlake.answers import query
from marketlake.engine.reader import open_lake, steady
from marketlake.lake import Lake
from marketlake.model.errors import LakeChangedError, UsageError

from .lakes import BTC, NASDAQ, make, year_ends

COUNT = "SELECT count(*) FROM bar"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(
        tmp_path_factory.mktemp("lake"),
        [BTC, NASDAQ],
        [*year_ends(BTC, {2019: 1.0}), *year_ends(NASDAQ, {2019: 1.0})],
    )


def replace_bars(lake: Path) -> None:
    """As a commit does: another file takes the place."""
    path = next(lake.glob("bar/asset_class=crypto/*/part.parquet"))
    beside = path.with_name("beside")
    shutil.copyfile(path, beside)
    beside.replace(path)


def counting(lake: Path, during: Callable[[int], None]) -> tuple[Callable[[], int], list[int]]:
    """A question during whose n-th asking `during(n)` happens."""
    asked: list[int] = []

    def ask() -> int:
        with open_lake(lake) as connection:
            asked.append(len(asked) + 1)
            during(len(asked))
            (count,) = connection.execute(COUNT).fetchone() or (0,)
        return int(count)

    return steady(ask), asked


def test_a_question_during_a_commit_is_asked_again(lake: Path) -> None:
    ask, asked = counting(lake, lambda number: replace_bars(lake) if number == 1 else None)
    assert (ask(), asked) == (2, [1, 2])


def test_nothing_is_asked_twice_where_nothing_changed(lake: Path) -> None:
    ask, asked = counting(lake, lambda number: None)
    assert (ask(), asked) == (2, [1])


def test_a_lake_that_never_rests_is_told(lake: Path) -> None:
    ask, asked = counting(lake, lambda number: replace_bars(lake))
    with pytest.raises(LakeChangedError, match="ask again"):
        ask()
    assert len(asked) == 5


def test_what_failed_because_a_file_was_replaced_is_asked_again(lake: Path) -> None:
    def during(number: int) -> None:
        if number == 1:
            replace_bars(lake)
            raise duckdb.Error("TProtocolException: Invalid data")

    ask, asked = counting(lake, during)
    assert (ask(), asked) == (2, [1, 2])


def test_what_is_wrong_with_the_question_is_said_at_once(lake: Path) -> None:
    def during(number: int) -> None:
        raise UsageError("no such thing")

    ask, asked = counting(lake, during)
    with pytest.raises(UsageError, match="no such thing"):
        ask()
    assert asked == [1]


def test_the_library_s_own_questions_are_steady(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from marketlake.answers.query import _check_reading

    asked: list[str] = []
    check = _check_reading

    def once_replaced(connection: duckdb.DuckDBPyConnection, text: str) -> None:
        asked.append(text)
        if len(asked) == 1:
            replace_bars(lake)
        check(connection, text)

    monkeypatch.setattr(query, "_check_reading", once_replaced)
    assert [tuple(row) for row in Lake(lake).query_rows(COUNT).rows] == [(2,)]
    assert asked == [COUNT, COUNT]
