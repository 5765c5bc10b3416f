"""What to know before quoting a comparison, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .comparison import YearRow
from .listing import Listed


@dataclass(frozen=True)
class Context:
    """What the notes are about: the pair and how it was asked for."""

    a: Listed
    b: Listed
    currency: str
    basis: str
    rows: tuple[YearRow, ...]

    @property
    def pair(self) -> tuple[Listed, Listed]:
        return self.a, self.b


def basis_of(instrument: Listed, basis: str) -> str:
    """What the figures of an instrument are when `basis` is asked for."""
    if instrument.return_basis == "total":
        return "total"
    return "price" if instrument.price_index else basis


def notes(context: Context) -> tuple[str, ...]:
    """The sentences that apply, most important first."""
    return tuple(
        note
        for part in (_bases, _closes, _currencies, _proxies, _simulated, _incomplete)
        for note in part(context)
    )


def _bases(c: Context) -> Iterator[str]:
    figures = [(i, basis_of(i, c.basis)) for i in c.pair]
    for instrument, basis in figures:
        if instrument.price_index and c.basis != "price":
            yield f"{instrument.id} is a price index: no dividends are in it, its figures are price returns"
        elif basis != c.basis:
            yield f"{instrument.id} is stored as total return only: its distributions are in its figures"
    if figures[0][1] != figures[1][1]:
        yield "a mixture: " + " against ".join(f"{i.id} is {basis} return" for i, basis in figures)


def _closes(c: Context) -> Iterator[str]:
    round_the_clock = [i for i in c.pair if i.calendar == "24/7"]
    if len(round_the_clock) == 1:
        other = c.b if round_the_clock[0] is c.a else c.a
        yield (
            f"a day of {round_the_clock[0].id} ends at midnight UTC, hours after "
            f"a session of {other.id} ({other.calendar})"
        )


def _currencies(c: Context) -> Iterator[str]:
    for instrument in c.pair:
        if instrument.quote_currency != c.currency:
            quoted = f"{instrument.id} is quoted in {instrument.quote_currency}"
            yield f"{quoted} and converted to {c.currency} at reference rates"


def _proxies(c: Context) -> Iterator[str]:
    for instrument in c.pair:
        if instrument.proxy_for:
            yield f"{instrument.id} stands in for {instrument.proxy_for}"


def _simulated(c: Context) -> Iterator[str]:
    years = [str(row.year) for row in c.rows if "simulated" in row.quality]
    if years:
        yield f"figures marked simulated are made up and give no verdict ({', '.join(years)})"


def _incomplete(c: Context) -> Iterator[str]:
    years = [str(row.year) for row in c.rows if not row.complete]
    if years:
        yield f"not complete for both and not counted: {', '.join(years)}"
    if not c.rows:
        yield "no year is complete for both"
