"""The standard metrics of all instruments over a window, from the stored states of their years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from ..engine.listing import find, with_ids
from ..engine.reader import Reader
from ..engine.sql_text import constant
from ..model.errors import EmptyLakeError, UsageError
from ..model.instruments import NOT_INVESTABLE
from ..model.location import shown
from ..model.terms import STATE_BASES, Terms, one_of
from .notes import flag_notes, some_of
from .prices import Trends, trend_of_years
from .result import Answer

TABLES: Final = (
    *("calendar_year", "calendar_grid", "calendar_year_return", "metric_state", "odd_session"),
    *("instrument_coverage", "block_state", "year_block"),
)
"""Marts that an engine other than DuckDB computes first."""
_NOTED: Final = (
    *("simulated", "partial", "gap", "suspect", "stale", "no_price", "no_bill", "price_index", "proxy"),
)


@dataclass(frozen=True)
class Score:
    """One instrument's figures over the window, from daily returns; None where there is none."""

    instrument_id: str
    total_return: float | None
    cagr: float | None
    """None for less than a year."""
    volatility: float | None
    """Annualised, as downside_deviation and the ratios."""
    downside_deviation: float | None
    sharpe: float | None
    """Without a risk-free rate, as sortino."""
    sortino: float | None
    sharpe_over_bill: float | None
    """Over the currency's 13-week bill."""
    sortino_over_bill: float | None
    max_drawdown: float
    """A fraction, 0 or below."""
    calmar: float | None
    best_period: float
    worst_period: float
    positive_share: float
    skew: float | None
    kurtosis: float | None
    n: int
    """Number of daily returns used."""
    first_session: date
    """Start of the first return."""
    last_session: date
    periods_per_year: float
    basis: str
    currency: str
    quality: str
    """Flags joined by commas; empty if there is none."""


COLUMNS: Final = tuple(field.name for field in fields(Score))


@dataclass(frozen=True)
class Scoreboard(Answer):
    """All instruments that have a return in the window, in the order of their ids."""

    start: date
    end: date
    basis: str
    """The requested basis; each row has its own."""
    rows: tuple[Score, ...]
    notes: tuple[str, ...]
    snapshot: str
    origin: str
    by_year: Trends | None = None
    """Each instrument's return per year of the window; None unless requested."""

    def row(self, instrument_id: str) -> Score:
        """The row of an instrument; `KeyError` if it was not requested or has no return."""
        for row in self.rows:
            if row.instrument_id == instrument_id:
                return row
        raise KeyError(f"no {instrument_id} in this answer")


def scoreboard(reader: Reader, terms: Terms, *, by_year: bool = False) -> Scoreboard:
    """The standard metrics of instruments (none: all), each in its own currency; fractions.

    `Lake.scoreboard` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("scoreboard", "start", "end", "basis")
    one_of("basis", terms.basis, STATE_BASES)
    terms = with_ids(reader.listing, terms)
    for name in terms.ids:
        if find(reader.listing, name).asset_class == "rate":
            raise UsageError(f"{name} is a yield, not a price, so it has no return")
    with reader.scratch():
        first, last = _window(reader, terms)
        rows = _rows(reader, terms, first, last)
        years = trend_of_years(reader, terms.basis, first.year, last.year) if by_year else None
    notes = tuple(_notes(rows, terms.ids))
    about = reader.about
    return Scoreboard(first, last, terms.basis, rows, notes, about.snapshot, about.origin, years)


def _window(reader: Reader, terms: Terms) -> tuple[date, date]:
    start, end = terms.start, terms.end
    if start is None or end is None:
        text = f"""
            SELECT min(year) AS first_year, max(year) AS last_year FROM main.calendar_year_return
            WHERE complete AND convention = 'year_end' AND {_named(terms.ids)}
        """  # noqa: S608 (text is ours)
        [years] = reader.records(text)
        if years["first_year"] is None:
            raise EmptyLakeError(
                f"no calendar year is complete in {shown(reader.lake)}; give the first and the last day"
            )
        start, end = start or date(years["first_year"], 1, 1), end or date(years["last_year"], 12, 31)
    if start > end:
        raise UsageError(f"the first day {start} is after the last day {end}; choose an earlier first day")
    return start, end


def _rows(reader: Reader, terms: Terms, first: date, last: date) -> tuple[Score, ...]:
    text = f"""
        SELECT {", ".join(COLUMNS)} FROM {reader.scoreboard(first, last, terms.basis)}
        WHERE {_named(terms.ids)} ORDER BY instrument_id
    """  # noqa: S608 (names are ours)
    return tuple(Score(**row) for row in reader.records(text))


def _named(ids: Sequence[str]) -> str:
    """The condition on ids, written into the text: a macro takes no statement parameters."""
    if ids:
        which = f"list_contains({constant(list(ids))}, instrument_id)"
    else:
        which = f"NOT list_contains({constant(list(NOT_INVESTABLE))}, asset_class)"
    return f"instrument_id IN (SELECT instrument_id FROM main.instrument WHERE {which})"  # noqa: S608 (quoted)


def _notes(rows: Sequence[Score], wanted: Sequence[str]) -> Iterator[str]:
    for kind, what in (("basis", "a mixture of returns"), ("currency", "each in its own currency")):
        values = sorted({getattr(row, kind) for row in rows})
        if len(values) > 1:
            which = (
                f"{v} ({some_of([r.instrument_id for r in rows if getattr(r, kind) == v])})" for v in values
            )
            yield f"{what}: {', '.join(which)}"
    yield from flag_notes(rows, _NOTED)
    without = sorted(set(wanted) - {row.instrument_id for row in rows})
    if without:
        yield f"no return in the window: {some_of(without)}"
