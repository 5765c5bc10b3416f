"""What `compare` is asked, checked before anything is opened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..engine.listing import Listed, Listing, currency_code, find, inflation_of, rates_needed, reach
from ..model.errors import UsageError

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


@dataclass(frozen=True)
class Asked:
    """A question and the instruments it needs."""

    question: MetricQuestion
    wanted: tuple[Listed, ...]
    currency: str
    bill: Listed | None
    deflator: Listed | None
    rates: tuple[Listed, ...]


def look_up(q: MetricQuestion, listing: Listing) -> Asked:
    """The instruments, the currency, the bill; `UsageError` for what is unknown or does not fit."""
    wanted = tuple(find(listing, name) for name in q.wanted)
    for instrument in wanted:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price: it has no return to measure")
    quoted = {i.quote_currency for i in wanted}
    default = quoted.pop() if len(quoted) == 1 else "USD"
    currency = currency_code(q.currency) if q.currency is not None else default
    return Asked(
        q,
        wanted,
        currency,
        _bill(listing, q.risk_free, currency),
        inflation_of(listing, currency) if q.real else None,
        rates_needed(listing, wanted, currency),
    )


def _bill(listing: Listing, risk_free: float | str, currency: str) -> Listed | None:
    if not isinstance(risk_free, str):
        return None
    bill = find(listing, risk_free)
    if bill.asset_class != "rate":
        raise UsageError(f"{bill.id} is not a yield; give a 13-week bill's, or a fraction such as 0.02")
    if bill.quote_currency != currency:
        raise UsageError(f"{bill.id} is in {bill.quote_currency}, not {currency}; give a fraction instead")
    return bill


def values_of(asked: Asked) -> dict[str, object]:
    """The parameters by name, but for the days of the window."""
    q = asked.question
    others = (i for i in (asked.bill, asked.deflator) if i is not None)
    spoilt = any(i.synthetic != "no" for i in asked.rates)
    return {
        **reach([*asked.wanted, *asked.rates, *others]),
        "wanted": [i.id for i in asked.wanted],
        "simulated": [i.id for i in asked.wanted if spoilt],
        # empty where there is none: texts and macros alike compare with it
        "benchmark": q.benchmark or "",
        "frequency": q.frequency,
        "basis": q.basis,
        "currency": asked.currency,
        "real": q.real,
        "cpi": asked.deflator.id if asked.deflator else "",
        "risk_free": 0.0 if isinstance(q.risk_free, str) else float(q.risk_free),
        "bill": asked.bill.id if asked.bill else "",
        "sessions": q.sessions,
        "annualise": None if q.annualise is None else float(q.annualise),
        "annualise_short": q.annualise_short,
        "as_of": q.as_of,
        "strict": q.strict,
    }
