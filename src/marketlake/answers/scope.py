"""The scope of an answer: its terms with all names resolved, as query parameters."""

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
    unconverted,
)
from ..engine.reader import Reader
from ..model.errors import EmptyLakeError, UsageError
from ..model.location import shown
from ..model.terms import BASES, Terms, one_of


@dataclass(frozen=True)
class Scope:
    """Terms, and the instruments that the answer needs."""

    terms: Terms
    wanted: tuple[Listed, ...]
    """The instruments in the requested order, the benchmark last."""
    currency: str
    rates: tuple[Listed, ...]
    """Reference rates for the conversion to the currency."""
    unconverted: tuple[Listed, ...]
    """Instruments that have none: their figures are missing, with quality `no_rate`."""
    deflator: Listed | None
    bill: Listed | None

    @property
    def bases(self) -> dict[str, str]:
        """The basis of each instrument: price or total where the requested basis does not exist
        for it."""
        return {i.id: basis_of(i, self.terms.basis) for i in self.wanted}

    @property
    def converts(self) -> bool:
        """Whether any figure is not in its instrument's own currency."""
        return bool(self.rates or self.unconverted)

    @property
    def as_stored(self) -> bool:
        """Whether years are those of the table `calendar_year_return`."""
        t = self.terms
        return not (self.converts or t.real or t.as_of) and t.sessions == "own"

    @property
    def bars(self) -> str:
        """The SQL file of the bars: the current ones, or those known at the as-of moment."""
        return "query/bar_as_of" if self.terms.as_of else "query/bar_now"

    def values(self, *, simulated: list[str] | None = None) -> dict[str, object]:
        """Query parameters by name; `simulated` are the instruments with simulated figures only."""
        t = self.terms
        others = [i for i in (self.bill, self.deflator) if i is not None]
        via_simulated = [i.id for i in self.wanted] if any(i.synthetic != "no" for i in self.rates) else []
        return {
            **reach([*self.wanted, *self.rates, *others]),
            "wanted": [i.id for i in self.wanted],
            "simulated": via_simulated if simulated is None else simulated,
            # empty if there is none: SQL files and macros compare with the empty text
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


def resolve(listing: Listing, terms: Terms, *, fewest: int = 2) -> Scope:
    """Resolve instruments, currency and conversion rates; `UsageError` for what has no return.

    An instrument without a reference rate stays in where `fewest` others can be converted.
    """
    one_of("basis", terms.basis, BASES)
    wanted = tuple(find(listing, name) for name in terms.named)
    for instrument in wanted:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price, so it has no return")
    currency = currency_of(wanted) if terms.currency is None else currency_code(terms.currency)
    without = unconverted(listing, wanted, currency)
    convertible = [i for i in wanted if i not in without]
    if len({i.id for i in convertible}) < fewest:
        without, convertible = (), list(wanted)
    return Scope(
        terms,
        wanted,
        currency,
        rates_needed(listing, convertible, currency),
        without,
        inflation_of(listing, currency) if terms.real else None,
        _bill(listing, terms.risk_free, currency),
    )


def basis_of(instrument: Listed, basis: str) -> str:
    """The basis of an instrument's figures when `basis` is requested."""
    if instrument.return_basis == "total":
        return "total"
    return "price" if instrument.price_index else basis


def no_bars(reader: Reader, instrument_id: str, terms: Terms) -> EmptyLakeError:
    """The error for an instrument without bars."""
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
        raise UsageError(f"{bill.id} is not a yield; give a 13-week bill, or a fraction such as 0.02")
    if bill.quote_currency != currency:
        raise UsageError(f"{bill.id} is in {bill.quote_currency}, not {currency}; give a fraction instead")
    return bill
