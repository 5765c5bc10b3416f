"""The instruments of a database, and the rates that a query in some currency needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..model.errors import UsageError, nearest

_CURRENCY: Final = re.compile(r"[A-Z]{3,5}")
PIVOT: Final = "USD"
"""Reference rates are stored in dollars per unit."""


@dataclass(frozen=True)
class Listed:
    """What a query needs to know of an instrument."""

    id: str
    asset_class: str
    calendar: str
    quote_currency: str
    return_basis: str
    proxy_for: str
    synthetic: str

    @property
    def price_index(self) -> bool:
        """An index without dividends: reinvesting changes nothing."""
        return self.asset_class == "index" and self.return_basis == "price"


Listing = Mapping[str, Listed]
"""By id, in the order of `instruments.toml`."""
LISTING: Final = (
    "SELECT instrument_id, asset_class, calendar, quote_currency, return_basis, proxy_for, synthetic "
    "FROM main.instrument ORDER BY rowid"
)
"""The query of `Listed`, one row per instrument."""


def listing_of(rows: Iterable[Mapping[str, str]]) -> Listing:
    """From the rows of `LISTING`."""
    return {row["instrument_id"]: Listed(*row.values()) for row in rows}


def find(listing: Listing, instrument_id: str) -> Listed:
    """The instrument; `UsageError` naming close matches, or the known ones."""
    if instrument_id in listing:
        return listing[instrument_id]
    raise UsageError(f"unknown instrument {instrument_id[:40]!r}; {nearest(instrument_id, listing)}")


def currency_code(text: str) -> str:
    """An ISO code in capitals; `UsageError` otherwise."""
    code = text.upper()
    if not _CURRENCY.fullmatch(code):
        raise UsageError(f"{text[:20]!r} is not a currency; write an ISO code such as EUR")
    return code


def currency_of(instruments: Iterable[Listed]) -> str:
    """The common quote currency, or US dollars."""
    quoted = {instrument.quote_currency for instrument in instruments}
    return quoted.pop() if len(quoted) == 1 else "USD"


def unconverted(listing: Listing, instruments: Iterable[Listed], target: str) -> tuple[Listed, ...]:
    """Those of the instruments whose currency has no reference rates to `target`.

    `UsageError` for a `target` without rates.
    """
    foreign = [i for i in instruments if i.quote_currency != target]
    if foreign and target != PIVOT:
        _rate(listing, target)
    return tuple(i for i in foreign if i.quote_currency != PIVOT and not _is_rate(listing, i.quote_currency))


def rates_needed(listing: Listing, instruments: Iterable[Listed], target: str | None) -> tuple[Listed, ...]:
    """The reference rates that convert these to `target`; `UsageError` for an unknown currency."""
    if target is None:
        return ()
    quoted = {i.quote_currency for i in instruments} - {target}
    wanted = sorted((quoted | {target} if quoted else set()) - {PIVOT})
    return tuple(_rate(listing, code) for code in wanted)


def inflation_of(listing: Listing, currency: str) -> Listed:
    """The consumer price index of a currency; `UsageError` when none is listed."""
    for instrument in listing.values():
        if instrument.asset_class == "inflation" and instrument.quote_currency == currency:
            return instrument
    raise UsageError(f"no consumer price index for {currency} in instruments.toml, so no real returns in it")


def reach(instruments: Sequence[Listed]) -> dict[str, object]:
    """The parameters that filter the bars to these instruments."""
    return {
        "ids": sorted({i.id for i in instruments}),
        "classes": sorted({i.asset_class for i in instruments}),
    }


def _rate(listing: Listing, code: str) -> Listed:
    if _is_rate(listing, code):
        return listing[code]
    known = sorted(i.id for i in listing.values() if i.asset_class == "currency")
    raise UsageError(
        f"no reference rates for {code}; with rates: {', '.join([PIVOT, *known])}. An entry in "
        f'instruments.toml with id = "{code}", asset_class = "currency" and quote_currency = "USD" adds them'
    )


def _is_rate(listing: Listing, code: str) -> bool:
    rate = listing.get(code)
    return rate is not None and rate.asset_class == "currency" and rate.quote_currency == PIVOT
