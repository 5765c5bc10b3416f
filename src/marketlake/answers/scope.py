"""What an answer reads: the terms with their names looked up, as parameters of the texts."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine.listing import (
    Listed,
    Listing,
    currency_code,
    currency_of,
    find,
    inflation_of,
    rates_needed,
    reach,
)
from ..engine.reader import Reader
from ..model.errors import EmptyLakeError, UsageError
from ..model.location import shown
from ..model.terms import Terms


@dataclass(frozen=True)
class Scope:
    """Terms, and the instruments that answering them needs."""

    terms: Terms
    wanted: tuple[Listed, ...]
    """The instruments in the order named, the benchmark last."""
    currency: str
    rates: tuple[Listed, ...]
    """Reference rates that convert them to the currency."""
    deflator: Listed | None
    bill: Listed | None

    @property
    def bases(self) -> dict[str, str]:
        """What each one's figures are: price or total where the basis asked for does not exist for it."""
        return {i.id: basis_of(i, self.terms.basis) for i in self.wanted}

    @property
    def bars(self) -> str:
        """The text of the bars that could be known."""
        return "query/bar_as_of" if self.terms.as_of else "query/bar_now"

    def values(self, *, simulated: list[str] | None = None) -> dict[str, object]:
        """The parameters by name; `simulated` are the instruments none of whose figures is a fact."""
        t = self.terms
        others = [i for i in (self.bill, self.deflator) if i is not None]
        spoilt = [i.id for i in self.wanted] if any(i.synthetic != "no" for i in self.rates) else []
        return {
            **reach([*self.wanted, *self.rates, *others]),
            "wanted": [i.id for i in self.wanted],
            "simulated": spoilt if simulated is None else simulated,
            # empty where there is none: texts and macros alike compare with it
            "benchmark": t.benchmark or "",
            "frequency": t.frequency,
            "basis": t.basis,
            "convention": t.convention,
            "currency": self.currency,
            "real": t.real,
            "cpi": self.deflator.id if self.deflator else "",
            "risk_free": 0.0 if t.risk_free is None or isinstance(t.risk_free, str) else float(t.risk_free),
            "bill": self.bill.id if self.bill else "",
            "sessions": t.sessions,
            "annualise": None if t.annualise is None else float(t.annualise),
            "annualise_short": False,
            "as_of": t.as_of,
            "strict": t.strict,
        }


def resolve(listing: Listing, terms: Terms) -> Scope:
    """The instruments, the currency and what converts to it; `UsageError` for what has no return."""
    wanted = tuple(find(listing, name) for name in terms.named)
    for instrument in wanted:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price: it has no return")
    currency = currency_of(wanted) if terms.currency is None else currency_code(terms.currency)
    return Scope(
        terms,
        wanted,
        currency,
        rates_needed(listing, wanted, currency),
        inflation_of(listing, currency) if terms.real else None,
        _bill(listing, terms.risk_free, currency),
    )


def basis_of(instrument: Listed, basis: str) -> str:
    """What the figures of an instrument are when `basis` is asked for."""
    if instrument.return_basis == "total":
        return "total"
    return "price" if instrument.price_index else basis


def no_bars(reader: Reader, instrument_id: str, terms: Terms) -> EmptyLakeError:
    """The error of an instrument without a bar."""
    when = f" by {terms.as_of.isoformat()}" if terms.as_of else ""
    if not reader.records("SELECT 1 AS one FROM main.bar LIMIT 1"):
        return EmptyLakeError(f"no bars are stored in {shown(reader.lake)} yet; run `marketlake run`")
    return EmptyLakeError(
        f"no bars of {instrument_id} are stored in {shown(reader.lake)}{when}; run `marketlake run`"
    )


def _bill(listing: Listing, risk_free: float | str | None, currency: str) -> Listed | None:
    if not isinstance(risk_free, str):
        return None
    bill = find(listing, risk_free)
    if bill.asset_class != "rate":
        raise UsageError(f"{bill.id} is not a yield; give a 13-week bill's, or a fraction such as 0.02")
    if bill.quote_currency != currency:
        raise UsageError(f"{bill.id} is in {bill.quote_currency}, not {currency}; give a fraction instead")
    return bill
