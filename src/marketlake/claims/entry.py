"""One claim of the ledger with everything that was found about it; plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from .check import ClaimCheck
from .kinds import KINDS
from .verdict import Cell, overall
from .windows import Summary, Window, summary

_CLAIM: Final = (
    "claim_id",
    "kind",
    "statement",
    "source",
    "published",
    "a",
    "b",
    "at_least",
    "share",
    "rebalance",
    "funded_by",
    "of_years",
)


@dataclass(frozen=True)
class Entry:
    """A claim as published, today, under every reading and in every window of history."""

    published: ClaimCheck
    rolled: ClaimCheck
    grid: tuple[Cell, ...]
    windows: tuple[Window, ...]

    @property
    def claim_id(self) -> str:
        return self.published.claim_id

    @property
    def asked(self) -> str:
        """What is checked, in words."""
        return KINDS[self.published.kind].asks(self.published)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The fields of `Cell` that make a reading of this claim."""
        return KINDS[self.published.kind].dimensions

    @property
    def verdict(self) -> str:
        """`holds`, `holds no longer`, `depends`, `does not hold` or `cannot be said`."""
        return overall(self.published, self.rolled, self.grid).word

    @property
    def depends_on(self) -> tuple[str, ...]:
        """What flips the verdict, one way a line; empty when nothing does."""
        return overall(self.published, self.rolled, self.grid).flips

    @property
    def refused(self) -> dict[str, int]:
        """Why readings give no verdict, with how many readings of a span each reason stops."""
        reasons = [cell.reason for cell in self.grid if not cell.judged]
        return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}

    def to_dict(self, *, grid: bool = True, windows: bool = True) -> dict[str, Any]:
        """As JSON values, with or without the long lists."""
        check = self.published
        claim = (*_CLAIM, "snapshot")
        found: dict[str, Any] = {name: getattr(check, name) for name in claim}
        found |= {"asked": self.asked, "verdict": self.verdict, "depends_on": list(self.depends_on)}
        found |= {"as_published": _span(check), "today": _span(self.rolled)}
        found |= {"readings": len(self.grid), "refused": self.refused}
        found |= {"in_history": [asdict(s) | {"text": str(s)} for s in self.summaries]}
        if grid:
            found["grid"] = [asdict(cell) for cell in self.grid]
        if windows:
            found["windows"] = [asdict(window) for window in self.windows]
        return found

    @property
    def summaries(self) -> tuple[Summary, Summary]:
        """How often the claim held over calendar years, then over years ending in any month."""
        return summary(self.windows, self.published.of_years)


def _span(check: ClaimCheck) -> dict[str, Any]:
    names = ("first_year", "last_year", "verdict", "reason", "wins", "years", "with_sleeve", "without_sleeve")
    return {name: getattr(check, name) for name in names}
