"""The answer to `explain`: plain values, a figure and the rows that moved it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from ..engine.listing import Listed, rates_needed, reach
from ..engine.reader import DuckReader, Record
from ..engine.sql_text import chain, statement
from ..model.errors import UsageError
from ..model.terms import Terms
from .changes import Change, Span, held_changes, hold_changes
from .result import Answer
from .scope import Scope, no_bars, resolve


@dataclass(frozen=True)
class Part:
    """What one changed row did to a figure."""

    change: Change
    """Of the instrument itself, or of a rate that converts it."""
    contribution: float
    """In the figure's own unit: a part of its difference."""


@dataclass(frozen=True)
class MovedFigure:
    """A return as it was at one moment and at the other; fractions."""

    computed = ("name", "difference")

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


@dataclass(frozen=True)
class Explanation(Answer):
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


def take_steps(reader: DuckReader, values: Mapping[str, object]) -> Steps:
    """`values` are the parameters of sql/explain."""
    reader.hold("held_row", chain({"bar_version": "query/bar_version"}, "explain/held_row"), values)
    reader.hold("step", statement("explain/step"), values)
    found = reader.records("SELECT instrument_id, session FROM step ORDER BY place")
    rows = tuple((row["instrument_id"], row["session"]) for row in found)
    returns: list[dict[int, float | None]] = [{} for _ in range(len(rows) + 2)]
    for row in _returns(reader, {**values, "steps": len(rows)}):
        returns[row["step"]][row["year"]] = row["simple_return"]
    return Steps(rows, tuple(returns))


def _returns(reader: DuckReader, values: Mapping[str, Any]) -> Sequence[Record]:
    """A row a step and year; so many steps at a time that memory is bounded."""
    [held] = reader.records("SELECT count(*) AS rows FROM held_row")
    at_once = max(1, _ROWS_AT_ONCE // max(held["rows"], 1))
    text = chain(_RETURNS, "explain/step_return")
    found: list[Record] = []
    for low in range(0, values["steps"] + 2, at_once):
        found += reader.records(text, {**values, "low": low, "high": low + at_once - 1})
    return found


_NOISE: Final = 1e-15
"""A mean of the same values may come out so far apart when they are added in another order."""
_JOINED: Final = ("year_end", "december_average")
"""Conventions whose years join, so that a window's return is what its years multiply to."""

Key = tuple[str, date]


def explain(reader: DuckReader, terms: Terms, span: Span) -> Explanation:
    """Each calendar-year return of the instruments, and that of all these years together, at both moments.

    Takes start and end (whole years; default: all that are stored), basis, convention, currency. What was
    held at a moment is what had been seen (strictly, by `observed_at`). The changed rows are replaced one
    at a time, in the order of their sessions (the instrument's own row before those of rates). A row's part
    is how far the return then moves, so the parts add up to the whole.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    terms.only("explain", "start", "end", "basis", "convention", "currency")
    terms.check_ids()
    scope = resolve(reader.listing, replace(terms, ids=tuple(dict.fromkeys(terms.ids))))
    figures: list[MovedFigure] = []
    for one in scope.wanted:
        with reader.scratch():
            figures += _figures(reader, scope, one, span)
    return Explanation(
        since=span.since,
        until=span.until,
        basis=terms.basis,
        convention=terms.convention,
        currency=scope.currency,
        figures=tuple(figures),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


def _figures(reader: DuckReader, scope: Scope, one: Listed, span: Span) -> Iterator[MovedFigure]:
    related = (one, *rates_needed(reader.listing, (one,), scope.currency))
    first, last = _years(reader, scope.terms, one)
    values = {
        **scope.values(),
        **reach(related),
        **span.values,
        "instrument": one.id,
        "wanted": [],
        "first_year": first,
        "last_year": last,
        # with the year before, at whose end the first one begins
        "first_day": date(first - 1, 1, 1),
        "last_day": date(last, 12, 31),
    }
    hold_changes(reader, related, span)
    changed = {(row.instrument_id, row.session): row for row in held_changes(reader)}
    steps = take_steps(reader, values)
    return _moved(steps, changed, one.id, range(first, last + 1), scope.terms.convention)


def _years(reader: DuckReader, terms: Terms, one: Listed) -> tuple[int, int]:
    """Those asked for; where left out, those that stored sessions may give a return."""
    text = "SELECT min(session) AS first, max(session) AS last FROM main.bar "
    narrow = "WHERE list_contains($classes, asset_class) AND list_contains($ids, instrument_id)"
    [stored] = reader.records(text + narrow, reach([one]))
    if stored["first"] is None:
        raise no_bars(reader, one.id, terms)
    begun = stored["first"].year + (terms.convention != "first_to_last")
    window = terms.years("explain")
    first = window[0] if window[0] is not None else begun
    last = window[1] if window[1] is not None else max(begun, stored["last"].year)
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
