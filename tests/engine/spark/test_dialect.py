"""The words that differ, and nothing else."""

from __future__ import annotations

import pytest

from marketlake.engine.spark.reader import spark_text
from marketlake.engine.sql_text import bound


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT x FROM main.bar", "SELECT x FROM main_bar"),
        ("a.domain.x / 91.0 + 1e-12 * 2", "a.domain.x / 91.0D + 1e-12 * 2"),
        ("CAST(1.5e-05 AS DOUBLE)", "CAST(1.5e-05 AS DOUBLE)"),
        ("CAST(x AS VARCHAR)", "CAST(x AS STRING)"),
        ("CAST(NULL AS TIMESTAMPTZ)", "CAST(NULL AS TIMESTAMP_LTZ)"),
        ("IN (SELECT unnest($ids))", "IN (SELECT explode($ids))"),
        ("make_timestamptz(epoch_us(t))", "timestamp_micros(unix_micros(t))"),
        ("max_by(a, b)", "max_by(a, CASE WHEN (a) IS NOT NULL THEN b END)"),
        (
            "1 + min_by(CASE WHEN k = 'x, )' THEN f(a, 1) END, g(b)) / max_by(c, d)",
            "1 + min_by(CASE WHEN k = 'x, )' THEN f(a, 1) END, "
            "CASE WHEN (CASE WHEN k = 'x, )' THEN f(a, 1) END) IS NOT NULL THEN g(b) END) "
            "/ max_by(c, CASE WHEN (c) IS NOT NULL THEN d END)",
        ),
        ("'main.bar 0.5 [len(' || x", "'main.bar 0.5 [len(' || x"),
        ("'it''s 1.5' || length(x)", "'it''s 1.5' || length(x)"),
    ],
)
def test_translation_to_spark_sql(text: str, expected: str) -> None:
    assert spark_text(text) == expected


def test_list_of_names_is_quoted_in_both_dialects() -> None:
    text = bound("list_contains($ids, x) AND len($ids) = 2", {"ids": ["A", "B']"]})
    names = "CAST(array('A', 'B'']') AS ARRAY<STRING>)"
    assert spark_text(text) == f"array_contains({names}, x) AND size({names}) = 2"


def test_unclosed_call_is_refused() -> None:
    with pytest.raises(ValueError, match="not closed"):
        spark_text("max_by(a, (b")
