"""The terms of a query: one object for every answer, validated before a lake is opened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Final, TypedDict

from .errors import UsageError
from .settings import parse_instant

BASES: Final = ("price", "total", "vendor_adjusted")
AS_TRADED: Final = "as_traded"
ADJUSTED: Final = ("split_adjusted", "adjusted")
BAR_BASES: Final = (AS_TRADED, *ADJUSTED)
"""The bases of `prices` alone: bars as traded, adjusted for later splits, or for splits and dividends."""
STATE_BASES: Final = ("price", "total")
"""The bases that daily returns and the states of years are stored for."""
CONVENTIONS: Final = ("year_end", "first_to_last", "december_average")
SESSIONS: Final = ("own", "shared")
FREQUENCIES: Final = ("daily", "weekly", "monthly")
PERIODS: Final = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
}
"""The calendar's periods, and the frequency of returns over them."""
REBALANCING: Final = ("never", "monthly", "quarterly", "yearly", "band")
"""When a plan's weights return to target."""
PAY_PERIODS: Final = ("month", "semimonthly", "biweekly", "week")
CLOSES: Final = ("daily", "monthly")
"""The closes that a plan is valued at."""
_YEARS: Final = (1800, 2200)

Day = date | str | int
"""A day as a caller writes it: a date, its ISO text, or a year."""
Moment = datetime | str
"""A moment as a caller writes it: UTC where it has no offset."""


class Options(TypedDict, total=False):
    """The keywords of `Lake`'s answers; which of them an answer takes is in its documentation."""

    start: Day | None
    end: Day | None
    basis: str
    currency: str | None
    real: bool
    sessions: str
    convention: str
    frequency: str
    benchmark: str | None
    risk_free: float | str | None
    annualise: float | None
    as_of: Moment | None
    strict: bool


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Instruments, a window and how returns are taken; raises `UsageError` for invalid values.

    >>> Terms.of(["BTC", "NASDAQ"], {"start": 2019, "end": 2024}).start
    datetime.date(2019, 1, 1)
    """

    ids: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    """Both days are part of the window; None: as far as the answer's documentation says."""
    basis: str = "price"
    """price, total (dividends reinvested at the ex-date's close) or vendor_adjusted."""
    currency: str | None = None
    """ISO code that all are converted to; None: the one all are quoted in, else US dollars."""
    real: bool = False
    """After consumer prices of the currency."""
    sessions: str = "own"
    """own: each instrument's sessions; shared: those that all of them have."""
    convention: str = "year_end"
    """What a calendar year's return spans: year_end, first_to_last or december_average."""
    frequency: str = "daily"
    """Of the returns that risk is taken from."""
    benchmark: str | None = None
    risk_free: float | str | None = None
    """A yearly return as a fraction, or the id of a 13-week bill's discount yield."""
    annualise: float | None = None
    """Periods per year; None: those of the data's own grid."""
    as_of: datetime | None = None
    """Aware: only what could be known then."""
    strict: bool = False
    """With `as_of`: only what this lake itself had stored then."""

    @classmethod
    def of(cls, ids: Sequence[str] | str, options: Options | None = None) -> Terms:
        """Terms from values as callers write them; one id alone is a list of one."""
        given = dict(options or {})
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            raise UsageError(f"{unknown[0][:40]!r} is no option; known: {', '.join(Options.__annotations__)}")
        start, end, as_of = (given.pop(name, None) for name in ("start", "end", "as_of"))
        return cls(
            ids=(ids,) if isinstance(ids, str) else tuple(ids),
            start=day_of(start, "01-01"),  # type: ignore[arg-type]
            end=day_of(end, "12-31"),  # type: ignore[arg-type]
            as_of=moment_of(as_of),  # type: ignore[arg-type]
            **given,  # type: ignore[arg-type]
        )

    def __post_init__(self) -> None:
        one_of("basis", self.basis, (*BASES, *BAR_BASES))
        one_of("convention", self.convention, CONVENTIONS)
        one_of("sessions", self.sessions, SESSIONS)
        one_of("frequency", self.frequency, tuple(PERIODS.values()))
        self._check_window()
        self._check_rates()
        if self.strict and self.as_of is None:
            raise UsageError("strict needs as_of; give as_of too")
        check_aware("as_of", self.as_of)

    def _check_window(self) -> None:
        for day in (self.start, self.end):
            if day is not None:
                _check_year(day.year)
        if self.start is not None and self.end is not None and self.start > self.end:
            raise UsageError(f"the first day {self.start} is after the last day {self.end}; swap them")

    def _check_rates(self) -> None:
        rate = self.risk_free
        if rate is not None and not isinstance(rate, str) and not -1 < rate < 10:
            raise UsageError(f"a risk-free return of {rate} a year is not a fraction such as 0.02")
        if self.annualise is not None and not (math.isfinite(self.annualise) and self.annualise > 0):
            raise UsageError(f"{self.annualise} periods per year is not a number above 0")

    @property
    def named(self) -> tuple[str, ...]:
        """The instruments and the benchmark, each once, in the order in which they were named."""
        return tuple(dict.fromkeys([*self.ids, *([self.benchmark] if self.benchmark else [])]))

    def check_ids(self, fewest: int = 1) -> None:
        """`UsageError` unless so many instruments are named, each once where two or more are
        needed."""
        if not self.ids:
            raise UsageError("no instrument is named; name at least one")
        if len(self.ids) < fewest:
            raise UsageError("there is nothing to compare; name two instruments or more, such as BTC NASDAQ")
        twice = next((name for name in self.ids if self.ids.count(name) > 1), None)
        if fewest < 2 or twice is None:
            return
        if len(self.ids) == 2:
            raise UsageError(f"{twice[:40]} cannot be compared with itself; name two instruments")
        raise UsageError(f"{twice[:40]} is named twice; name each instrument once")

    def only(self, answer: str, *names: str) -> None:
        """`UsageError` where an option that an answer does not take was given."""
        usual = Terms()
        for field in fields(self):
            if field.name in ("ids", *names):
                continue
            if getattr(self, field.name) != getattr(usual, field.name):
                raise UsageError(f"{answer} takes no {field.name}; it takes {', '.join(names) or 'none'}")

    def years(self, answer: str) -> tuple[int | None, int | None]:
        """The first and the last year of a window of whole years.

        `UsageError` for any other window.
        """
        first, last = self.start, self.end
        if first is not None and (first.month, first.day) != (1, 1):
            raise UsageError(f"{answer} takes whole years and cannot start on {first}; start with a year")
        if last is not None and (last.month, last.day) != (12, 31):
            raise UsageError(f"{answer} takes whole years and cannot end on {last}; end with a year")
        return (first.year if first else None), (last.year if last else None)


def one_of(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise `UsageError` unless the value is one of the choices."""
    if value not in choices:
        raise UsageError(f"{name} {str(value)[:40]!r} must be one of {', '.join(choices)}")


def check_aware(name: str, moment: datetime | None) -> None:
    """Raise `UsageError` for a moment without a time zone."""
    if moment is not None and moment.tzinfo is None:
        raise UsageError(f"{name} {moment} has no time zone; say which, for instance UTC")


def day_of(day: Day | None, of_year: str = "01-01") -> date | None:
    """The date; of a year its day `of_year`. `UsageError` for a text that is neither."""
    if isinstance(day, int) or (isinstance(day, str) and day.isdigit() and len(day) == 4):
        _check_year(day)
        return date.fromisoformat(f"{int(day):04}-{of_year}")
    if isinstance(day, str):
        try:
            return date.fromisoformat(day)
        except ValueError:
            raise UsageError(f"{day[:40]!r} is not a date or a year; write 2024-12-31 or 2024") from None
    return day.date() if isinstance(day, datetime) else day


def _check_year(year: int | str) -> None:
    low, high = _YEARS
    if not low <= int(year) <= high:
        raise UsageError(f"year {year} is not between {low} and {high}")


def moment_of(moment: Moment | None) -> datetime | None:
    """The moment, in UTC where it has no offset; `UsageError` for a text that is none."""
    if isinstance(moment, str):
        return parse_instant(moment)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
