"""From the readings of a claim to one word for it, and what that word hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .check import ClaimCheck, score
from .kinds import KINDS, Kind

HOLDS, LAPSED, DEPENDS = "holds", "holds no longer", "depends"
FAILS, CANNOT = "does not hold", "cannot be said"
PUBLISHED, ROLLED = "published", "rolled"


@dataclass(frozen=True)
class Cell:
    """A claim under one reading, in one span of years: a row of `claim_grid`."""

    span: str
    first_year: int | None
    last_year: int | None
    a: str
    b: str
    basis: str
    sessions: str
    convention: str | None
    """None where the kind of check does not ask about it, here and below."""
    worth: str
    rebalance: str | None
    funded_by: str | None
    risk: str | None
    headline: bool
    verdict: str
    reason: str
    wins: int | None
    years: int | None
    with_sleeve: float | None
    without_sleeve: float | None

    @property
    def judged(self) -> bool:
        """Whether there is a verdict at all."""
        return self.verdict != CANNOT

    @property
    def score(self) -> str:
        """The figures under the verdict: 5 of 6, or 0.961 against 0.782."""
        return score(self.wins, self.years, self.with_sleeve, self.without_sleeve)


@dataclass(frozen=True)
class Overall:
    """The word over a whole claim, and what flips it, one way a line."""

    word: str
    flips: tuple[str, ...]


def overall(published: ClaimCheck, rolled: ClaimCheck, grid: Sequence[Cell]) -> Overall:
    """Today's verdict, unless another reading gives another one, or only the later years make it hold."""
    spans = ([cell for cell in grid if cell.span == span] for span in (PUBLISHED, ROLLED))
    # the latest whole years may be the claim's own
    kind = KINDS[published.kind]
    flips = tuple(dict.fromkeys(line for cells in spans for line in _flips(cells, kind)))
    if published.verdict == FAILS and rolled.verdict == HOLDS:
        flips = (f"the years: it {_tells(published)}, it {_tells(rolled)}", *flips)
    return Overall(DEPENDS if flips else rolled.verdict, flips)


def _flips(cells: Sequence[Cell], kind: Kind) -> Iterator[str]:
    """The readings of one span that turn its headline over, each by the least that must be changed."""
    headline = next(cell for cell in cells if cell.headline)
    if not headline.judged:
        return
    held = headline.verdict == HOLDS
    others = [cell for cell in cells if cell.judged and (cell.verdict == HOLDS) != held]
    turned = {_changed(cell, headline, kind): cell for cell in others}
    for changed, cell in turned.items():
        if not any(other < changed for other in turned):
            value = dict(changed)
            words = [kind.change(name, value[name]) for name in kind.dimensions if name in value]
            yield f"{', '.join(words)}: {_tells(cell)}"


def _changed(cell: Cell, headline: Cell, kind: Kind) -> frozenset[tuple[str, str]]:
    pairs = ((name, getattr(cell, name)) for name in kind.dimensions)
    return frozenset((name, value) for name, value in pairs if value != getattr(headline, name))


def _tells(found: Cell | ClaimCheck) -> str:
    when = f"{found.first_year} to {found.last_year}"
    # of a reading on its own, "no longer" would need the other span beside it
    word = HOLDS if found.verdict == HOLDS else FAILS
    return f"{word} for {when} ({found.score})"
