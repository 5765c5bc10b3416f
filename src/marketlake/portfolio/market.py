"""What the lake holds for a plan: total-return levels on the sessions that all holdings share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..answers.prices import prices
from ..engine.listing import (
    Listed,
    Listing,
    currency_code,
    currency_of,
    find,
    inflation_of,
    rates_needed,
)
from ..engine.reader import DuckReader
from ..engine.sql_text import literal
from ..model.calendars import Days
from ..model.errors import EmptyLakeError, UsageError
from ..model.location import shown
from ..model.terms import AS_TRADED, Terms
from .plan import Floats, Plan
from .schedule import YEAR_DAYS, Flags, is_last

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Known:
    """What is read from a lake: all of it, or what could be known at `as_of` (aware)."""

    reader: DuckReader
    as_of: datetime | None = None
    strict: bool = False
    """What this lake itself held then, instead of what could be known."""

    def closes(self, instrument_id: str) -> pa.Table:
        """Bars as traded."""
        return self._prices(ids=(instrument_id,), basis=AS_TRADED)

    def levels(self, ids: Sequence[str], currency: str) -> pa.Table:
        """Total-return levels by instrument and session."""
        return self._prices(ids=tuple(ids), basis="total", currency=currency)

    def _prices(self, **terms: Any) -> pa.Table:
        return prices(self.reader, Terms(**terms, as_of=self.as_of, strict=self.strict))

    @property
    def moment(self) -> str:
        """In words, to go into a sentence; empty where all is read."""
        if self.as_of is None:
            return ""
        return f"{'held by this lake' if self.strict else 'known'} at {self.as_of.isoformat()}"


def days_of_column(column: pa.ChunkedArray) -> Days:
    """A column of dates as datetime64[D]."""
    return np.from_dlpack(column.combine_chunks().view("int32")).astype("datetime64[D]")


def days_of_instants(column: pa.ChunkedArray) -> Days:
    """The UTC days of a column of microsecond timestamps as datetime64[D]."""
    instants = np.from_dlpack(column.combine_chunks().view("int64")).astype("datetime64[us]")
    return instants.astype("datetime64[D]")


def floats_of_column(column: pa.ChunkedArray) -> Floats:
    """A column of doubles; NaN for null."""
    values = column.combine_chunks()
    if values.null_count:
        values = values.fill_null(float("nan"))
    return np.array(np.from_dlpack(values), dtype=np.float64)


def rows_with(column: pa.ChunkedArray, text: str) -> npt.NDArray[np.intp]:
    """Where a column of texts holds this text."""
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    wanted = words.index(text) if text in words else -1
    return np.flatnonzero(np.from_dlpack(coded.indices) == wanted)


_OVERDUE: Final = 62
"""Days after which a monthly figure is no longer the last: a month, and one that was skipped."""
_MONTH: Final = np.timedelta64(1, "M")


@dataclass(frozen=True)
class Deflator:
    """A consumer price index: each value with its month's first day and the day on which it was published."""

    id: str
    synthetic: str
    months: Days
    published: Days
    values: Floats

    def levels(self, days: Days, whole_years: bool) -> Floats:
        """Prices on each of a window's days over those on its first; not a number where none are known.

        In a window of whole years the first and the last day have their Decembers' prices and the days
        between the month before's; in any other each day has the last value published by it.
        """
        if not len(self.values):
            return np.full(len(days), np.nan)
        found = self._of_months(days) if whole_years else self._published_by(days)
        relative: Floats = found / found[0]
        return relative

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
        """None when the next value is overdue too: an index that has ended says nothing of later prices."""
        order = np.argsort(self.published, kind="stable")
        newest = np.maximum.accumulate(order)
        come = np.searchsorted(self.published[order], days, side="right") - 1
        place = newest[come]
        age = (days - self.published[place]).astype(np.int64)
        return self._values(place, (come >= 0) & (age <= _OVERDUE))

    def _values(self, place: npt.NDArray[np.intp], there: npt.NDArray[np.bool_]) -> Floats:
        return np.where(there, self.values[place], np.nan)


def read_deflator(known: Known, index: Listed) -> Deflator:
    """All values of a consumer price index."""
    table = known.closes(index.id)
    return Deflator(
        index.id,
        index.synthetic,
        days_of_column(table["session"]),
        days_of_instants(table["known_at"]),
        floats_of_column(table["close"]),
    )


USUAL_BILL: Final = "TBILL_13W"
"""Taken where nothing is asked for, if the lake has it in the plan's currency."""
_BILL_DAYS: Final = 91
_DISCOUNT_YEAR: Final = 360
_STALE: Final = 7


@dataclass(frozen=True)
class RiskFree:
    """The risk-free return from each session's predecessor to it, (T,); not a number where none is known."""

    used: float | str | None
    """A return a year, the id of a bill, or None for neither."""
    synthetic: str
    returns: Floats


def read_risk_free(
    known: Known, listing: Listing, days: Days, currency: str, asked: float | str | None
) -> RiskFree:
    """For the sessions `days`; `asked` is a fraction a year, a bill, or None for the usual one if stored."""
    rate = _constant(asked)
    if rate is not None:
        return RiskFree(rate, "no", np.append(np.nan, (1 + rate) ** (_between(days) / YEAR_DAYS) - 1))
    bill = _usual(listing, currency) if asked is None else _bill(listing, str(asked), currency)
    table = known.closes(bill.id) if bill else None
    if bill is None or table is None or not len(table):
        if asked is not None:
            raise EmptyLakeError(f"no yields of {str(asked)[:40]} are stored (by then); see `status`")
        return RiskFree(None, "no", np.full(len(days), np.nan))
    yields = yields_on(days, days_of_column(table["session"]), floats_of_column(table["close"]) / 100)
    return RiskFree(bill.id, bill.synthetic, np.append(np.nan, bill_return(yields[:-1], _between(days))))


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
        raise UsageError(f"a risk-free return of {str(asked)[:20]} a year is not a fraction such as 0.02")
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


_NO_RETURN: Final = {
    "rate": "a yield, not a price",
    "inflation": "a statistic, not an asset",
}
_EXPENSES_INSIDE: Final = ("fund", "bond")


@dataclass(frozen=True)
class Market:
    """The holdings' total-return levels (T, H) in one currency on their T shared sessions; none is filled."""

    instruments: tuple[Listed, ...]
    currency: str
    days: Days
    levels: Floats
    expected: Days
    """The sessions that their calendars share, in whole years."""
    unpriced: Days
    """Shared sessions left out because some holding has no exchange rate or no usable price there."""
    deflator: Deflator | None
    simulated: tuple[str, ...]
    """Holdings whose daily levels are made up; all of them where the exchange rates are."""
    snapshot: str
    origin: str
    stored: Days
    """The first and last session of each holding by itself, (H, 2)."""
    risk_free: RiskFree

    def ends(self, months: int) -> Flags:
        """Which sessions (T,) are the last that the calendars share in their month (1) or year (12)."""
        return np.isin(self.days, self.expected[is_last(self.expected, months)])

    def bounds(self) -> str:
        """Which holding begins last and which ends first, in words."""
        begins, ends = int(np.argmax(self.stored[:, 0])), int(np.argmin(self.stored[:, 1]))
        late, early = to_date(self.stored[begins, 0]), to_date(self.stored[ends, 1])
        return f"{self.instruments[begins].id} from {late}, {self.instruments[ends].id} to {early}"


def read_market(
    known: Known, plan: Plan, currency: str | None, risk_free: float | str | None = None
) -> Market:
    """All history of the holdings. `UsageError` for what cannot be held, `EmptyLakeError` without bars."""
    reader = known.reader
    listing = reader.listing
    held = tuple(find(listing, name) for name in plan.ids)
    _check(plan, held)
    expected = _expected(reader, held)
    target = currency_of(held) if currency is None else currency_code(currency)
    days, levels, stored = _shared(known, known.levels(plan.ids, target), held)
    priced = ~np.isnan(levels).any(axis=1)
    if not priced.any():
        raise EmptyLakeError(
            f"no session has a price in {target} for all of {', '.join(plan.ids)}; see `status`"
        )
    return Market(
        instruments=held,
        currency=target,
        days=days[priced],
        levels=levels[priced],
        expected=expected,
        unpriced=days[~priced],
        deflator=_deflator(known, listing, target),
        simulated=_simulated(listing, held, target),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
        stored=stored,
        risk_free=read_risk_free(known, listing, days[priced], target, risk_free),
    )


def _check(plan: Plan, held: Sequence[Listed]) -> None:
    for holding, instrument in zip(plan.holdings, held, strict=True):
        if instrument.asset_class in _NO_RETURN:
            why = _NO_RETURN[instrument.asset_class]
            raise UsageError(f"{instrument.id} is {why}: a plan cannot hold it")
        if holding.expense_ratio and instrument.asset_class in _EXPENSES_INSIDE:
            raise UsageError(
                f"{instrument.id} is a fund: its expense ratio is in its price already; "
                "give expense ratios to indices, metals and crypto, and the plan's own as plan fee"
            )


def _shared(known: Known, table: pa.Table, held: Sequence[Listed]) -> tuple[Days, Floats, Days]:
    """The days that all have, every level there (NaN where there is none), and how far each one reaches."""
    ids, sessions, levels = (
        table["instrument_id"],
        days_of_column(table["session"]),
        floats_of_column(table["level"]),
    )
    mine = [rows_with(ids, instrument.id) for instrument in held]
    for instrument, rows in zip(held, mine, strict=True):
        if not len(rows):
            then = f" as {known.moment}" if known.moment else ""
            where = f"{shown(known.reader.lake)}{then}"
            raise EmptyLakeError(f"no bars of {instrument.id} are stored in {where}; run `marketlake run`")
    days = reduce(np.intersect1d, [sessions[rows] for rows in mine])
    if not len(days):
        raise EmptyLakeError(
            f"{', '.join(i.id for i in held)} share no session in {shown(known.reader.lake)}; "
            "see `marketlake status`"
        )
    columns = [levels[rows][np.searchsorted(sessions[rows], days)] for rows in mine]
    return days, np.stack(columns, axis=1), np.stack([sessions[rows[[0, -1]]] for rows in mine])


def _expected(reader: DuckReader, held: Sequence[Listed]) -> Days:
    calendars = sorted({instrument.calendar for instrument in held})
    names = ", ".join(literal(name) for name in calendars)
    found = reader.arrow(
        f"SELECT session FROM main.calendar_session WHERE calendar IN ({names}) "  # noqa: S608 (quoted)
        f"GROUP BY session HAVING count(*) = {len(calendars)} ORDER BY session"
    )
    return days_of_column(found["session"])


def _deflator(known: Known, listing: Listing, currency: str) -> Deflator | None:
    try:
        index = inflation_of(listing, currency)
    except UsageError:
        return None
    return read_deflator(known, index)


def _simulated(listing: Listing, held: Sequence[Listed], currency: str) -> tuple[str, ...]:
    if any(rate.synthetic != "no" for rate in rates_needed(listing, held, currency)):
        return tuple(instrument.id for instrument in held)
    return tuple(instrument.id for instrument in held if instrument.synthetic != "no")


def to_date(day: np.datetime64) -> date:
    """A session as a date."""
    value = day.astype("datetime64[D]").item()
    assert isinstance(value, date)
    return value
