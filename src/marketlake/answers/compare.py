"""Compare two or more instruments by calendar year.

The figures come from the stored bars, by the same SQL as the table `calendar_year_return`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from ..engine.listing import with_ids
from ..engine.reader import Reader, Record
from ..model.terms import Terms
from .metrics import Figure, metrics
from .notes import FLAGS, scope_notes
from .result import Answer, joined
from .scope import Scope, no_bars, resolve

TIE: Final = "tie"
EQUAL: Final = 1e-12
"""Returns that differ by no more, absolutely or relatively, are equal."""
SHOWN: Final = ("total_return", "cagr", "volatility", "max_drawdown", "sharpe", "correlation")
"""The metrics shown with a comparison, as `metrics` computes them: daily returns, no risk-free
rate."""
YEARS: Final = {
    "instrument": "query/instrument",
    "calendar_session": "query/calendar_session",
    "suspect_session": "query/suspect_session",
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "calendar_year": "mart/calendar_year",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
    "inflation": "query/inflation",
}
"""The SQL files over `bar` that compute the return of a calendar year."""


@dataclass(frozen=True)
class InstrumentYear:
    """The return of one instrument in one calendar year, as a fraction."""

    instrument_id: str
    simple_return: float | None
    start_session: date | None
    end_session: date | None
    complete: bool
    """True if the calendar's own first and last sessions are stored."""
    quality: str
    """Flags joined by commas; empty if there is none."""


@dataclass(frozen=True)
class ComparedYear:
    """One calendar year of all instruments, in the requested order."""

    computed = ("difference", "quality")

    year: int
    complete: bool
    """True if the year is complete for all instruments."""
    winner: str | None
    """The instrument with the highest return, or `tie`. None unless the year is complete for all
    instruments and nothing is simulated."""
    runner_up: str | None
    """The second, where there is exactly one winner and one second."""
    lead: float | None
    """The winner's return minus the next one: a difference of fractions, 0 in a tie."""
    returns: tuple[InstrumentYear, ...]

    @property
    def difference(self) -> float | None:
        """With two instruments: first return minus second. None with more, or if one is missing."""
        values = [one.simple_return for one in self.returns]
        if len(values) != 2 or values[0] is None or values[1] is None:
            return None
        return values[0] - values[1]

    @property
    def quality(self) -> str:
        """The flags of all instruments, each once."""
        return joined(one.quality for one in self.returns)


@dataclass(frozen=True)
class YearReturn(InstrumentYear):
    """A row of the table: one instrument in one year, and the winner of that year."""

    year: int
    year_complete: bool
    winner: str | None
    runner_up: str | None
    lead: float | None


@dataclass(frozen=True)
class Risk:
    """The metrics of `SHOWN` from `start` to `end`.

    Correlations are with `benchmark`, on shared sessions.
    """

    start: date
    end: date
    benchmark: str
    figures: tuple[Figure, ...]

    def figure(self, instrument_id: str, metric: str) -> Figure:
        """The figure of an instrument; `KeyError` if there is none."""
        for figure in self.figures:
            if (figure.instrument_id, figure.metric) == (instrument_id, metric):
                return figure
        raise KeyError(f"no {metric} of {instrument_id} in this comparison")


@dataclass(frozen=True)
class Comparison(Answer):
    """Two or more instruments by calendar year: returns, wins and notes."""

    computed = ("years", "wins", "verdict")

    instruments: tuple[str, ...]
    currency: str
    basis: str
    bases: Mapping[str, str]
    """The basis of each instrument: price or total where the requested basis does not exist for
    it."""
    convention: str
    sessions: str
    real: bool
    as_of: datetime | None
    strict: bool
    rows: tuple[ComparedYear, ...]
    risk: Risk | None
    """Return and risk over the whole window; None unless requested, and where there is no year."""
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    @property
    def years(self) -> int:
        """Number of judged years: complete for all instruments, with figures, not simulated."""
        return sum(row.winner is not None for row in self.rows)

    @property
    def wins(self) -> dict[str, int]:
        """Per instrument, the number of judged years in which it alone had the highest return."""
        return {name: sum(row.winner == name for row in self.rows) for name in self.instruments}

    @property
    def verdict(self) -> str | None:
        """The instrument that won most years, or `tie`.

        None if no year can be judged or any figure is simulated.
        """
        if not self.years or any("simulated" in row.quality for row in self.rows):
            return None
        most = max(self.wins.values())
        first = [name for name, wins in self.wins.items() if wins == most]
        return first[0] if len(first) == 1 else TIE

    def returns_of(self, instrument_id: str) -> list[float | None]:
        """One instrument's return in each year; `KeyError` if it is not compared."""
        if instrument_id not in self.instruments:
            raise KeyError(f"no {instrument_id} in this comparison")
        place = self.instruments.index(instrument_id)
        return [row.returns[place].simple_return for row in self.rows]

    def shown(self) -> list[Mapping[str, object]]:
        """One row per year, one column per instrument."""
        return [
            {
                "year": row.year,
                **{one.instrument_id: one.simple_return for one in row.returns},
                "winner": row.winner,
                "lead": row.lead,
                "quality": row.quality,
            }
            for row in self.rows
        ]

    def lines(self) -> tuple[type[YearReturn], Iterable[YearReturn]]:
        """One row per year and instrument."""
        return YearReturn, (_year_return(row, one) for row in self.rows for one in row.returns)


def compare(reader: Reader, terms: Terms, *, risk: bool = False) -> Comparison:
    """Compare the returns of two or more instruments in each calendar year, as fractions.

    `Lake.compare` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only(
        "compare", "start", "end", "currency", "basis", "real", "convention", "sessions", "as_of", "strict"
    )
    terms = with_ids(reader.listing, terms)
    terms.check_ids(fewest=2)
    window = terms.years("compare")
    scope = resolve(reader.listing, terms)
    figures = year_figures(reader, scope)
    stored = {row["instrument_id"] for row in figures}
    for name in terms.ids:
        if name not in stored:
            raise no_bars(reader, name, terms)
    rows = compared_years(terms.ids, window, figures)
    return Comparison(
        instruments=terms.ids,
        currency=scope.currency,
        basis=terms.basis,
        bases=scope.bases,
        convention=terms.convention,
        sessions=terms.sessions,
        real=terms.real,
        as_of=terms.as_of,
        strict=terms.strict,
        rows=rows,
        risk=_risk(reader, scope, [row.year for row in rows]) if risk else None,
        notes=(*scope_notes(scope), *_year_notes(terms.ids, rows)),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


def year_figures(reader: Reader, scope: Scope) -> list[Record]:
    """The rows of query/year_figure.sql: stored ones, or computed from the bars."""
    stored = reader.current and scope.as_stored
    parts = {"inflation": "query/nominal"} if stored else {"bar": scope.bars} | YEARS
    return reader.chained(parts, "query/year_figure", year_values(scope))


def year_values(scope: Scope) -> dict[str, object]:
    """Query parameters for calendar years.

    The figures at the ends of a year may be published facts even where an instrument is partly
    simulated.
    """
    if any(i.synthetic != "no" for i in scope.rates) or (
        scope.deflator and scope.deflator.synthetic == "all"
    ):
        return scope.values()
    shared = scope.terms.sessions == "shared"
    return scope.values(simulated=[i.id for i in scope.wanted if shared and i.synthetic != "no"])


def compared_years(
    ids: Sequence[str], window: tuple[int | None, int | None], figures: Iterable[Record]
) -> tuple[ComparedYear, ...]:
    """One row per year of the window (None: all complete years), empty where nothing is stored."""
    by_key = {(figure["year"], figure["instrument_id"]): figure for figure in figures}
    complete = [
        year
        for year in {year for year, _ in by_key}
        if all((year, name) in by_key and by_key[year, name]["complete"] for name in ids)
    ]
    first = window[0] if window[0] is not None else min(complete, default=None)
    last = window[1] if window[1] is not None else max(complete, default=None)
    if first is None or last is None:
        return ()
    return tuple(_year(ids, by_key, year) for year in range(first, last + 1))


def _year(ids: Sequence[str], by_key: Mapping[tuple[int, str], Record], year: int) -> ComparedYear:
    returns = tuple(_one(name, by_key.get((year, name))) for name in ids)
    complete = all(one.complete for one in returns)
    return ComparedYear(year, complete, *_ranked(complete, returns), returns)


def _one(name: str, figure: Record | None) -> InstrumentYear:
    if figure is None:
        return InstrumentYear(name, None, None, None, False, "missing")
    return InstrumentYear(**{k: v for k, v in figure.items() if k != "year"})


def _ranked(complete: bool, returns: Sequence[InstrumentYear]) -> tuple[str | None, str | None, float | None]:
    """Winner, runner-up and lead."""
    known = [(one.simple_return, one.instrument_id) for one in returns if one.simple_return is not None]
    simulated = any("simulated" in one.quality for one in returns)
    if not complete or simulated or len(known) < len(returns):
        return None, None, None
    known.sort(key=lambda pair: -pair[0])
    (best, winner), (second, runner_up) = known[:2]
    if not lead_of(best, second):
        return TIE, None, 0.0
    alone = len(known) == 2 or lead_of(second, known[2][0]) > 0
    return winner, runner_up if alone else None, best - second


def lead_of(x: float, y: float) -> float:
    """By how much x is more than y; 0 where they are equal up to rounding, as `shared/lead`."""
    return 0.0 if abs(x - y) <= EQUAL * max(1.0, abs(x), abs(y)) else x - y


def _risk(reader: Reader, scope: Scope, years: Sequence[int]) -> Risk | None:
    """The figures over whole `years`, by the same reader; None if there is no year."""
    if not years:
        return None
    ids = scope.terms.ids
    window: dict[str, Any] = {"start": date(years[0], 1, 1), "end": date(years[-1], 12, 31)}
    terms = replace(
        scope.terms, **window, benchmark=ids[0], currency=scope.currency, convention=Terms().convention
    )
    found = metrics(reader, terms, deepest=0)
    by_name = {(f.metric, f.instrument_id): f for f in found.figures}
    wanted = [(metric, name) for metric in SHOWN for name in ids]
    figures = tuple(by_name[key] for key in wanted if key in by_name)
    return Risk(found.start, found.end, ids[0], figures)


def _year_notes(ids: Sequence[str], rows: Sequence[ComparedYear]) -> Iterable[str]:
    everyone = "both" if len(ids) == 2 else "all"
    simulated = [str(row.year) for row in rows if "simulated" in row.quality]
    if simulated:
        yield f"figures marked simulated are made up and give no verdict ({', '.join(simulated)})"
    suspect = [str(row.year) for row in rows if "suspect" in row.quality]
    if suspect:
        yield f"{FLAGS['suspect']} ({', '.join(suspect)})"
    incomplete = [str(row.year) for row in rows if not row.complete]
    if incomplete:
        yield f"not complete for {everyone} and not counted: {', '.join(incomplete)}"
    if not rows:
        yield f"no year is complete for {everyone}"


def _year_return(row: ComparedYear, one: InstrumentYear) -> YearReturn:
    return YearReturn(
        **vars(one),
        year=row.year,
        year_complete=row.complete,
        winner=row.winner,
        runner_up=row.runner_up,
        lead=row.lead,
    )
