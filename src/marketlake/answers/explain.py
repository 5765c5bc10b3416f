"""The answer to `explain`: how far returns moved between two moments, and which rows moved them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from ..engine.listing import Listed, rates_needed, reach, with_ids
from ..engine.reader import DuckReader, Record
from ..engine.sql_text import chain, constant, statement
from ..model.errors import UsageError
from ..model.terms import Terms
from .changes import Change, Span, held_changes, hold_changes
from .compare import year_figures, year_values
from .notes import flag_notes, scope_notes
from .result import Answer, joined
from .scope import Scope, no_bars, resolve

_MOST_ROWS: Final = 2_000_000
_RETURNS: Final = {
    "posed_row": "explain/posed_row",
    "bar": "explain/posed_bar",
    "instrument": "explain/posed_instrument",
    "target_suspect": "query/suspect_session",
    "suspect_session": "explain/posed_suspect",
    "exchange_rate": "explain/posed_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
}
_NOISE: Final = 1e-15
"""Rounding: the mean of the same values may differ by this if they are added in another order."""
_JOINED: Final = ("year_end", "december_average")
"""Conventions whose years are contiguous, so that a window's return is the product of its years."""

_NOTED: Final = ("simulated", "gap", "suspect", "no_rate", "no_price")

Key = tuple[str, date]
"""Instrument and session."""
Returns = Mapping[int, float | None]
"""By year; years without a row are absent."""


@dataclass(frozen=True)
class Part:
    """The contribution of one changed row to a figure."""

    change: Change
    """A row of the instrument itself, or of a rate that converts it."""
    contribution: float
    """Part of the figure's difference, in its unit."""


@dataclass(frozen=True)
class MovedFigure:
    """A return before and after; fractions."""

    computed = ("figure", "difference")

    instrument_id: str
    first_year: int
    last_year: int
    """Equal to `first_year`, or the last year of a window."""
    before: float | None
    """None if the rows stored then gave no return."""
    after: float | None
    parts: tuple[Part, ...]
    """In the order of replacement; they add up to the difference. Empty where there is none."""
    quality: str
    """Of the return after, by the checks of the last build: flags joined by commas."""

    @property
    def figure(self) -> str:
        """The year, or the window."""
        same = self.first_year == self.last_year
        return str(self.first_year) if same else f"{self.first_year} to {self.last_year}"

    @property
    def difference(self) -> float | None:
        """`after` minus `before`; None if either is missing."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def moved(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Explanation(Answer):
    """How far the returns of calendar years and of the window moved between two moments, and
    why."""

    in_rows = "figures"

    since: datetime
    until: datetime | None
    basis: str
    convention: str
    currency: str
    figures: tuple[MovedFigure, ...]
    """By instrument: its years in order, then the window."""
    notes: tuple[str, ...]
    snapshot: str
    origin: str


@dataclass(frozen=True)
class _Steps:
    """`rows[n]` is replaced between `returns[n]` and `returns[n + 1]`; the last has all
    replaced."""

    rows: Sequence[Key]
    """Instrument and session."""
    returns: Sequence[Returns]
    quality: Mapping[int, str]
    """By year, of the last returns."""


def explain(reader: DuckReader, terms: Terms, span: Span) -> Explanation:
    """Each calendar-year return, and that of all years together, at both moments.

    `Lake.explain` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("explain", "start", "end", "basis", "convention", "currency")
    terms = with_ids(reader.listing, terms)
    terms.check_ids()
    scope = resolve(reader.listing, replace(terms, ids=tuple(dict.fromkeys(terms.ids))), fewest=1)
    related = {i.id: (i, *_rates(reader, scope, i)) for i in scope.wanted}
    years = _years(reader, scope)
    with reader.scratch():
        hold_changes(reader, list(dict.fromkeys(one for some in related.values() for one in some)), span)
        changed = {(row.instrument_id, row.session): row for row in held_changes(reader)}
        touched = {name for name, _ in changed}
        moving = [name for name, some in related.items() if touched & {one.id for one in some}]
        steps = _steps(reader, scope, span, {name: related[name] for name in moving}, years)
    same = _unchanged(reader, scope, span, [name for name in related if name not in moving])
    figures: list[MovedFigure] = []
    for name in related:
        figures += _moved(steps.get(name) or same[name], changed, name, years[name], terms.convention)
    return Explanation(
        since=span.since,
        until=span.until,
        basis=terms.basis,
        convention=terms.convention,
        currency=scope.currency,
        figures=tuple(figures),
        notes=(*scope_notes(scope), *flag_notes(figures, _NOTED)),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


def _rates(reader: DuckReader, scope: Scope, instrument: Listed) -> tuple[Listed, ...]:
    if instrument in scope.unconverted:
        return ()
    return rates_needed(reader.listing, (instrument,), scope.currency)


def _years(reader: DuckReader, scope: Scope) -> dict[str, range]:
    """The requested years; by default, all years for which the stored sessions may give a
    return."""
    text = """
        SELECT instrument_id, min(session) AS first, max(session) AS last FROM main.bar
        WHERE list_contains($classes, asset_class) AND list_contains($ids, instrument_id)
        GROUP BY instrument_id
    """
    stored = {row["instrument_id"]: row for row in reader.records(text, reach(scope.wanted))}
    window = scope.terms.years("explain")
    found = {}
    for name in scope.terms.ids:
        if name not in stored:
            raise no_bars(reader, name, scope.terms)
        begin, end = stored[name]["first"], stored[name]["last"]
        begun = begin.year + (scope.terms.convention != "first_to_last")
        first = window[0] if window[0] is not None else begun
        last = window[1] if window[1] is not None else max(begun, end.year)
        if first > last:
            raise UsageError(f"{name} has sessions from {begin} to {end}; choose years among them")
        found[name] = range(first, last + 1)
    return found


def _unchanged(reader: DuckReader, scope: Scope, span: Span, names: Sequence[str]) -> dict[str, _Steps]:
    """The returns of instruments without a changed row, of their own or of a rate: one query."""
    if not names:
        return {}
    terms = replace(scope.terms, ids=tuple(names), as_of=span.until, strict=span.until is not None)
    own = replace(scope, terms=terms, wanted=tuple(i for i in scope.wanted if i.id in names))
    found: dict[str, dict[int, float | None]] = {name: {} for name in names}
    quality: dict[str, dict[int, str]] = {name: {} for name in names}
    for row in year_figures(reader, own):
        found[row["instrument_id"]][row["year"]] = row["simple_return"]
        quality[row["instrument_id"]][row["year"]] = row["quality"]
    return {name: _Steps((), (returns, returns), quality[name]) for name, returns in found.items()}


def _steps(
    reader: DuckReader,
    scope: Scope,
    span: Span,
    related: Mapping[str, Sequence[Listed]],
    years: Mapping[str, range],
) -> dict[str, _Steps]:
    """The returns of each instrument while its changed rows are replaced one after the other."""
    if not related:
        return {}
    everything = list(dict.fromkeys(one for some in related.values() for one in some))
    values = {**year_values(scope), **reach(everything), **span.values, "wanted": []}
    reader.hold("explain_scope", _scope_text(related, years), {})
    reader.hold("held_row", chain({"bar_version": "query/bar_version"}, "explain/held_row"), values)
    reader.hold("step", statement("explain/step"), values)
    reader.hold("pose", statement("explain/pose"), values)
    rows: dict[str, list[Key]] = {name: [] for name in related}
    for row in reader.records("SELECT target, instrument_id, session FROM step ORDER BY target, place"):
        rows[row["target"]].append((row["instrument_id"], row["session"]))
    returns: dict[str, list[dict[int, float | None]]] = {
        name: [{} for _ in range(len(own) + 2)] for name, own in rows.items()
    }
    quality: dict[str, dict[int, str]] = {name: {} for name in related}
    for row in _step_returns(reader, values, sum(map(len, returns.values()))):
        target, step = row["target"], row["step"]
        returns[target][step][row["year"]] = row["simple_return"]
        if step == len(rows[target]) + 1:
            quality[target][row["year"]] = row["quality"]
    return {name: _Steps(rows[name], returns[name], quality[name]) for name in related}


def _scope_text(related: Mapping[str, Sequence[Listed]], years: Mapping[str, range]) -> str:
    """One row per target and instrument that it depends on, with the relevant days and years.

    The target itself comes first.
    """
    lines = []
    for target, some in related.items():
        first, last = years[target][0], years[target][-1]
        for one in some:
            # including the year before, because the first return starts at its end
            days = constant(date(first - 1, 1, 1)), constant(date(last, 12, 31))
            rate = constant(one.id != target)
            lines.append(
                f"({constant(target)}, {constant(one.id)}, {rate}, {', '.join(days)}, {first}, {last})"
            )
    columns = "target, instrument_id, rate, first_day, last_day, first_year, last_year"
    return f"SELECT * FROM (VALUES {', '.join(lines)}) AS s ({columns})"  # noqa: S608 (quoted)


def _step_returns(reader: DuckReader, values: Mapping[str, Any], poses: int) -> Sequence[Record]:
    """One row per target, step and year, in batches of steps to limit memory."""
    text = "SELECT max(rows) AS rows FROM (SELECT count(*) AS rows FROM held_row GROUP BY target)"
    [held] = reader.records(text)
    batch = max(1, _MOST_ROWS // max(held["rows"] or 0, 1))
    text = chain(_RETURNS, "explain/step_return")
    rows: list[Record] = []
    for low in range(0, poses, batch):
        rows += reader.records(text, {**values, "low": low, "high": low + batch - 1})
    return rows


def _moved(
    steps: _Steps, changed: Mapping[Key, Change], instrument_id: str, years: range, convention: str
) -> Iterator[MovedFigure]:
    windows = [(year, year) for year in years]
    if convention in _JOINED and len(years) > 1:
        windows.append((years[0], years[-1]))
    for first, last in windows:
        path = [_return(returns, first, last) for returns in steps.returns]
        parts = tuple(Part(changed[steps.rows[place]], by) for place, by in _contributions(path))
        # without a row that moved it, only the last bit of a product differs
        after = path[-1] if parts or None in (path[0], path[-1]) else path[0]
        quality = joined(steps.quality.get(year, "missing") for year in range(first, last + 1))
        yield MovedFigure(instrument_id, first, last, path[0], after, parts, quality)


def _return(returns: Returns, first: int, last: int) -> float | None:
    """The return over the years together; None if one year has none."""
    values = [returns.get(year) for year in range(first, last + 1)]
    known = [one for one in values if one is not None]
    if len(known) < len(values):
        return None
    return known[0] if len(known) == 1 else math.prod(1 + one for one in known) - 1


def _contributions(path: Sequence[float | None]) -> Iterator[tuple[int, float]]:
    """How far each step moved the figure.

    A step after which there is no figure counts with the next step.
    """
    reached = path[0]
    if reached is None or path[-1] is None:
        return
    for place, value in enumerate(path[1:-1]):
        if value is not None and abs(value - reached) > _NOISE * max(1.0, abs(value)):
            yield place, value - reached
            reached = value
