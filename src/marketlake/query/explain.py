"""How far a return moved between two moments, and because of which rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import duckdb

from ..errors import EmptyLakeError, UsageError
from .change_answer import Change
from .changes import check_span, keep_changes, kept_changes, span_values
from .compared import Asked, look_up
from .connection import open_lake, records, steady, stored_files
from .explain_answer import Explanation, MovedFigure, Part
from .explain_steps import Returns, Steps, take_steps
from .listing import Listed, rates_needed, reach, read_listing
from .question import BASES, CONVENTIONS, Question, check_years, one_of

_NOISE: Final = 1e-15
"""A mean of the same values may come out so far apart when they are added in another order."""
_JOINED: Final = ("year_end", "december_average")
"""Conventions whose years join, so that a window's return is what its years multiply to."""

Key = tuple[str, date]


@steady
def explain(
    lake: Path,
    ids: Sequence[str],
    since: datetime,
    until: datetime | None = None,
    *,
    first_year: int | None = None,
    last_year: int | None = None,
    basis: str = "price",
    convention: str = "year_end",
    currency: str | None = None,
) -> Explanation:
    """Each calendar-year return of `ids`, and that of all these years together, at `since` and at `until`.

    The moments are aware, `until` None is now, and what was held then is what had been seen (strictly, by
    `observed_at`). The difference is told apart by replacing the changed rows one at a time, in the order of
    their sessions (the instrument's own row before those of rates): a row's part is how far the return moves
    when its turn comes, so the parts add up to the whole. Without years: all that are stored. Without a
    currency: the one all are quoted in, else US dollars.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    wanted = tuple(dict.fromkeys(ids))
    q = Question(wanted, first_year, last_year, currency, basis, False, convention, "own", until, True)
    _check(q, since)
    with open_lake(lake) as connection, stored_files(lake):
        listing = read_listing(connection)
        asked = look_up(q, listing)
        figures: list[MovedFigure] = []
        for one in asked.wanted:
            rates = rates_needed(listing, (one,), asked.currency)
            figures += _figures(connection, asked, one, rates, since)
        snapshot, origin = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    return Explanation(
        since=since,
        until=until,
        basis=basis,
        convention=convention,
        currency=asked.currency,
        figures=tuple(figures),
        snapshot=snapshot,
        origin=origin,
    )


def _check(q: Question, since: datetime) -> None:
    if not q.ids:
        raise UsageError("no instrument is named; name at least one")
    one_of("basis", q.basis, BASES)
    one_of("convention", q.convention, CONVENTIONS)
    check_years(q.first_year, q.last_year)
    check_span(since, q.as_of)


def _figures(
    connection: duckdb.DuckDBPyConnection,
    asked: Asked,
    one: Listed,
    rates: Sequence[Listed],
    since: datetime,
) -> Iterator[MovedFigure]:
    q, related = asked.question, (one, *rates)
    first, last = _years(connection, q, one)
    values = {
        **reach(related),
        **span_values(since, q.as_of),
        "instrument": one.id,
        "basis": q.basis,
        "convention": q.convention,
        "currency": asked.currency,
        "sessions": q.sessions,
        "wanted": [],
        "first_year": first,
        "last_year": last,
        # with the year before, at whose end the first one begins
        "first_day": date(first - 1, 1, 1),
        "last_day": date(last, 12, 31),
    }
    keep_changes(connection, related, since, q.as_of)
    changed = {(row.instrument_id, row.session): row for row in kept_changes(connection)}
    return _moved(take_steps(connection, values), changed, one.id, range(first, last + 1), q.convention)


def _years(connection: duckdb.DuckDBPyConnection, q: Question, one: Listed) -> tuple[int, int]:
    """Those asked for; where left out, those that stored sessions may give a return."""
    text = "SELECT min(session) AS first, max(session) AS last FROM main.bar "
    narrow = "WHERE list_contains($classes, asset_class) AND list_contains($ids, instrument_id)"
    [stored] = records(connection, text + narrow, reach([one]))
    if stored["first"] is None:
        raise EmptyLakeError(f"no bars of {one.id} are stored; run `marketlake run`")
    begun = stored["first"].year + (q.convention != "first_to_last")
    first = q.first_year if q.first_year is not None else begun
    last = q.last_year if q.last_year is not None else max(begun, stored["last"].year)
    if first > last:
        raise UsageError(
            f"{one.id} has sessions from {stored['first']} to {stored['last']}; choose years among them"
        )
    return first, last


def _moved(
    steps: Steps, changed: Mapping[Key, Change], instrument_id: str, years: range, convention: str
) -> Iterator[MovedFigure]:
    windows = [(year, year) for year in years]
    if convention in _JOINED and len(years) > 1:
        windows.append((years[0], years[-1]))
    for first, last in windows:
        path = [_return(returns, first, last) for returns in steps.returns]
        parts = tuple(Part(changed[steps.rows[place]], by) for place, by in _contributions(path))
        # where no row moved it, the last bit of a product did
        after = path[-1] if parts or None in (path[0], path[-1]) else path[0]
        yield MovedFigure(instrument_id, first, last, path[0], after, parts)


def _return(returns: Returns, first: int, last: int) -> float | None:
    """Of the years together; None where one of them has none."""
    found = [returns.get(year) for year in range(first, last + 1)]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    return known[0] if len(known) == 1 else math.prod(1 + one for one in known) - 1


def _contributions(path: Sequence[float | None]) -> Iterator[tuple[int, float]]:
    """How far each step moved the figure; a step that leaves it without one counts with the next."""
    reached = path[0]
    if reached is None or path[-1] is None:
        return
    for place, value in enumerate(path[1:-1]):
        if value is not None and abs(value - reached) > _NOISE * max(1.0, abs(value)):
            yield place, value - reached
            reached = value
