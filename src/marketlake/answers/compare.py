"""What `compare` and `matrix` read of calendar years: the parameters, the texts, the figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ..engine.listing import (
    Listed,
    Listing,
    currency_code,
    find,
    inflation_of,
    rates_needed,
    reach,
    read_listing,
)
from ..engine.reader import DUCKDB, Engine, Reader, Runs, steady, stored_files
from ..model.errors import EmptyLakeError, UsageError
from .metrics import Figure
from .notes import Context, basis_of, notes
from .result import Rows
from .terms import Question

YEARS: Final = {
    "instrument": "query/instrument",
    "calendar_session": "query/calendar_session",
    "rate_day": "query/rate_day",
    "exchange_rate": "query/exchange_rate",
    "return_index": "view/return_index",
    "level": "query/level",
    "calendar_year": "mart/calendar_year",
    "year_level": "mart/year_level",
    "calendar_year_return": "mart/calendar_year_return",
    "inflation": "query/inflation",
}


@dataclass(frozen=True)
class Asked:
    """A question with its names looked up."""

    question: Question
    wanted: tuple[Listed, ...]
    currency: str
    rates: tuple[Listed, ...]
    deflator: Listed | None


def look_up(question: Question, listing: Listing) -> Asked:
    """The instruments, the currency and what converts to it; `UsageError` for what has no return."""
    wanted = tuple(find(listing, name) for name in question.ids)
    for instrument in wanted:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price: it has no return to compare")
    currency = _currency(question, wanted)
    return Asked(
        question,
        wanted,
        currency,
        rates_needed(listing, wanted, currency),
        inflation_of(listing, currency) if question.real else None,
    )


def _currency(q: Question, wanted: Sequence[Listed]) -> str:
    if q.currency is not None:
        return currency_code(q.currency)
    quoted = {instrument.quote_currency for instrument in wanted}
    return quoted.pop() if len(quoted) == 1 else "USD"


def values_of(asked: Asked) -> dict[str, object]:
    """The parameters of the texts by name."""
    q, deflator = asked.question, asked.deflator
    return {
        **reach([*asked.wanted, *asked.rates, *([deflator] if deflator else [])]),
        "wanted": [i.id for i in asked.wanted],
        "basis": q.basis,
        "convention": q.convention,
        "sessions": q.sessions,
        "currency": asked.currency,
        "real": q.real,
        "cpi": deflator.id if deflator else None,
        "simulated": _simulated(asked),
        "as_of": q.as_of,
        "strict": q.strict,
    }


def _simulated(asked: Asked) -> list[str]:
    """Those whose year ends are not published facts in this question."""
    deflator = asked.deflator
    if any(i.synthetic != "no" for i in asked.rates) or (deflator and deflator.synthetic == "all"):
        return [i.id for i in asked.wanted]
    return [i.id for i in asked.wanted if i.synthetic != "no" and asked.question.sessions == "shared"]


def bars_of(question: Question) -> str:
    """The text of the bars that the question may know."""
    return "query/bar_as_of" if question.as_of else "query/bar_now"


def year_figures(reader: Reader, asked: Asked) -> list[dict[str, Any]]:
    """The rows of query/year_figure.sql, from the bars themselves."""
    parts = {"bar": bars_of(asked.question)} | YEARS
    return reader.chained(parts, "query/year_figure", values_of(asked))


def assert_stored(reader: Runs, lake: Path, wanted: Sequence[Listed], stored: set[str]) -> None:
    """Raise `EmptyLakeError` for the first instrument without a bar."""
    lost = next((instrument.id for instrument in wanted if instrument.id not in stored), None)
    if lost is None:
        return
    if reader.execute("SELECT 1 FROM main.bar LIMIT 1").fetchone() is None:
        raise EmptyLakeError(f"no bars are stored in {lake} yet; run `marketlake run`")
    raise EmptyLakeError(f"no bars of {lost} are stored (by then); run `marketlake run`")


TIE: Final = "tie"


@dataclass(frozen=True)
class YearRow:
    """One calendar year of two instruments; returns are fractions."""

    year: int
    a_return: float | None
    b_return: float | None
    difference: float | None
    winner: str | None
    """Who returned more, or `tie`; None unless the year is complete for both and nothing is simulated."""
    complete: bool
    """The calendar's own sessions stand at both ends, for both."""
    a_from: date | None
    a_to: date | None
    b_from: date | None
    b_to: date | None
    a_quality: str
    b_quality: str

    @property
    def quality(self) -> str:
        """The flags of both, each once, joined by commas; empty when there is nothing to say."""
        return joined((self.a_quality, self.b_quality))

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON values."""
        row = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(self).items()}
        return row | {"quality": self.quality}


@dataclass(frozen=True)
class Comparison(Rows):
    """Two instruments by calendar year: how each did, who was ahead, and what to know before quoting it."""

    a: str
    b: str
    currency: str
    basis: str
    a_basis: str
    """What a's figures are: price or total where the basis asked for does not exist for it."""
    b_basis: str
    convention: str
    sessions: str
    real: bool
    as_of: str | None
    strict: bool
    rows: tuple[YearRow, ...]
    notes: tuple[str, ...]
    snapshot: str
    origin: str
    risk: SideBySide | None = None
    """Return and risk over the whole window; None unless asked for."""

    @property
    def years(self) -> int:
        """How many years of the window can be judged: complete for both, with figures, not simulated."""
        return sum(row.winner is not None for row in self.rows)

    @property
    def a_wins(self) -> int:
        return sum(row.winner == self.a for row in self.rows)

    @property
    def b_wins(self) -> int:
        return sum(row.winner == self.b for row in self.rows)

    @property
    def verdict(self) -> str | None:
        """Who won more years, or `tie`; None when no year can be judged or any figure is simulated."""
        if not self.years or any("simulated" in row.quality for row in self.rows):
            return None
        if self.a_wins == self.b_wins:
            return TIE
        return self.a if self.a_wins > self.b_wins else self.b

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON values; `risk` only where it was asked for."""
        apart = {"rows", "notes", "risk"}
        fields = {k: getattr(self, k) for k in self.__dataclass_fields__ if k not in apart}
        answer = fields | {
            "rows": [row.to_dict() for row in self.rows],
            "a_wins": self.a_wins,
            "b_wins": self.b_wins,
            "years": self.years,
            "verdict": self.verdict,
            "notes": list(self.notes),
        }
        return answer if self.risk is None else answer | {"risk": self.risk.to_dict()}


def joined(qualities: tuple[str, ...]) -> str:
    """All flags of some qualities, each once, joined by commas."""
    return ",".join(dict.fromkeys(flag for text in qualities for flag in text.split(",") if flag))


@dataclass(frozen=True)
class InstrumentYear:
    """What one instrument returned in a calendar year, as a fraction."""

    instrument_id: str
    simple_return: float | None
    start_session: date | None
    end_session: date | None
    complete: bool
    """The calendar's own sessions stand at both ends."""
    quality: str
    """Flags joined by commas; empty when there is nothing to say."""


@dataclass(frozen=True)
class ComparedYear:
    """One calendar year of all instruments, in the order in which they were named."""

    year: int
    complete: bool
    """Complete for all of them."""
    winner: str | None
    """Who returned most, or `tie`; None unless the year is complete for all and nothing is simulated."""
    runner_up: str | None
    """Who came second, where there is one winner and one second."""
    lead: float | None
    """The winner's return less the next one's: a difference of fractions, 0 in a tie."""
    returns: tuple[InstrumentYear, ...]

    @property
    def quality(self) -> str:
        """The flags of all, each once."""
        return joined(tuple(one.quality for one in self.returns))

    def to_dict(self) -> dict[str, Any]:
        """The year as JSON values."""
        fields = {k: getattr(self, k) for k in ("year", "complete", "winner", "runner_up", "lead", "quality")}
        return fields | {"returns": [_plain(one) for one in self.returns]}


@dataclass(frozen=True)
class YearReturn(InstrumentYear):
    """A row of the table: one instrument in one year, and who was ahead in it."""

    year: int
    year_complete: bool
    winner: str | None
    runner_up: str | None
    lead: float | None


@dataclass(frozen=True)
class ManyComparison(Rows):
    """Three or more instruments by calendar year: how each did, who was ahead, and what to know of it."""

    instruments: tuple[str, ...]
    currency: str
    basis: str
    bases: Mapping[str, str]
    """What each one's figures are: price or total where the basis asked for does not exist for it."""
    convention: str
    sessions: str
    real: bool
    as_of: str | None
    strict: bool
    rows: tuple[ComparedYear, ...]
    risk: SideBySide | None
    """Return and risk over the whole window; None where there is no year."""
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    @property
    def years(self) -> int:
        """How many years of the window can be judged: complete for all, with figures, not simulated."""
        return sum(row.winner is not None for row in self.rows)

    @property
    def wins(self) -> dict[str, int]:
        """In how many of these years each one returned most, alone."""
        return {name: sum(row.winner == name for row in self.rows) for name in self.instruments}

    @property
    def verdict(self) -> str | None:
        """Who won most years, or `tie`; None when no year can be judged or any figure is simulated."""
        if not self.years or any("simulated" in row.quality for row in self.rows):
            return None
        most = max(self.wins.values())
        first = [name for name, wins in self.wins.items() if wins == most]
        return first[0] if len(first) == 1 else TIE

    def lines(self) -> tuple[type[YearReturn], Iterable[YearReturn]]:
        """A row a year and instrument."""
        return YearReturn, (_year_return(row, one) for row in self.rows for one in row.returns)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        apart = {"rows", "risk", "notes", "instruments", "bases"}
        fields = {k: getattr(self, k) for k in self.__dataclass_fields__ if k not in apart}
        return {"instruments": list(self.instruments), "bases": dict(self.bases)} | fields | {
            "rows": [row.to_dict() for row in self.rows],
            "wins": self.wins,
            "years": self.years,
            "verdict": self.verdict,
            "risk": None if self.risk is None else self.risk.to_dict(),
            "notes": list(self.notes),
        }  # fmt: skip


def _year_return(row: ComparedYear, one: InstrumentYear) -> YearReturn:
    return YearReturn(
        **vars(one),
        year=row.year,
        year_complete=row.complete,
        winner=row.winner,
        runner_up=row.runner_up,
        lead=row.lead,
    )


def _plain(one: InstrumentYear) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(one).items()}


SHOWN: Final = ("cumulative_return", "cagr", "volatility", "max_drawdown", "sharpe", "correlation")
"""The metrics beside a comparison, as `marketlake metrics` gives them: daily returns, nothing riskless."""


@dataclass(frozen=True)
class SideBySide:
    """Figures of `SHOWN` from `start` to `end`; correlations are with `benchmark`, on shared sessions."""

    start: date
    end: date
    benchmark: str
    figures: tuple[Figure, ...]

    def figure(self, instrument_id: str, metric: str) -> Figure:
        """The figure of an instrument; `KeyError` where there is none."""
        for figure in self.figures:
            if (figure.instrument_id, figure.metric) == (instrument_id, metric):
                return figure
        raise KeyError(f"no {metric} of {instrument_id} beside this comparison")

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "benchmark": self.benchmark,
            "figures": [_figure_values(figure) for figure in self.figures],
        }


def side_by_side(
    lake: Path, question: Question, currency: str, years: Sequence[int], engine: Engine
) -> SideBySide | None:
    """The figures over whole `years`; None where there is no year."""
    if not years:
        return None
    # imported here: most comparisons do without
    from .metrics import metrics

    found = metrics(
        lake,
        question.ids,
        start=date(years[0], 1, 1),
        end=date(years[-1], 12, 31),
        benchmark=question.ids[0],
        basis=question.basis,
        currency=currency,
        real=question.real,
        sessions=question.sessions,
        deepest=0,
        as_of=question.as_of,
        strict=question.strict,
        engine=engine,
    )
    by_name = {(f.metric, f.instrument_id): f for f in found.figures}
    wanted = [(metric, name) for metric in SHOWN for name in question.ids]
    figures = tuple(by_name[key] for key in wanted if key in by_name)
    return SideBySide(found.start, found.end, question.ids[0], figures)


def _figure_values(figure: Figure) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(figure).items()}


YearFigure = Mapping[str, Any]
"""A row of query/year_figure.sql."""


def compared_years(question: Question, found: Sequence[YearFigure]) -> tuple[ComparedYear, ...]:
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


def _complete(question: Question, by_key: Mapping[tuple[int, str], YearFigure], year: int) -> bool:
    return all((year, name) in by_key and by_key[year, name]["complete"] for name in question.ids)


def _year(question: Question, by_key: Mapping[tuple[int, str], YearFigure], year: int) -> ComparedYear:
    returns = tuple(_one(name, by_key.get((year, name))) for name in question.ids)
    complete = all(one.complete for one in returns)
    return ComparedYear(year, complete, *_ranked(complete, returns), returns)


def _one(name: str, figure: YearFigure | None) -> InstrumentYear:
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


def compare(
    lake: Path,
    a: str,
    b: str,
    *,
    first_year: int | None = None,
    last_year: int | None = None,
    currency: str | None = None,
    basis: str = "price",
    real: bool = False,
    convention: str = "year_end",
    sessions: str = "own",
    as_of: datetime | None = None,
    strict: bool = False,
    risk: bool = False,
    engine: Engine = DUCKDB,
) -> Comparison:
    """How `a` and `b` did in each calendar year; returns are fractions.

    Without years: all from the first to the last that is complete for both. Without a currency: the one both
    are quoted in, else US dollars. `as_of` (aware) uses only what could be known then; with `strict`, what
    this lake itself held then. `risk` adds return and risk over all these years together.
    Raises `UsageError`, `EmptyLakeError` (nothing stored), `CorruptLakeError`.
    """
    q = Question((a, b), first_year, last_year, currency, basis, real, convention, sessions, as_of, strict)
    found = _found(lake, q, engine)
    a_basis, b_basis = found.bases.values()
    return Comparison(
        a=a,
        b=b,
        currency=found.asked.currency,
        basis=basis,
        a_basis=a_basis,
        b_basis=b_basis,
        convention=convention,
        sessions=sessions,
        real=real,
        as_of=as_of.isoformat() if as_of else None,
        strict=strict,
        rows=tuple(map(year_row, found.rows)),
        notes=found.notes,
        snapshot=found.snapshot,
        origin=found.origin,
        risk=found.risk(lake, engine) if risk else None,
    )


def compare_many(
    lake: Path,
    ids: Sequence[str],
    *,
    first_year: int | None = None,
    last_year: int | None = None,
    currency: str | None = None,
    basis: str = "price",
    real: bool = False,
    convention: str = "year_end",
    sessions: str = "own",
    as_of: datetime | None = None,
    strict: bool = False,
    engine: Engine = DUCKDB,
) -> ManyComparison:
    """How `ids`, two or more, did in each calendar year and over all of them together; fractions.

    As `compare`, for all of them: a year counts that is complete for all, shared sessions are those that all
    have. Return and risk are taken from the last session before the first year to the last one of the last
    year, whatever the convention.
    """
    q = Question(
        tuple(ids), first_year, last_year, currency, basis, real, convention, sessions, as_of, strict
    )
    found = _found(lake, q, engine)
    return ManyComparison(
        instruments=q.ids,
        currency=found.asked.currency,
        basis=basis,
        bases=found.bases,
        convention=convention,
        sessions=sessions,
        real=real,
        as_of=as_of.isoformat() if as_of else None,
        strict=strict,
        rows=found.rows,
        risk=found.risk(lake, engine),
        notes=found.notes,
        snapshot=found.snapshot,
        origin=found.origin,
    )


@dataclass(frozen=True)
class _Found:
    asked: Asked
    rows: tuple[ComparedYear, ...]
    snapshot: str
    origin: str

    @property
    def bases(self) -> dict[str, str]:
        return {i.id: basis_of(i, self.asked.question.basis) for i in self.asked.wanted}

    @property
    def notes(self) -> tuple[str, ...]:
        q = self.asked.question
        return notes(Context(self.asked.wanted, self.asked.currency, q.basis, q.sessions, self.rows))

    def risk(self, lake: Path, engine: Engine) -> SideBySide | None:
        years = [row.year for row in self.rows]
        return side_by_side(lake, self.asked.question, self.asked.currency, years, engine)


@steady
def _found(lake: Path, question: Question, engine: Engine) -> _Found:
    question.check()
    with engine.open(lake) as reader:
        asked = look_up(question, read_listing(reader))
        with stored_files(lake):
            figures = year_figures(reader, asked)
            assert_stored(reader, lake, asked.wanted, {row["instrument_id"] for row in figures})
        snapshot, origin = reader.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    return _Found(asked, compared_years(question, figures), snapshot, origin)
