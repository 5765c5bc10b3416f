"""What `metrics` is asked, checked before anything is opened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..errors import UsageError
from .question import BASES, SESSIONS, check_moment, one_of

FREQUENCIES: Final = ("daily", "weekly", "monthly")
PERIODS: Final = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
}
"""The calendar's periods, and the frequency of returns over them."""
_DEEPEST: Final = 1000


@dataclass(frozen=True)
class MetricQuestion:
    """Instruments, a window (None: as far as all of them reach) and how returns are taken."""

    ids: tuple[str, ...]
    start: date | None
    end: date | None
    basis: str
    currency: str | None
    real: bool
    sessions: str
    as_of: datetime | None
    strict: bool
    frequency: str
    benchmark: str | None = None
    risk_free: float | str = 0.0
    """A yearly return as a fraction, or the id of a 13-week bill's discount yield."""
    annualise: float | None = None
    annualise_short: bool = False
    deepest: int = 0

    def check(self, frequencies: tuple[str, ...] = FREQUENCIES) -> None:
        """Raise `UsageError` for what cannot be asked."""
        if not self.ids:
            raise UsageError("no instrument is named; name at least one")
        one_of("frequency", self.frequency, frequencies)
        check_moment(self.as_of, self.strict)
        one_of("basis", self.basis, BASES)
        one_of("sessions", self.sessions, SESSIONS)
        if self.start is not None and self.end is not None and self.start > self.end:
            raise UsageError(f"the first day {self.start} is after the last day {self.end}; swap them")
        if not isinstance(self.risk_free, str) and not -1 < self.risk_free < 10:
            raise UsageError(f"a riskless return of {self.risk_free} a year is not a fraction such as 0.02")
        if self.annualise is not None and not (math.isfinite(self.annualise) and self.annualise > 0):
            raise UsageError(f"{self.annualise} periods per year cannot be; give a number above 0")
        if not 0 <= self.deepest <= _DEEPEST:
            raise UsageError(f"{self.deepest} drawdowns cannot be listed; ask for 0 to {_DEEPEST}")

    @property
    def wanted(self) -> tuple[str, ...]:
        """All instruments whose prices are read, the benchmark last, each once."""
        named = (*self.ids, self.benchmark) if self.benchmark is not None else self.ids
        return tuple(dict.fromkeys(named))
