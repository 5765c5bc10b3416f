"""The answer to `scoreboard`: a row an instrument, with all that must be said with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

from ..engine.listing import find, read_listing
from ..engine.reader import DUCKDB, Engine, Reader, steady, stored_files
from ..engine.sql_text import constant
from ..model.errors import EmptyLakeError, UsageError
from .metrics import json_value, rows_of
from .result import Rows
from .terms import STATE_BASES, one_of


@dataclass(frozen=True)
class Score:
    """One instrument's figures over the window, from its daily returns; None where there is none."""

    instrument_id: str
    cumulative_return: float | None
    cagr: float | None
    """None for less than a year."""
    volatility: float | None
    """Annualised, as downside_deviation and the ratios are."""
    downside_deviation: float | None
    sharpe: float | None
    """Over zero, as sortino is."""
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
    """Daily returns that went into it."""
    first_session: date
    """Where the first of them begins."""
    last_session: date
    periods_per_year: float
    basis: str
    currency: str
    quality: str
    """Flags joined by commas; empty when there is nothing to say."""

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON values."""
        return dict(json_value(asdict(self)))


COLUMNS: Final = tuple(field.name for field in fields(Score))


@dataclass(frozen=True)
class Scoreboard(Rows):
    """All instruments that have a return in the window, in the order of their ids."""

    start: date
    end: date
    basis: str
    """What was asked for; each row says what it got."""
    rows: tuple[Score, ...]
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def row(self, instrument_id: str) -> Score:
        """The row of an instrument; `KeyError` when it has no return in the window or was not asked for."""
        for row in self.rows:
            if row.instrument_id == instrument_id:
                return row
        raise KeyError(f"no {instrument_id} in this answer")

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return dict(json_value(asdict(self)))


_TABLES: Final = (
    *("calendar_year", "calendar_grid", "calendar_year_return", "metric_state", "odd_session"),
    *("instrument_coverage", "block_state", "year_block"),
)
_NAMED: Final = 8
_WORDS: Final = {
    "simulated": "figures marked simulated are made up",
    "partial": "the window does not begin and end with sessions of the calendar that are stored",
    "gap": "sessions of the calendar are missing within the window; returns span them",
    "stale": "more than 5 sessions are over since the last one stored",
    "no_price": "no price for some sessions",
    "no_bill": "no yield of the bill for some returns, which are left out over the bill",
    "price_index": "a price index: no dividends are in it, its figures are price returns",
    "proxy": "stands in for something else",
}


@steady
def scoreboard(
    lake: Path,
    ids: Sequence[str] | None = None,
    *,
    start: date | None = None,
    end: date | None = None,
    basis: str = "price",
    engine: Engine = DUCKDB,
) -> Scoreboard:
    """The standard metrics of `ids` (None: all), each in its own currency, from `start` to `end`, included.

    All are those with a return, without consumer prices. The figures are those of `metrics` at daily
    frequency on each one's own sessions, from what is stored now. Without dates: from the first calendar year
    that is complete for one of them to the last. What is stored as total return only has that on either
    basis. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    one_of("basis", basis, STATE_BASES)
    with engine.open(lake, _TABLES) as reader:
        wanted = _wanted(reader, ids)
        with stored_files(lake):
            first, last = _window(reader, lake, wanted, start, end)
            rows = _rows(reader, wanted, first, last, basis)
        snapshot, origin = reader.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    notes = tuple(_notes(rows, wanted))
    return Scoreboard(first, last, basis, rows, notes, snapshot, origin)


def _wanted(reader: Reader, ids: Sequence[str] | None) -> list[str] | None:
    """The instruments named, each once; `UsageError` for what is unknown or has no return."""
    if not ids:
        return None
    listing = read_listing(reader)
    for name in ids:
        if find(listing, name).asset_class == "rate":
            raise UsageError(f"{name} is a yield, not a price: it has no return to measure")
    return list(dict.fromkeys(ids))


def _window(
    reader: Reader,
    lake: Path,
    wanted: list[str] | None,
    start: date | None,
    end: date | None,
) -> tuple[date, date]:
    if start is None or end is None:
        text = f"""
            SELECT min(year) AS first_year, max(year) AS last_year FROM main.calendar_year_return
            WHERE complete AND convention = 'year_end' AND {_asked(wanted)}
        """  # noqa: S608 (text is ours)
        [years] = rows_of(reader, text)
        if years["first_year"] is None:
            raise EmptyLakeError(f"no calendar year is complete in {lake}; name the first and the last day")
        start, end = start or date(years["first_year"], 1, 1), end or date(years["last_year"], 12, 31)
    if start > end:
        raise UsageError(f"the first day {start} is after the last day {end}; choose an earlier first day")
    return start, end


def _rows(reader: Reader, wanted: list[str] | None, first: date, last: date, basis: str) -> tuple[Score, ...]:
    text = f"""
        SELECT {", ".join(COLUMNS)} FROM {reader.scoreboard(first, last, basis)}
        WHERE {_asked(wanted)} ORDER BY instrument_id
    """  # noqa: S608 (names are ours)
    return tuple(Score(**row) for row in rows_of(reader, text))


def _asked(wanted: list[str] | None) -> str:
    """Whom a row must be of. Written in: a macro of grouped texts takes no parameters of a statement."""
    if wanted is None:
        which = "asset_class NOT IN ('rate', 'inflation')"
    else:
        which = f"list_contains({constant(wanted)}, instrument_id)"
    return f"instrument_id IN (SELECT instrument_id FROM main.instrument WHERE {which})"  # noqa: S608 (quoted)


def _notes(rows: Sequence[Score], wanted: list[str] | None) -> Iterator[str]:
    """The sentences that apply, most important first; of many instruments the first few are named."""
    for kind, said in (("basis", "a mixture of returns"), ("currency", "each in its own currency")):
        values = sorted({getattr(row, kind) for row in rows})
        if len(values) > 1:
            which = (
                f"{v} ({_named([r.instrument_id for r in rows if getattr(r, kind) == v])})" for v in values
            )
            yield f"{said}: {', '.join(which)}"
    for flag, words in _WORDS.items():
        marked = [row.instrument_id for row in rows if flag in row.quality.split(",")]
        if marked:
            yield f"{words} ({_named(marked)})"
    without = sorted(set(wanted or ()) - {row.instrument_id for row in rows})
    if without:
        yield f"no return in the window: {_named(without)}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more:,} more"
