"""Notes on an answer: what a reader must know before quoting it, most important first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from ..engine.listing import Listed
from .scope import Scope, basis_of

_NAMED: Final = 8
FLAGS: Final[Mapping[str, str]] = {
    "simulated": "figures marked simulated are made up and give no verdict",
    "partial": "the calendar's sessions at the start or end of the window are not stored",
    "gap": "sessions of the calendar are missing within the window; returns span them",
    "suspect": "a check doubts a price, split or dividend that these figures rest on",
    "stale": "the last stored session is more than 5 sessions old",
    "no_rate": "no reference rate for some sessions",
    "no_price": "no price for some sessions",
    "no_cpi": "no consumer price index for some sessions",
    "no_bill": "no yield of the bill for some periods; these are left out",
    "price_index": "a price index without dividends: its figures are price returns",
    "proxy": "is a proxy for something else",
}
"""The meaning of each quality flag."""


class Marked(Protocol):
    """A figure with quality flags joined by commas."""

    @property
    def instrument_id(self) -> str: ...

    @property
    def quality(self) -> str: ...


def scope_notes(scope: Scope, wanted: Sequence[Listed] | None = None) -> Iterator[str]:
    """The notes on the instruments and the terms; `wanted` are those in the answer (default:
    all)."""
    answered = scope.wanted if wanted is None else wanted
    yield from _bases(answered, scope.terms.basis)
    yield from _closes(answered, scope.terms.sessions)
    for one in answered:
        if one in scope.unconverted:
            yield f"{one.id} is quoted in {one.quote_currency}, for which there are no reference rates"
        elif one.quote_currency != scope.currency:
            quoted = f"{one.id} is quoted in {one.quote_currency}"
            yield f"{quoted} and converted to {scope.currency} at reference rates"
    yield from (f"{one.id} is a proxy for {one.proxy_for}" for one in answered if one.proxy_for)


def flag_notes(figures: Iterable[Marked], flags: Iterable[str]) -> Iterator[str]:
    """The meaning of each of `flags`, with the instruments that have it."""
    marks = [(figure.instrument_id, figure.quality.split(",")) for figure in figures]
    for flag in flags:
        marked = dict.fromkeys(name for name, own in marks if flag in own)
        if marked:
            yield f"{FLAGS[flag]} ({some_of(list(marked))})"


def some_of(names: Sequence[str]) -> str:
    """The names; of a long list, the first few and the number of the others."""
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more:,} more"


def _bases(wanted: Sequence[Listed], basis: str) -> Iterator[str]:
    """Instruments that are not on the requested basis, and a mix of price and total returns."""
    bases = [(i.id, basis_of(i, basis)) for i in wanted]
    for instrument, (name, own) in zip(wanted, bases, strict=True):
        if instrument.price_index and basis != "price":
            yield f"{name} is a price index without dividends: its figures are price returns"
        elif own != basis:
            yield f"{name} is stored as total return only: its figures include distributions"
    kinds = dict.fromkeys(own for _, own in bases)
    if len(kinds) > 1:
        groups = (f"{kind} return of {', '.join(n for n, own in bases if own == kind)}" for kind in kinds)
        yield f"a mixture: {' against '.join(groups)}"


def _closes(wanted: Sequence[Listed], sessions: str) -> Iterator[str]:
    late = [i.id for i in wanted if i.calendar == "24/7"]
    others = [i for i in wanted if i.calendar != "24/7"]
    if late and others:
        those = f"{others[0].id} ({others[0].calendar})" if len(wanted) == 2 else "the others"
        yield f"a day of {' and '.join(late)} ends at midnight UTC, hours after a session of {those}"
    if sessions == "shared" and len(wanted) > 2:
        yield f"shared sessions are those that all {len(wanted)} instruments have"
