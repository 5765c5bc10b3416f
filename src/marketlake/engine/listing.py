"""The instruments of a database, and the rates that a query in some currency needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..model.errors import UsageError
from ..model.instruments import PIVOT, id_of
from ..model.terms import Terms

_CURRENCY: Final = re.compile(r"[A-Z]{3,5}")


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
    symbols: tuple[str, ...] = ()
    """Of all sources."""
    base_currency: str = ""
    """The currency whose reference rate it is; empty otherwise."""

    @property
    def price_index(self) -> bool:
        """An index without dividends: reinvesting changes nothing."""
        return self.asset_class == "index" and self.return_basis == "price"


Listing = Mapping[str, Listed]
"""By id, in the order of `instruments.toml`."""
LISTING: Final = (
    "SELECT instrument_id, asset_class, calendar, quote_currency, base_currency, return_basis, proxy_for, "
    "synthetic, sources FROM main.instrument ORDER BY rowid"
)
"""The query of `Listed`, one row per instrument."""


def listing_of(rows: Iterable[Mapping[str, Any]]) -> Listing:
    """From the rows of `LISTING`."""
    return {row["instrument_id"]: _listed(**row) for row in rows}


def _listed(instrument_id: str, sources: Iterable[str], **rest: str) -> Listed:
    return Listed(instrument_id, **rest, symbols=tuple(one.partition(":")[2] for one in sources))


def find(listing: Listing, name: str) -> Listed:
    """The instrument by its id or a symbol, in any case; `UsageError` as `id_of`."""
    if name in listing:
        return listing[name]
    return listing[id_of(name, {one.id: one.symbols for one in listing.values()})]


def with_ids(listing: Listing, terms: Terms) -> Terms:
    """The terms with the id of every instrument that they name; `UsageError` as `find`."""
    rate = terms.risk_free
    return replace(
        terms,
        ids=tuple(find(listing, name).id for name in terms.ids),
        benchmark=find(listing, terms.benchmark).id if terms.benchmark else terms.benchmark,
        risk_free=find(listing, rate).id if isinstance(rate, str) else rate,
    )


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
    if not foreign:
        return ()
    known = rates_of(listing)
    if target != PIVOT:
        _rate(known, target)
    return tuple(i for i in foreign if i.quote_currency not in {PIVOT, *known})


def rates_needed(listing: Listing, instruments: Iterable[Listed], target: str | None) -> tuple[Listed, ...]:
    """The reference rates that convert these to `target`; `UsageError` for an unknown currency."""
    if target is None:
        return ()
    quoted = {i.quote_currency for i in instruments} - {target}
    wanted = sorted((quoted | {target} if quoted else set()) - {PIVOT})
    known = rates_of(listing) if wanted else {}
    return tuple(_rate(known, code) for code in wanted)


def rates_of(listing: Listing) -> dict[str, Listed]:
    """The reference rates by currency."""
    return {i.base_currency: i for i in listing.values() if i.base_currency}


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


def _rate(known: Mapping[str, Listed], code: str) -> Listed:
    if code in known:
        return known[code]
    raise UsageError(
        f"no reference rates for {code}; with rates: {', '.join([PIVOT, *sorted(known)])}. An entry in "
        f'instruments.toml with id = "{code}", asset_class = "currency" and quote_currency = "USD" adds them'
    )
