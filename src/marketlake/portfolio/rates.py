"""What money itself did: consumer prices, and the return of a 13-week bill or of a constant rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine.listing import Listed, Listing, find
from ..model.calendars import Days
from ..model.errors import EmptyLakeError, UsageError
from .known import Known
from .plan import Floats
from .schedule import YEAR_DAYS

USUAL_BILL: Final = "TBILL_13W"
"""Taken where none is named, if the lake has it in the plan's currency."""
_BILL_DAYS: Final = 91
_DISCOUNT_YEAR: Final = 360
_STALE: Final = 7
"""Days after which a yield is no longer known."""
_OVERDUE: Final = 62
"""Days after which a monthly figure is no longer the last: a month, and one that was skipped."""
_MONTH: Final = np.timedelta64(1, "M")


@dataclass(frozen=True)
class Deflator:
    """A consumer price index: each value with its month's first day and the day it was published."""

    id: str
    synthetic: str
    months: Days
    published: Days
    values: Floats

    def levels(self, days: Days, whole_years: bool) -> Floats:
        """Prices on each of a window's days over those on its first; not a number where none are
        known.

        In a window of whole years the first and the last day have their Decembers' prices and the
        days between the month before's; in any other each day has the last value published by it.
        """
        if not len(self.values):
            return np.full(len(days), np.nan)
        found = self._of_months(days) if whole_years else self._published_by(days)
        relative: Floats = found / found[0]
        return relative

    def december(self, year: int) -> float:
        """The value of a year's December; not a number where none is stored."""
        month = np.datetime64(f"{year:04}-12", "M")
        there = (self.months.astype("datetime64[M]") == month) & (self.values > 0)
        return float(self.values[there][-1]) if there.any() else float("nan")

    def _of_months(self, days: Days) -> Floats:
        wanted = days.astype("datetime64[M]")
        wanted[1:-1] -= _MONTH
        months = self.months.astype("datetime64[M]")
        place = np.searchsorted(months, wanted, side="right") - 1
        late = (wanted - months[place]).astype(np.int64)
        allowed = np.ones(len(days), dtype=np.int64)
        # a month may be skipped on the way, a December may not
        allowed[[0, -1]] = 0
        return self._values(place, (place >= 0) & (late >= 0) & (late <= allowed))

    def _published_by(self, days: Days) -> Floats:
        """None when the next value is overdue too: an index that has ended tells no later prices."""
        order = np.argsort(self.published, kind="stable")
        newest = np.maximum.accumulate(order)
        come = np.searchsorted(self.published[order], days, side="right") - 1
        place = newest[come]
        age = (days - self.published[place]).astype(np.int64)
        return self._values(place, (come >= 0) & (age <= _OVERDUE))

    def _values(self, place: npt.NDArray[np.intp], there: npt.NDArray[np.bool_]) -> Floats:
        return np.where(there, self.values[place], np.nan)


@dataclass(frozen=True)
class Bill:
    """The discount yields of a 13-week bill, fractions a year."""

    id: str
    synthetic: str
    sessions: Days
    yields: Floats

    def returns(self, days: Days) -> Floats:
        """Its return to each of the days from the one before, (T,); the first has none."""
        known = yields_on(days, self.sessions, self.yields)
        return np.append(np.nan, bill_return(known[:-1], _between(days)))


@dataclass(frozen=True)
class RiskFree:
    """The risk-free return to each session from the one before, (T,); not a number where unknown."""

    used: float | str | None
    """A return a year, the id of a bill, or None for neither."""
    synthetic: str
    returns: Floats


def read_deflator(known: Known, index: Listed) -> Deflator:
    """All values of a consumer price index."""
    found = known.closes(index.id)
    return Deflator(index.id, index.synthetic, found.days, found.published, found.values)


def read_bill(known: Known, bill: Listed) -> Bill:
    """All yields of a bill."""
    found = known.closes(bill.id)
    return Bill(bill.id, bill.synthetic, found.days, found.values / 100)


def read_risk_free(
    known: Known, listing: Listing, days: Days, currency: str, asked: float | str | None
) -> RiskFree:
    """For the sessions `days`; `asked` is a yearly fraction, a bill, or None for the usual one if
    stored."""
    rate = _constant(asked)
    if rate is not None:
        return RiskFree(rate, "no", np.append(np.nan, (1 + rate) ** (_between(days) / YEAR_DAYS) - 1))
    named = _usual(listing, currency) if asked is None else _named(listing, str(asked), currency)
    bill = read_bill(known, named) if named else None
    if bill is None or not len(bill.sessions):
        if asked is not None:
            raise EmptyLakeError(f"no yields of {str(asked)[:40]} are stored (by then); see `status`")
        return RiskFree(None, "no", np.full(len(days), np.nan))
    return RiskFree(bill.id, bill.synthetic, bill.returns(days))


def yields_on(days: Days, sessions: Days, yields: Floats) -> Floats:
    """The last yield on or before each day and at most 7 days old; not a number otherwise."""
    if not len(sessions):
        return np.full(len(days), np.nan)
    place = np.searchsorted(sessions, days, side="right") - 1
    age = (days - sessions[np.maximum(place, 0)]).astype(np.int64)
    return np.where((place >= 0) & (age <= _STALE), yields[np.maximum(place, 0)], np.nan)


def bill_return(discount_yield: Floats, days: Floats) -> Floats:
    """(1 - y x 91/360)^(-days/91) - 1: the bill bought at its discount, for as long as the return
    lasts."""
    price = 1 - discount_yield * _BILL_DAYS / _DISCOUNT_YEAR
    held: Floats = np.where(price > 0, price, np.nan) ** (-days / _BILL_DAYS) - 1
    return held


def _between(days: Days) -> Floats:
    return np.diff(days).astype(np.int64).astype(np.float64)


def _constant(asked: float | str | None) -> float | None:
    """A number, or text that is one; None for a name."""
    if asked is None:
        return None
    try:
        rate = float(asked)
    except (ValueError, OverflowError):
        return None
    if not -1 < rate < 1:
        raise UsageError(f"a risk-free return of {str(asked)[:20]} a year is not a fraction such as 0.02")
    return rate


def _usual(listing: Listing, currency: str) -> Listed | None:
    bill = listing.get(USUAL_BILL)
    fits = bill is not None and bill.asset_class == "rate" and bill.quote_currency == currency
    return bill if fits else None


def _named(listing: Listing, name: str, currency: str) -> Listed:
    bill = find(listing, name)
    if bill.asset_class != "rate":
        raise UsageError(f"{bill.id} is not a yield; name a 13-week bill, or a fraction such as 0.02")
    if bill.quote_currency != currency:
        raise UsageError(
            f"{bill.id} is in {bill.quote_currency} and the plan in {currency}; give a fraction instead"
        )
    return bill
