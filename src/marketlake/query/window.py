"""From figures of years to the rows of a comparison: the window, the gaps in it, who was ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .comparison import TIE, YearRow
from .many_comparison import ComparedYear, InstrumentYear
from .question import Question

Figure = Mapping[str, Any]
"""A row of query/year_figure.sql."""


def compared_years(question: Question, found: Sequence[Figure]) -> tuple[ComparedYear, ...]:
    """One row a year of the window asked for, empty where nothing is stored."""
    by_key = {(figure["year"], figure["instrument_id"]): figure for figure in found}
    complete = [year for year in {figure["year"] for figure in found} if _complete(question, by_key, year)]
    first = question.first_year if question.first_year is not None else min(complete, default=None)
    last = question.last_year if question.last_year is not None else max(complete, default=None)
    if first is None or last is None:
        return ()
    return tuple(_year(question, by_key, year) for year in range(first, last + 1))


def year_row(year: ComparedYear) -> YearRow:
    """The same of two, as one line."""
    a, b = year.returns
    x, y = a.simple_return, b.simple_return
    return YearRow(
        year=year.year,
        a_return=x,
        b_return=y,
        difference=None if x is None or y is None else x - y,
        winner=year.winner,
        complete=year.complete,
        a_from=a.start_session,
        a_to=a.end_session,
        b_from=b.start_session,
        b_to=b.end_session,
        a_quality=a.quality,
        b_quality=b.quality,
    )


def _complete(question: Question, by_key: Mapping[tuple[int, str], Figure], year: int) -> bool:
    return all((year, name) in by_key and by_key[year, name]["complete"] for name in question.ids)


def _year(question: Question, by_key: Mapping[tuple[int, str], Figure], year: int) -> ComparedYear:
    returns = tuple(_one(name, by_key.get((year, name))) for name in question.ids)
    complete = all(one.complete for one in returns)
    return ComparedYear(year, complete, *_ranked(complete, returns), returns)


def _one(name: str, figure: Figure | None) -> InstrumentYear:
    if figure is None:
        return InstrumentYear(name, None, None, None, False, "missing")
    return InstrumentYear(**{k: v for k, v in figure.items() if k != "year"})


def _ranked(complete: bool, returns: Sequence[InstrumentYear]) -> tuple[str | None, str | None, float | None]:
    """Who won, who came second, by how much."""
    known = [(one.simple_return, one.instrument_id) for one in returns if one.simple_return is not None]
    simulated = any("simulated" in one.quality for one in returns)
    if not complete or simulated or len(known) < len(returns):
        return None, None, None
    known.sort(key=lambda pair: -pair[0])
    (best, winner), (second, runner_up) = known[:2]
    if best == second:
        return TIE, None, 0.0
    alone = len(known) == 2 or known[2][0] < second
    return winner, runner_up if alone else None, best - second
