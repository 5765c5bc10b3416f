"""The answer to `explain`: plain values, a figure and the rows that moved it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ..engine.listing import Listed, rates_needed, reach, read_listing
from ..engine.reader import open_lake, records, steady, stored_files
from ..engine.sql_text import bound, chain, statement
from ..model.errors import EmptyLakeError, UsageError
from .changes import Change, check_span, keep_changes, kept_changes, span_values
from .compare import Asked, look_up
from .result import Rows
from .terms import BASES, CONVENTIONS, Question, check_years, one_of


@dataclass(frozen=True)
class Part:
    """What one changed row did to a figure."""

    change: Change
    """Of the instrument itself, or of a rate that converts it."""
    contribution: float
    """In the figure's own unit: a part of its difference."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return self.change.to_dict() | {"contribution": self.contribution}


@dataclass(frozen=True)
class MovedFigure:
    """A return as it was at one moment and at the other; fractions."""

    instrument_id: str
    first_year: int
    last_year: int
    """The same year, or the last of a window."""
    before: float | None
    """None where the rows held then gave none."""
    after: float | None
    parts: tuple[Part, ...]
    """In the order in which rows were replaced. They add up to the difference; none where there is none."""

    @property
    def name(self) -> str:
        """The year, or the window."""
        same = self.first_year == self.last_year
        return str(self.first_year) if same else f"{self.first_year} to {self.last_year}"

    @property
    def difference(self) -> float | None:
        """`after` less `before`; None unless both are there."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def moved(self) -> bool:
        return self.before != self.after

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "instrument_id": self.instrument_id,
            "figure": self.name,
            "before": self.before,
            "after": self.after,
            "difference": self.difference,
            "parts": [part.to_dict() for part in self.parts],
        }


@dataclass(frozen=True)
class Explanation(Rows):
    """How far calendar-year returns, and those of the window, moved between two moments, and why."""

    in_rows = "figures"

    since: datetime
    until: datetime | None
    basis: str
    convention: str
    currency: str
    figures: tuple[MovedFigure, ...]
    """By instrument, its years in order, then the window."""
    snapshot: str
    origin: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "basis": self.basis,
            "convention": self.convention,
            "currency": self.currency,
            "figures": [figure.to_dict() for figure in self.figures],
            "snapshot": self.snapshot,
            "origin": self.origin,
        }


_ROWS_AT_ONCE: Final = 2_000_000
_RETURNS: Final = {
    "pose": "explain/pose",
    "posed_row": "explain/posed_row",
    "bar": "explain/posed_bar",
    "instrument": "explain/posed_instrument",
    "exchange_rate": "explain/posed_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
}

Returns = Mapping[int, float | None]
"""By year; a year without a row is not in it."""


@dataclass(frozen=True)
class Steps:
    """`rows[n]` is replaced between `returns[n]` and `returns[n + 1]`; in the last of `returns` all are."""

    rows: tuple[tuple[str, date], ...]
    """Instrument and session."""
    returns: tuple[Returns, ...]


def take_steps(connection: duckdb.DuckDBPyConnection, values: Mapping[str, object]) -> Steps:
    """`values` are the parameters of sql/explain."""
    _keep(connection, "held_row", chain({"bar_version": "query/bar_version"}, "explain/held_row"), values)
    _keep(connection, "step", statement("explain/step"), values)
    found = connection.execute("SELECT instrument_id, session FROM step ORDER BY place").fetchall()
    rows = tuple((name, session) for name, session in found)
    returns: list[dict[int, float | None]] = [{} for _ in range(len(rows) + 2)]
    for row in _returns(connection, {**values, "steps": len(rows)}):
        returns[row["step"]][row["year"]] = row["simple_return"]
    return Steps(rows, tuple(returns))


def _returns(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """A row a step and year; so many steps at a time that memory is bounded."""
    (held,) = connection.execute("SELECT count(*) FROM held_row").fetchone() or (0,)
    at_once = max(1, _ROWS_AT_ONCE // max(held, 1))
    text = chain(_RETURNS, "explain/step_return")
    found: list[dict[str, Any]] = []
    for low in range(0, values["steps"] + 2, at_once):
        found += records(connection, text, {**values, "low": low, "high": low + at_once - 1})
    return found


def _keep(connection: duckdb.DuckDBPyConnection, name: str, text: str, values: Mapping[str, object]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {bound(text, values)}")


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
