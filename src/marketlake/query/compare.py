"""Two or more instruments by calendar year, from the bars themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .compared import Asked, assert_stored, look_up, year_figures
from .comparison import Comparison
from .connection import steady, stored_files
from .engine import DUCKDB, Engine
from .listing import read_listing
from .many_comparison import ComparedYear, ManyComparison
from .notes import Context, basis_of, notes
from .question import Question
from .side_by_side import SideBySide, side_by_side
from .window import compared_years, year_row


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
