"""What `metrics` was asked, with its names looked up, as the parameters of the texts."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError
from .listing import Listed, Listing, currency_code, find, inflation_of, rates_needed, reach
from .metric_question import MetricQuestion


@dataclass(frozen=True)
class Asked:
    """A question and the instruments it needs."""

    question: MetricQuestion
    wanted: tuple[Listed, ...]
    currency: str
    bill: Listed | None
    deflator: Listed | None
    rates: tuple[Listed, ...]


def look_up(q: MetricQuestion, listing: Listing) -> Asked:
    """The instruments, the currency, the bill; `UsageError` for what is unknown or does not fit."""
    wanted = tuple(find(listing, name) for name in q.wanted)
    for instrument in wanted:
        if instrument.asset_class == "rate":
            raise UsageError(f"{instrument.id} is a yield, not a price: it has no return to measure")
    quoted = {i.quote_currency for i in wanted}
    default = quoted.pop() if len(quoted) == 1 else "USD"
    currency = currency_code(q.currency) if q.currency is not None else default
    return Asked(
        q,
        wanted,
        currency,
        _bill(listing, q.risk_free, currency),
        inflation_of(listing, currency) if q.real else None,
        rates_needed(listing, wanted, currency),
    )


def _bill(listing: Listing, risk_free: float | str, currency: str) -> Listed | None:
    if not isinstance(risk_free, str):
        return None
    bill = find(listing, risk_free)
    if bill.asset_class != "rate":
        raise UsageError(f"{bill.id} is not a yield; give a 13-week bill's, or a fraction such as 0.02")
    if bill.quote_currency != currency:
        raise UsageError(f"{bill.id} is in {bill.quote_currency}, not {currency}; give a fraction instead")
    return bill


def values_of(asked: Asked) -> dict[str, object]:
    """The parameters by name, but for the days of the window."""
    q = asked.question
    others = (i for i in (asked.bill, asked.deflator) if i is not None)
    spoilt = any(i.synthetic != "no" for i in asked.rates)
    return {
        **reach([*asked.wanted, *asked.rates, *others]),
        "wanted": [i.id for i in asked.wanted],
        "simulated": [i.id for i in asked.wanted if spoilt],
        # empty where there is none: texts and macros alike compare with it
        "benchmark": q.benchmark or "",
        "frequency": q.frequency,
        "basis": q.basis,
        "currency": asked.currency,
        "real": q.real,
        "cpi": asked.deflator.id if asked.deflator else "",
        "risk_free": 0.0 if isinstance(q.risk_free, str) else float(q.risk_free),
        "bill": asked.bill.id if asked.bill else "",
        "sessions": q.sessions,
        "annualise": None if q.annualise is None else float(q.annualise),
        "annualise_short": q.annualise_short,
        "as_of": q.as_of,
        "strict": q.strict,
    }
