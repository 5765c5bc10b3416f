"""All against all: years won and correlations of every pair of instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from ..errors import UsageError
from .compared import assert_stored, look_up
from .connection import open_lake, steady, stored_files
from .listing import Listing, read_listing
from .matrix_answer import Matrix, Wins
from .matrix_correlation import Correlations, Window, correlations
from .matrix_grid import Days
from .matrix_input import Stored, read_levels, read_sessions, read_wins
from .matrix_notes import matrix_notes, qualities
from .metric_question import FREQUENCIES
from .notes import basis_of
from .question import Question, one_of

Squares = TypeVar("Squares", Wins, Correlations)
_MOST: Final = 2000
"""Pairs grow with the square: at 2,000 instruments two million of them take about 3 GB."""


@steady
def matrix(
    lake: Path,
    ids: Sequence[str] | None = None,
    *,
    start: date | None = None,
    end: date | None = None,
    frequency: str = "daily",
    currency: str | None = None,
    basis: str = "price",
    real: bool = False,
    convention: str = "year_end",
    as_of: datetime | None = None,
    strict: bool = False,
) -> Matrix:
    """Of every pair of `ids`: who returned more in how many calendar years, and how their returns correlate.

    Without ids: all that have a return and are stored. Without dates: for each pair all that both have. Years
    are those wholly from `start` to `end`, on each one's own sessions; returns run between sessions that the
    pair shares. Without a currency: the one all are quoted in, else US dollars. `as_of` and `strict` as in
    `compare`. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    one_of("frequency", frequency, FREQUENCIES)
    window = Window(frequency, start or date.min, end or date.max)
    if window.first > window.last:
        raise UsageError(f"the first day {start} is after the last day {end}; swap them")
    with open_lake(lake) as connection:
        listing = read_listing(connection)
        names = tuple(ids) if ids else _with_return(listing)
        question = Question(names, None, None, currency, basis, real, convention, "own", as_of, strict)
        _check(question)
        asked = look_up(question, listing)
        with stored_files(lake):
            stored = read_levels(connection, asked, window.last)
            by_id = sorted(names)
            found = {name for name, some in zip(by_id, _some(stored), strict=True) if some}
            if ids or not found:
                assert_stored(connection, lake, asked.wanted, found)
            sessions = read_sessions(connection, {i.calendar for i in asked.wanted})
            won = read_wins(connection, asked, *_whole_years(window))
        snapshot, origin = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    wanted = tuple(i for i in asked.wanted if i.id in found)
    order = np.array([by_id.index(i.id) for i in wanted])
    calendars = [listing[name].calendar for name in by_id]
    flags = qualities(asked, stored, sessions, window)
    quality = {i.id: flags[i.id] for i in wanted}
    return Matrix(
        instruments=tuple(quality),
        start=start,
        end=end,
        frequency=frequency,
        currency=asked.currency,
        basis=basis,
        bases={i.id: basis_of(i, basis) for i in wanted},
        convention=convention,
        real=real,
        as_of=as_of.isoformat() if as_of else None,
        strict=strict,
        won=_taken(won, order),
        correlation=_taken(correlations(stored.days, stored.level, calendars, sessions, window), order),
        quality=tuple(quality.values()),
        notes=matrix_notes(asked, wanted, quality, [n for n in names if n not in found]),
        snapshot=snapshot,
        origin=origin,
    )


def _with_return(listing: Listing) -> tuple[str, ...]:
    return tuple(i.id for i in listing.values() if i.asset_class not in {"rate", "inflation"})


def _check(question: Question) -> None:
    question.check()
    if len(question.ids) > _MOST:
        raise UsageError(f"{len(question.ids):,} instruments make too many pairs; name at most {_MOST:,}")


def _some(stored: Stored) -> list[bool]:
    return list(map(bool, np.max(stored.missing, axis=0, initial=-1) >= 0))


def _whole_years(window: Window) -> tuple[int, int]:
    """The first and the last calendar year that lie within the window."""
    first, last = window.first, window.last
    return (
        first.year + ((first.month, first.day) > (1, 1)),
        last.year - ((last.month, last.day) < (12, 31)),
    )


def _taken(squares: Squares, order: Days) -> Squares:
    """Rows and columns in another order, not to be written to."""
    arrays = [getattr(squares, field.name)[np.ix_(order, order)] for field in fields(squares)]
    for array in arrays:
        array.flags.writeable = False
    return type(squares)(*arrays)
