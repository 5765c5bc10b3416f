"""The few words in which Spark SQL differs from the texts of `sql/`, which DuckDB runs as they are.

Everything else is common to both. What is here is decided word by word, never by what a query means, so that
a text says the same on either engine:

    main.bar                     main_bar: a temporary view belongs to no schema
    0.5                          0.5D: Spark would divide decimals, to a few digits
    VARCHAR, TIMESTAMPTZ         STRING, TIMESTAMP_LTZ
    CAST(['A'] AS VARCHAR[])     CAST(array('A') AS ARRAY<STRING>)
    list_contains, len, unnest   array_contains, size, explode
    make_timestamptz, epoch_us   timestamp_micros, unix_micros
    max_by(x, y), min_by(x, y)   rows without an x do not count in DuckDB, and do in Spark
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_WORDS: Final = {
    "main.": "main_",
    "VARCHAR[]": "ARRAY<STRING>",
    "VARCHAR": "STRING",
    "TIMESTAMPTZ": "TIMESTAMP_LTZ",
    "list_contains": "array_contains",
    "len": "size",
    "unnest": "explode",
    "make_timestamptz": "timestamp_micros",
    "epoch_us": "unix_micros",
    "[": "array(",
    "]": ")",
}
_QUOTED: Final = r"'(?:[^']|'')*'"
_TOKEN: Final = re.compile(
    rf"""
    {_QUOTED}
    | (?P<word> \bmain\.(?=[a-z_]) | \bVARCHAR\[\] | \b(?:VARCHAR|TIMESTAMPTZ)\b
        | \b(?:list_contains|len|unnest|make_timestamptz|epoch_us)(?=\() | [\[\]] )
    | (?P<decimal> (?<![\w.]) \d+\.\d+ (?![\w.]) )
    """,
    re.VERBOSE,
)
_BY: Final = re.compile(rf"{_QUOTED}|\b(?P<name>max_by|min_by)\(")
_PART: Final = re.compile(rf"{_QUOTED}|[(),]")


def spark_text(text: str) -> str:
    """One of our texts, without comments, as Spark SQL."""
    return _without_null(_TOKEN.sub(_word, text))


def _word(found: re.Match[str]) -> str:
    if found["decimal"]:
        return f"{found['decimal']}D"
    return _WORDS[found["word"]] if found["word"] else found[0]


def _without_null(text: str) -> str:
    """Each `max_by(x, y)` with the y of rows that have an x."""
    done, rest = [], text
    while found := next((hit for hit in _BY.finditer(rest) if hit["name"]), None):
        value, order, end = _arguments(rest, found.end())
        done.append(f"{rest[: found.end()]}{value}, CASE WHEN ({value}) IS NOT NULL THEN{order} END)")
        rest = rest[end:]
    return "".join([*done, rest])


def _arguments(text: str, start: int) -> tuple[str, str, int]:
    """The two arguments of a call that are written from `start` on, and where it ends."""
    comma = -1
    for sign, at in _outermost(text, start):
        if sign == ",":
            comma = at
        if sign == ")":
            return text[start:comma], text[comma + 1 : at], at + 1
    raise ValueError(f"a call is not closed: {text[start : start + 60]}")


def _outermost(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The commas of a call's own, and its closing bracket."""
    depth = 0
    for found in _PART.finditer(text, start):
        sign = found[0]
        if depth == 0 and sign in (",", ")"):
            yield sign, found.start()
        depth += (sign == "(") - (sign == ")")
