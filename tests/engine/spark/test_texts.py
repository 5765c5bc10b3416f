"""Every SQL text of a mart, metric or answer gives the same rows on Spark and DuckDB."""

from __future__ import annotations

import pyarrow as pa
import pytest

from .both import Pair, differences, same
from .scenes import NOT_COMPARED, files_of

TEXTS = [name for folder in ("mart", "metric", "metric_input", "query", "view") for name in files_of(folder)]


@pytest.mark.parametrize("file", [name for name in TEXTS if name not in NOT_COMPARED])
def test_spark_rows_equal_duckdb(pairs_by_text: dict[str, list[Pair]], file: str) -> None:
    assert any(len(pair.duck) for pair in pairs_by_text[file]), "there is nothing to compare"
    for pair in pairs_by_text[file]:
        assert differences(pair) == []


def test_excluded_texts_exist() -> None:
    assert set(NOT_COMPARED) <= set(TEXTS)


@pytest.mark.parametrize(
    ("duck", "spark", "equal"),
    [
        (1.0, 1.0 + 1e-13, True),
        (1.0, 1.0 + 1e-11, False),
        (1.0, None, False),
        (1.0, 1, False),
        (float("nan"), float("nan"), True),
        (None, None, True),
        ("a", "b", False),
    ],
)
def test_tolerance_of_same(duck: object, spark: object, equal: bool) -> None:
    assert same(duck, spark) is equal


def test_differences_are_detected() -> None:
    rows = pa.table({"name": ["A", "B"], "value": [1.0, 2.0]})
    assert differences(Pair("", rows, rows.take([1, 0]))) == []
    assert differences(Pair("", rows, pa.table({"name": ["A", "B"], "value": [1.0, 2.1]})))
    assert differences(Pair("", rows, rows[:1]))
    assert differences(Pair("", rows, rows.rename_columns(["name", "worth"])))
