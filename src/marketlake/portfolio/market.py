"""The holdings of a plan: their total-return levels on shared sessions, or at the ends of months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from ..engine.listing import Listed, Listing, currency_code, currency_of, find, inflation_of, rates_needed
from ..model.calendars import Days
from ..model.errors import EmptyLakeError, UsageError
from ..model.instruments import NOT_INVESTABLE, is_simulated
from ..model.location import shown
from ..model.terms import CLOSES, one_of
from .known import Known, Series, to_date
from .plan import Floats, Plan
from .rates import Deflator, RiskFree, read_deflator, read_risk_free
from .schedule import Flags, is_last

_EXPENSES_INSIDE: Final = ("fund", "bond")


@dataclass(frozen=True)
class Market:
    """The holdings' total-return levels (T, H) in one currency; none is filled.

    T are the sessions that they share, or (monthly) the last days of the months that are complete for
    all of them: each holding has its own last close of the month there.
    """

    instruments: tuple[Listed, ...]
    currency: str
    days: Days
    levels: Floats
    expected: Days
    """The days that there would be if nothing were missing, in whole years."""
    unpriced: Days
    """Days left out because some holding has no exchange rate or no usable price there."""
    deflator: Deflator | None
    suspects: Mapping[str, Days]
    """By holding, the sessions whose return a check doubts."""
    simulated: tuple[str, ...]
    """Holdings whose levels are simulated; all of them where the exchange rates are."""
    snapshot: str
    origin: str
    stored: Days
    """The first and last session of each holding by itself, (H, 2)."""
    risk_free: RiskFree
    frequency: str = "daily"
    """daily or monthly."""

    @property
    def unit(self) -> str:
        """What a day of it stands for."""
        return unit_of(self.frequency)

    def ends(self, months: int) -> Flags:
        """Which sessions (T,) are the last that the calendars share in their month (1) or year
        (12)."""
        return ends_of(self.days, self.expected, months)

    def bounds(self) -> str:
        """Which holding begins last and which ends first, in words."""
        begins, ends = int(np.argmax(self.stored[:, 0])), int(np.argmin(self.stored[:, 1]))
        late, early = to_date(self.stored[begins, 0]), to_date(self.stored[ends, 1])
        return f"{self.instruments[begins].id} from {late}, {self.instruments[ends].id} to {early}"


def read_market(
    known: Known,
    plan: Plan,
    currency: str | None,
    risk_free: float | str | None = None,
    frequency: str = "daily",
) -> Market:
    """All history of the holdings. `UsageError` for what cannot be held, `EmptyLakeError` without
    bars."""
    one_of("frequency", frequency, CLOSES)
    reader = known.reader
    listing = reader.listing
    held = tuple(find(listing, name) for name in plan.ids)
    _check(plan, held)
    target = currency_of(held) if currency is None else currency_code(currency)
    series = known.levels(plan.ids, target)
    _check_stored(known, series)
    if frequency == "monthly":
        series = {one.id: by_month(series[one.id], known.shared_sessions([one])) for one in held}
    suspects = known.suspects(plan.ids, target)
    days, levels = shared(list(series.values()))
    if not len(days):
        held_by, unit = shown(reader.lake), unit_of(frequency)
        raise EmptyLakeError(f"{', '.join(plan.ids)} share no {unit} in {held_by}; see `marketlake status`")
    priced = ~np.isnan(levels).any(axis=1)
    if not priced.any():
        raise EmptyLakeError(
            f"no session has a price in {target} for all of {', '.join(plan.ids)}; see `status`"
        )
    return Market(
        instruments=held,
        currency=target,
        frequency=frequency,
        days=days[priced],
        levels=levels[priced],
        expected=placed(known.shared_sessions(held), frequency),
        unpriced=days[~priced],
        deflator=_deflator(known, listing, target),
        suspects={name: placed(own, frequency) for name, own in suspects.items()},
        simulated=_simulated(listing, held, target, frequency),
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
        stored=np.stack([one.days[[0, -1]] for one in series.values()]),
        risk_free=read_risk_free(known, listing, days[priced], target, risk_free),
    )


def unit_of(frequency: str) -> str:
    """What a day of a market stands for."""
    return "month" if frequency == "monthly" else "shared session"


def shared(series: Sequence[Series]) -> tuple[Days, Floats]:
    """The days (T,) that all series have, and their values there (T, H)."""
    days = reduce(np.intersect1d, [one.days for one in series])
    return days, np.stack([one.values[np.searchsorted(one.days, days)] for one in series], axis=1)


def by_month(one: Series, sessions: Days) -> Series:
    """The last close of each month whose last session, of the calendar's `sessions`, is stored; on the
    month's last day."""
    ends = is_last(one.days, 1) & np.isin(one.days, sessions[is_last(sessions, 1)])
    return Series(month_ends(one.days[ends]), one.values[ends])


def placed(days: Days, frequency: str) -> Days:
    """The days themselves, or (monthly) the last days of the months that they lie in."""
    return month_ends(days) if frequency == "monthly" else days


def month_ends(days: Days) -> Days:
    """The last days of the months that these days lie in."""
    months = np.unique(days.astype("datetime64[M]"))
    after: Days = (months + np.timedelta64(1, "M")).astype("datetime64[D]")
    return np.asarray(after - np.timedelta64(1, "D"), dtype="datetime64[D]")


def ends_of(days: Days, expected: Days, months: int) -> Flags:
    """Which days are the last expected ones of their month (1) or year (12)."""
    return np.isin(days, expected[is_last(expected, months)])


def _check(plan: Plan, held: Sequence[Listed]) -> None:
    for holding, instrument in zip(plan.holdings, held, strict=True):
        if instrument.asset_class in NOT_INVESTABLE:
            why = NOT_INVESTABLE[instrument.asset_class]
            raise UsageError(f"{instrument.id} is {why}: a plan cannot hold it")
        if holding.expense_ratio and instrument.asset_class in _EXPENSES_INSIDE:
            raise UsageError(
                f"{instrument.id} is a fund: its expense ratio is in its price already; "
                "give expense ratios to indices, metals and crypto, and the plan's own as plan fee"
            )


def _check_stored(known: Known, series: Mapping[str, Series]) -> None:
    for name, one in series.items():
        if not len(one.days):
            then = f" as {known.moment}" if known.moment else ""
            where = f"{shown(known.reader.lake)}{then}"
            raise EmptyLakeError(f"no bars of {name} are stored in {where}; run `marketlake run`")


def _deflator(known: Known, listing: Listing, currency: str) -> Deflator | None:
    try:
        index = inflation_of(listing, currency)
    except UsageError:
        return None
    return read_deflator(known, index)


def _simulated(listing: Listing, held: Sequence[Listed], currency: str, frequency: str) -> tuple[str, ...]:
    rates = rates_needed(listing, held, currency)
    every = any(is_simulated(rate.synthetic, frequency) for rate in rates)
    return tuple(one.id for one in held if every or is_simulated(one.synthetic, frequency))
