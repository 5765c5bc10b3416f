"""The answer to `matrix`: every instrument against every other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .comparison import joined
from .matrix_correlation import Correlations
from .tabular import Rows


@dataclass(frozen=True)
class Pair:
    """Two of the instruments."""

    a: str
    b: str
    a_wins: int
    """Calendar years in which a returned more."""
    b_wins: int
    ties: int
    years: int
    """Years that can be judged: complete for both, with figures, not simulated."""
    first_year: int | None
    last_year: int | None
    correlation: float | None
    """Of simple returns from one session that both have to the next."""
    n: int
    """Returns that went into it."""
    first_session: date | None
    """Where the first of them begins."""
    last_session: date | None
    quality: str
    """Of the returns: flags of both, joined by commas."""

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON values."""
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Wins:
    """Square: in how many years the instrument of the row beat that of the column, of how many."""

    wins: NDArray[np.int64]
    ties: NDArray[np.int64]
    years: NDArray[np.int64]
    first_year: NDArray[np.int64]
    """0 where no year can be judged."""
    last_year: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Matrix(Rows):
    """All against all; rows and columns of the arrays are `instruments`, in this order."""

    instruments: tuple[str, ...]
    start: date | None
    end: date | None
    frequency: str
    currency: str
    basis: str
    bases: Mapping[str, str]
    """What each one's figures are: price or total where the basis asked for does not exist for it."""
    convention: str
    real: bool
    as_of: str | None
    strict: bool
    won: Wins
    correlation: Correlations
    quality: tuple[str, ...]
    """Of each one's returns, flags joined by commas."""
    notes: tuple[str, ...]
    snapshot: str
    origin: str

    def pair(self, a: str, b: str) -> Pair:
        """One cell; `UsageError` for an instrument that is not in the matrix."""
        for name in (a, b):
            if name not in self.instruments:
                raise UsageError(f"{name[:40]} is not in this matrix of {', '.join(self.instruments[:40])}")
        return self._pair(self.instruments.index(a), self.instruments.index(b))

    def pairs(self) -> Iterator[Pair]:
        """Each pair once, in the order of the instruments."""
        return (self._pair(i, j) for i, j in combinations(range(len(self.instruments)), 2))

    def lines(self) -> tuple[type[Pair], Iterable[Pair]]:
        """A row a pair."""
        return Pair, self.pairs()

    def _pair(self, i: int, j: int) -> Pair:
        won, found = self.won, self.correlation
        value, first_year = float(found.value[i, j]), int(won.first_year[i, j])
        return Pair(
            a=self.instruments[i],
            b=self.instruments[j],
            a_wins=int(won.wins[i, j]),
            b_wins=int(won.wins[j, i]),
            ties=int(won.ties[i, j]),
            years=int(won.years[i, j]),
            first_year=first_year or None,
            last_year=int(won.last_year[i, j]) or None,
            correlation=None if np.isnan(value) else value,
            n=int(found.n[i, j]),
            first_session=found.first[i, j].item(),
            last_session=found.last[i, j].item(),
            quality=joined((self.quality[i], self.quality[j])),
        )

    def to_dict(self) -> dict[str, Any]:
        """The matrix as JSON values, a pair once."""
        plain = (
            "frequency",
            "currency",
            "basis",
            "convention",
            "real",
            "as_of",
            "strict",
            "snapshot",
            "origin",
        )
        return {
            "instruments": list(self.instruments),
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "bases": dict(self.bases),
            **{k: getattr(self, k) for k in (*plain, "snapshot", "origin")},
            "pairs": [pair.to_dict() for pair in self.pairs()],
            "notes": list(self.notes),
        }
