"""The answer to `compare` for three or more: plain values, year by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from .comparison import TIE, joined
from .side_by_side import SideBySide
from .tabular import Rows


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
