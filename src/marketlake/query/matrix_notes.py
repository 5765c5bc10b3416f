"""What to know before quoting a matrix: flags of each instrument, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .compared import Asked
from .listing import Listed
from .matrix_correlation import Window
from .matrix_grid import Days, number_of
from .matrix_input import MISSING, Stored
from .notes import basis_notes, currency_notes, proxy_notes


def qualities(asked: Asked, stored: Stored, sessions: Mapping[str, Days], window: Window) -> dict[str, str]:
    """The flags of each instrument's returns in the window."""
    by_id = sorted(asked.wanted, key=lambda i: i.id)
    spoilt = any(i is not None and i.synthetic != "no" for i in (*asked.rates, asked.deflator))
    return {
        i.id: ",".join(
            (
                *_stored_flags(stored, place, sessions[i.calendar], window),
                *_own_flags(i, asked.question.basis, spoilt),
            )
        )
        for place, i in enumerate(by_id)
    }


def _stored_flags(stored: Stored, place: int, sessions: Days, window: Window) -> Iterator[str]:
    rows = np.flatnonzero(stored.missing[:, place] >= 0)
    # the first return begins at the last session before the window
    rows = rows[max(0, int(np.searchsorted(stored.days[rows], number_of(window.first))) - 1) :]
    if not len(rows):
        return
    days = stored.days[rows]
    due = sessions[(sessions >= days[0]) & (sessions <= days[-1])]
    if len(np.setdiff1d(due, days, assume_unique=True)):
        yield "gap"
    codes = stored.missing[rows, place]
    yield from (flag for code, flag in enumerate(MISSING) if code and (codes == code).any())


def _own_flags(instrument: Listed, basis: str, spoilt: bool) -> Iterator[str]:
    if instrument.price_index and basis != "price":
        yield "price_index"
    if instrument.proxy_for:
        yield "proxy"
    if spoilt or instrument.synthetic != "no":
        yield "simulated"


def matrix_notes(
    asked: Asked, wanted: Sequence[Listed], quality: Mapping[str, str], unstored: Sequence[str]
) -> tuple[str, ...]:
    """The sentences that apply, most important first."""
    return (
        *basis_notes(wanted, asked.question.basis),
        *_closes(wanted),
        *currency_notes(wanted, asked.currency),
        *proxy_notes(wanted),
        *_marked(quality),
        *([f"nothing is stored of {', '.join(unstored)}"] if unstored else []),
    )


def _closes(wanted: Sequence[Listed]) -> Iterator[str]:
    late = [i.id for i in wanted if i.calendar == "24/7"]
    if late and len(late) < len(wanted):
        yield f"a day of {' and '.join(late)} ends at midnight UTC, hours after a session of the others"


def _marked(quality: Mapping[str, str]) -> Iterator[str]:
    said = {
        "simulated": "correlations of simulated prices are made up",
        "gap": "sessions of the calendar are missing; returns span them",
        "no_rate": "no reference rate for some sessions",
        "no_price": "no price for some sessions",
        "no_cpi": "no consumer price index for some sessions",
    }
    for flag, words in said.items():
        marked = [name for name, flags in quality.items() if flag in flags.split(",")]
        if marked:
            yield f"{words} ({', '.join(marked)})"
