"""What to know before quoting metrics, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .listing import Listed
from .metric_question import MetricQuestion
from .notes import basis_of


class Marked(Protocol):
    """A figure with its quality, flags joined by commas."""

    @property
    def instrument_id(self) -> str: ...

    @property
    def quality(self) -> str: ...


def metric_notes(
    q: MetricQuestion, wanted: Sequence[Listed], currency: str, figures: Sequence[Marked]
) -> tuple[str, ...]:
    """The sentences that apply, most important first."""
    return (
        *_bases(q, wanted),
        *_closes(q, wanted),
        *_currencies(wanted, currency),
        *(f"{i.id} stands in for {i.proxy_for}" for i in wanted if i.proxy_for),
        *_qualities(figures),
    )


def _bases(q: MetricQuestion, wanted: Sequence[Listed]) -> Iterator[str]:
    bases = {i.id: basis_of(i, q.basis) for i in wanted}
    for instrument in wanted:
        if instrument.price_index and q.basis != "price":
            yield f"{instrument.id} is a price index: no dividends are in it, its figures are price returns"
        elif bases[instrument.id] != q.basis:
            yield f"{instrument.id} is stored as total return only: its distributions are in its figures"
    if len(set(bases.values())) > 1:
        yield "a mixture: " + ", ".join(f"{name} is {basis} return" for name, basis in bases.items())


def _closes(q: MetricQuestion, wanted: Sequence[Listed]) -> Iterator[str]:
    if len(wanted) < 2:
        return
    clocks = {i.calendar == "24/7" for i in wanted}
    if clocks == {True, False}:
        names = " and ".join(i.id for i in wanted if i.calendar == "24/7")
        yield f"a day of {names} ends at midnight UTC, hours after a session of the others"
    if q.sessions == "own" and len({i.calendar for i in wanted}) > 1 and q.benchmark is not None:
        yield "figures against the benchmark are taken on the sessions that both have"


def _currencies(wanted: Sequence[Listed], currency: str) -> Iterator[str]:
    for i in wanted:
        if i.quote_currency != currency:
            yield f"{i.id} is quoted in {i.quote_currency} and converted to {currency} at reference rates"


def _qualities(figures: Sequence[Marked]) -> Iterator[str]:
    said = {
        "simulated": "figures marked simulated are made up; whole years between published year ends are not",
        "partial": "the window does not begin and end with sessions of the calendar that are stored",
        "gap": "sessions of the calendar are missing within the window; returns span them",
        "stale": "more than 5 sessions are over since the last one stored",
        "no_rate": "no reference rate for some sessions",
        "no_price": "no price for some sessions",
        "no_cpi": "no consumer price index for some sessions",
        "no_bill": "no yield of the bill for some periods, which are left out",
    }
    for flag, words in said.items():
        marked = dict.fromkeys(f.instrument_id for f in figures if flag in f.quality.split(","))
        if marked:
            yield f"{words} ({', '.join(marked)})"
