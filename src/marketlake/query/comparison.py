"""The answer to `compare` for two: plain values, year by year."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from .side_by_side import SideBySide
from .tabular import Rows

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
