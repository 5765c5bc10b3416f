"""What money earned without risk: over a 13-week bill, or at a constant rate a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..calendars import Days
from ..errors import EmptyLakeError, UsageError
from ..query.listing import Listed, Listing, find
from . import arrow
from .known import Known
from .plan import Floats
from .schedule import YEAR_DAYS

USUAL_BILL: Final = "TBILL_13W"
"""Taken where nothing is asked for, if the lake has it in the plan's currency."""
_BILL_DAYS: Final = 91
_DISCOUNT_YEAR: Final = 360
_STALE: Final = 7


@dataclass(frozen=True)
class Riskless:
    """The riskless return from each session's predecessor to it, (T,); not a number where none is known."""

    used: float | str | None
    """A return a year, the id of a bill, or None for neither."""
    synthetic: str
    returns: Floats


def read_riskless(
    known: Known, listing: Listing, days: Days, currency: str, asked: float | str | None
) -> Riskless:
    """For the sessions `days`; `asked` is a fraction a year, a bill, or None for the usual one if stored."""
    rate = _constant(asked)
    if rate is not None:
        return Riskless(rate, "no", np.append(np.nan, (1 + rate) ** (_between(days) / YEAR_DAYS) - 1))
    bill = _usual(listing, currency) if asked is None else _bill(listing, str(asked), currency)
    table = known.closes(bill.id) if bill else None
    if bill is None or table is None or not len(table):
        if asked is not None:
            raise EmptyLakeError(f"no yields of {str(asked)[:40]} are stored (by then); see `status`")
        return Riskless(None, "no", np.full(len(days), np.nan))
    yields = yields_on(days, arrow.days(table["session"]), arrow.floats(table["close"]) / 100)
    return Riskless(bill.id, bill.synthetic, np.append(np.nan, bill_return(yields[:-1], _between(days))))


def yields_on(days: Days, sessions: Days, yields: Floats) -> Floats:
    """The last yield on or before each day and at most 7 days old; not a number otherwise."""
    place = np.searchsorted(sessions, days, side="right") - 1
    age = (days - sessions[np.maximum(place, 0)]).astype(np.int64)
    return np.where((place >= 0) & (age <= _STALE), yields[np.maximum(place, 0)], np.nan)


def bill_return(discount_yield: Floats, days: Floats) -> Floats:
    """(1 - y x 91/360)^(-days/91) - 1: the bill bought at its discount, for as long as the return lasts."""
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
        raise UsageError(f"a riskless return of {str(asked)[:20]} a year is not a fraction such as 0.02")
    return rate


def _usual(listing: Listing, currency: str) -> Listed | None:
    bill = listing.get(USUAL_BILL)
    fits = bill is not None and bill.asset_class == "rate" and bill.quote_currency == currency
    return bill if fits else None


def _bill(listing: Listing, name: str, currency: str) -> Listed:
    bill = find(listing, name)
    if bill.asset_class != "rate":
        raise UsageError(f"{bill.id} is not a yield; name a 13-week bill, or a fraction such as 0.02")
    if bill.quote_currency != currency:
        raise UsageError(
            f"{bill.id} is in {bill.quote_currency} and the plan in {currency}; give a fraction instead"
        )
    return bill
