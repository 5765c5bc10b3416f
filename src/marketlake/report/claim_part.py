"""What the page opens with: a claim, its verdict as published and today, and the bars."""

from __future__ import annotations

from dataclasses import dataclass

from ..claims import HOLDS, ClaimCheck, Entry
from ..query import Comparison
from . import words
from .bars import Span, draw


@dataclass(frozen=True)
class ClaimPart:
    """A claim with the comparison that it is about."""

    entry: Entry
    comparison: Comparison
    spans: tuple[Span, ...]

    def bars(self, a_label: str, b_label: str) -> str:
        """The first picture."""
        return draw(self.comparison, a_label, b_label, self.spans)


def hero(entry: Entry, comparison: Comparison) -> ClaimPart:
    """The part, with a bracket for each span that was judged."""
    checks = {"as published": entry.published, "today": entry.rolled}
    if entry.published.first_year == entry.rolled.first_year:
        checks = {"as published, and today": entry.published}
    spans = tuple(_span(when, check) for when, check in checks.items() if judged(check))
    return ClaimPart(entry, comparison, spans)


def judged(check: ClaimCheck) -> bool:
    """Whether it counts years won, and there was one that could be counted."""
    return check.wins is not None and bool(check.years)


def _span(when: str, check: ClaimCheck) -> Span:
    mark = "holds" if check.verdict == HOLDS else "does not hold"
    return Span(check.first_year or 0, check.last_year or 0, f"{when}: {words.score(check)}, {mark}")
