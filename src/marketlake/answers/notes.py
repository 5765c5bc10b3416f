"""What to know before quoting a comparison, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..engine.listing import Listed
from .terms import MetricQuestion

if TYPE_CHECKING:
    from .compare import ComparedYear


@dataclass(frozen=True)
class Context:
    """What the notes are about: the instruments and how they were asked for."""

    wanted: tuple[Listed, ...]
    currency: str
    basis: str
    sessions: str
    rows: tuple[ComparedYear, ...]

    @property
    def all(self) -> str:
        return "both" if len(self.wanted) == 2 else "all"


def basis_of(instrument: Listed, basis: str) -> str:
    """What the figures of an instrument are when `basis` is asked for."""
    if instrument.return_basis == "total":
        return "total"
    return "price" if instrument.price_index else basis


def notes(context: Context) -> tuple[str, ...]:
    """The sentences that apply, most important first."""
    c = context
    return (
        *basis_notes(c.wanted, c.basis),
        *_closes(c),
        *currency_notes(c.wanted, c.currency),
        *proxy_notes(c.wanted),
        *_simulated(c),
        *_incomplete(c),
    )


def basis_notes(wanted: Sequence[Listed], basis: str) -> Iterator[str]:
    """Whose figures are not what was asked for, and that the answer mixes price and total returns."""
    bases = [(i.id, basis_of(i, basis)) for i in wanted]
    for instrument, (name, own) in zip(wanted, bases, strict=True):
        if instrument.price_index and basis != "price":
            yield f"{name} is a price index: no dividends are in it, its figures are price returns"
        elif own != basis:
            yield f"{name} is stored as total return only: its distributions are in its figures"
    kinds = dict.fromkeys(own for _, own in bases)
    if len(kinds) > 1 and len(bases) == 2:
        yield "a mixture: " + " against ".join(f"{name} is {own} return" for name, own in bases)
    elif len(kinds) > 1:
        alike = (f"{kind} return of {', '.join(n for n, own in bases if own == kind)}" for kind in kinds)
        yield f"a mixture: {' against '.join(alike)}"


def _closes(c: Context) -> Iterator[str]:
    late = [i for i in c.wanted if i.calendar == "24/7"]
    others = [i for i in c.wanted if i.calendar != "24/7"]
    if late and others:
        those = f"{others[0].id} ({others[0].calendar})" if len(c.wanted) == 2 else "the others"
        names = " and ".join(i.id for i in late)
        yield f"a day of {names} ends at midnight UTC, hours after a session of {those}"
    if c.sessions == "shared" and len(c.wanted) > 2:
        yield f"shared sessions are those that all {len(c.wanted)} have"


def currency_notes(wanted: Sequence[Listed], currency: str) -> Iterator[str]:
    """Who was converted."""
    for instrument in wanted:
        if instrument.quote_currency != currency:
            quoted = f"{instrument.id} is quoted in {instrument.quote_currency}"
            yield f"{quoted} and converted to {currency} at reference rates"


def proxy_notes(wanted: Sequence[Listed]) -> Iterator[str]:
    """Who stands in for something else."""
    return (f"{i.id} stands in for {i.proxy_for}" for i in wanted if i.proxy_for)


def _simulated(c: Context) -> Iterator[str]:
    years = [str(row.year) for row in c.rows if "simulated" in row.quality]
    if years:
        yield f"figures marked simulated are made up and give no verdict ({', '.join(years)})"


def _incomplete(c: Context) -> Iterator[str]:
    years = [str(row.year) for row in c.rows if not row.complete]
    if years:
        yield f"not complete for {c.all} and not counted: {', '.join(years)}"
    if not c.rows:
        yield f"no year is complete for {c.all}"


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
        *_metric_closes(q, wanted),
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


def _metric_closes(q: MetricQuestion, wanted: Sequence[Listed]) -> Iterator[str]:
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
