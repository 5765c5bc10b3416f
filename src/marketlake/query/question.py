"""What `compare` is asked, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..errors import UsageError

BASES: Final = ("price", "total", "vendor_adjusted")
STATE_BASES: Final = ("price", "total")
"""Those that daily returns and the states of years are kept of."""
CONVENTIONS: Final = ("year_end", "first_to_last", "december_average")
SESSIONS: Final = ("own", "shared")
_YEARS: Final = (1800, 2200)


@dataclass(frozen=True)
class Question:
    """Instruments, a window of years (None: all complete ones) and how a year's return is taken."""

    ids: tuple[str, ...]
    first_year: int | None
    last_year: int | None
    currency: str | None
    basis: str
    real: bool
    convention: str
    sessions: str
    as_of: datetime | None
    strict: bool

    def check(self) -> None:
        """Raise `UsageError` for what cannot be asked."""
        one_of("basis", self.basis, BASES)
        one_of("convention", self.convention, CONVENTIONS)
        one_of("sessions", self.sessions, SESSIONS)
        self._check_ids()
        check_years(self.first_year, self.last_year)
        check_moment(self.as_of, self.strict)

    def _check_ids(self) -> None:
        if len(self.ids) < 2:
            raise UsageError("there is nothing to compare; name two instruments or more, such as BTC NASDAQ")
        twice = next((name for name in self.ids if self.ids.count(name) > 1), None)
        if twice is None:
            return
        if len(self.ids) == 2:
            raise UsageError(f"{twice[:40]} against itself says nothing; name two instruments")
        raise UsageError(f"{twice[:40]} is named twice; name each instrument once")


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `UsageError` unless the value is one of the choices."""
    if value not in choices:
        raise UsageError(f"{name} {value[:40]!r} must be one of {', '.join(choices)}")


def check_moment(as_of: datetime | None, strict: bool) -> None:
    """Raise `UsageError` for a moment without a time zone, or strictness without a moment."""
    if strict and as_of is None:
        raise UsageError("strict says how as_of is read; give as_of too")
    if as_of is not None and as_of.tzinfo is None:
        raise UsageError(f"as_of {as_of} has no time zone; say which, for instance UTC")


def check_years(first: int | None, last: int | None) -> None:
    """Raise `UsageError` for years out of reach or out of order."""
    low, high = _YEARS
    for year in (first, last):
        if year is not None and not low <= year <= high:
            raise UsageError(f"year {year} is not between {low} and {high}")
    if first is not None and last is not None and first > last:
        raise UsageError(f"the first year {first} is after the last year {last}; swap them")
