"""From the readings of a claim to one word for it, and what that word hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .check import ClaimCheck

HOLDS, LAPSED, DEPENDS = "holds", "holds no longer", "depends"
FAILS, CANNOT = "does not hold", "cannot be said"
PUBLISHED, ROLLED = "published", "rolled"

_WORDS: Final = {
    ("basis", "total"): "with total returns",
    ("sessions", "shared"): "on shared sessions",
    ("convention", "first_to_last"): "from a year's first close to its last",
    ("convention", "december_average"): "from December average to December average",
    ("worth", "real"): "after inflation",
}
_DIMENSIONS: Final = ("b", "basis", "sessions", "convention", "worth")


@dataclass(frozen=True)
class Cell:
    """A claim under one reading, in one span of years: a row of `claim_grid`."""

    span: str
    first_year: int | None
    last_year: int | None
    b: str
    basis: str
    sessions: str
    convention: str
    worth: str
    headline: bool
    verdict: str
    reason: str
    wins: int
    years: int

    @property
    def judged(self) -> bool:
        """Whether there is a verdict at all."""
        return self.verdict != CANNOT


@dataclass(frozen=True)
class Overall:
    """The word over a whole claim, and what flips it, one way a line."""

    word: str
    flips: tuple[str, ...]


def overall(published: ClaimCheck, rolled: ClaimCheck, grid: Sequence[Cell]) -> Overall:
    """Today's verdict, unless another reading gives another one, or only the later years make it hold."""
    spans = ([cell for cell in grid if cell.span == span] for span in (PUBLISHED, ROLLED))
    # the latest whole years may be the claim's own
    flips = tuple(dict.fromkeys(line for cells in spans for line in _flips(cells)))
    if published.verdict == FAILS and rolled.verdict == HOLDS:
        flips = (f"the years: it {_tells(published)}, it {_tells(rolled)}", *flips)
    return Overall(DEPENDS if flips else rolled.verdict, flips)


def _flips(cells: Sequence[Cell]) -> Iterator[str]:
    """The readings of one span that turn its headline over, each by the least that must be changed."""
    headline = next(cell for cell in cells if cell.headline)
    if not headline.judged:
        return
    held = headline.verdict == HOLDS
    turned = {_changed(c, headline): c for c in cells if c.judged and (c.verdict == HOLDS) != held}
    for changed, cell in turned.items():
        if not any(other < changed for other in turned):
            yield f"{_in_words(cell, headline)}: {_tells(cell)}"


def _changed(cell: Cell, headline: Cell) -> frozenset[tuple[str, str]]:
    pairs = ((name, getattr(cell, name)) for name in _DIMENSIONS)
    return frozenset((name, value) for name, value in pairs if value != getattr(headline, name))


def _in_words(cell: Cell, headline: Cell) -> str:
    changed = _changed(cell, headline)
    against = [f"against {cell.b}"] if cell.b != headline.b else []
    return ", ".join(against + [words for key, words in _WORDS.items() if key in changed])


def _tells(found: Cell | ClaimCheck) -> str:
    when = f"{found.first_year} to {found.last_year}"
    # of a reading on its own, "no longer" would need the other span beside it
    word = HOLDS if found.verdict == HOLDS else FAILS
    return f"{word} for {when} ({found.wins} of {found.years})"
