"""From figures of years to the rows of a comparison: the window, the gaps in it, who was ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .comparison import TIE, YearRow
from .question import Question

Figure = Mapping[str, Any]
"""A row of query/compare.sql."""


def year_rows(question: Question, found: Sequence[Figure]) -> tuple[YearRow, ...]:
    """One row a year of the window asked for, empty where nothing is stored."""
    complete = [figure["year"] for figure in found if figure["complete"]]
    first = question.first_year if question.first_year is not None else min(complete, default=None)
    last = question.last_year if question.last_year is not None else max(complete, default=None)
    if first is None or last is None:
        return ()
    by_year = {figure["year"]: figure for figure in found}
    return tuple(_row(question, by_year.get(year, _nothing(year))) for year in range(first, last + 1))


def _nothing(year: int) -> Figure:
    ends = dict.fromkeys(("a_return", "b_return", "a_from", "a_to", "b_from", "b_to"))
    return {"year": year, "complete": False, "a_quality": "missing", "b_quality": "missing"} | ends


def _row(question: Question, figure: Figure) -> YearRow:
    a, b = figure["a_return"], figure["b_return"]
    return YearRow(
        difference=None if a is None or b is None else a - b,
        winner=_winner(question, figure),
        **figure,
    )


def _winner(question: Question, figure: Figure) -> str | None:
    a, b = figure["a_return"], figure["b_return"]
    simulated = "simulated" in figure["a_quality"] + figure["b_quality"]
    if not figure["complete"] or a is None or b is None or simulated:
        return None
    if a == b:
        return TIE
    return question.a if a > b else question.b
