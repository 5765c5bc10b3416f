"""What the lake holds for a plan: total-return levels on the sessions that all holdings share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np

from ..calendars import Days
from ..errors import EmptyLakeError, UsageError
from ..location import shown
from ..query import open_lake
from ..query.connection import steady
from ..query.listing import Listed, Listing, currency_code, find, inflation_of, rates_needed, read_listing
from ..query.text import literal
from . import arrow
from .inflation import Deflator, read_deflator
from .known import Known
from .plan import Floats, Plan
from .riskless import Riskless, read_riskless
from .schedule import Flags, is_last

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

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
    riskless: Riskless

    def ends(self, months: int) -> Flags:
        """Which sessions (T,) are the last that the calendars share in their month (1) or year (12)."""
        return np.isin(self.days, self.expected[is_last(self.expected, months)])

    def bounds(self) -> str:
        """Which holding begins last and which ends first, in words."""
        begins, ends = int(np.argmax(self.stored[:, 0])), int(np.argmin(self.stored[:, 1]))
        late, early = to_date(self.stored[begins, 0]), to_date(self.stored[ends, 1])
        return f"{self.instruments[begins].id} from {late}, {self.instruments[ends].id} to {early}"


@steady
def read_market(
    known: Known, plan: Plan, currency: str | None, risk_free: float | str | None = None
) -> Market:
    """All history of the holdings. `UsageError` for what cannot be held, `EmptyLakeError` without bars."""
    with open_lake(known.lake) as connection:
        listing = read_listing(connection)
        held = tuple(find(listing, name) for name in plan.ids)
        _check(plan, held)
        expected = _expected(connection, held)
        snapshot, origin = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    target = _currency(held, currency)
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
        snapshot=snapshot,
        origin=origin,
        stored=stored,
        riskless=read_riskless(known, listing, days[priced], target, risk_free),
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


def _currency(held: Sequence[Listed], currency: str | None) -> str:
    if currency is not None:
        return currency_code(currency)
    quoted = {instrument.quote_currency for instrument in held}
    return quoted.pop() if len(quoted) == 1 else "USD"


def _shared(known: Known, table: pa.Table, held: Sequence[Listed]) -> tuple[Days, Floats, Days]:
    """The days that all have, every level there (NaN where there is none), and how far each one reaches."""
    ids, sessions, levels = table["instrument_id"], arrow.days(table["session"]), arrow.floats(table["level"])
    mine = [arrow.rows_of(ids, instrument.id) for instrument in held]
    for instrument, rows in zip(held, mine, strict=True):
        if not len(rows):
            then = f" as {known.moment}" if known.moment else ""
            raise EmptyLakeError(
                f"no bars of {instrument.id} are stored in {shown(known.lake)}{then}; run `marketlake ingest`"
            )
    days = reduce(np.intersect1d, [sessions[rows] for rows in mine])
    if not len(days):
        raise EmptyLakeError(
            f"{', '.join(i.id for i in held)} share no session in {shown(known.lake)}; "
            "see `marketlake status`"
        )
    columns = [levels[rows][np.searchsorted(sessions[rows], days)] for rows in mine]
    return days, np.stack(columns, axis=1), np.stack([sessions[rows[[0, -1]]] for rows in mine])


def _expected(connection: duckdb.DuckDBPyConnection, held: Sequence[Listed]) -> Days:
    calendars = sorted({instrument.calendar for instrument in held})
    names = ", ".join(literal(name) for name in calendars)
    found = connection.execute(
        f"SELECT session FROM main.calendar_session WHERE calendar IN ({names}) "  # noqa: S608 (quoted)
        f"GROUP BY session HAVING count(*) = {len(calendars)} ORDER BY session"
    )
    return arrow.days(found.to_arrow_table()["session"])


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
