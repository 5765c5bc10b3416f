"""The answer to `explain`: plain values, a figure and the rows that moved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .change_answer import Change
from .tabular import Rows


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
