"""One claim of the ledger with everything that was found about it; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from ..engine.reader import Reader
from ..model.errors import UsageError
from .load import KINDS
from .verdict import PUBLISHED, ROLLED, Cell, ClaimCheck, Summary, Window, overall, read_checks, summary

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


Found = dict[str, list[Any]]


def read_ledger(reader: Reader, claim_id: str | None = None) -> tuple[Entry, ...]:
    """Every claim (or the one named) as the last build found it, in the order of `claims.toml`.

    Raises `UsageError` for a claim that is not there.
    """
    checks = read_checks(reader)
    grid, windows = _by_claim(reader, "claim_grid", Cell), _by_claim(reader, "claim_window", Window)
    spans = {(check.claim_id, check.span): check for check in checks}
    return tuple(_entry(name, spans, grid, windows) for name in _wanted(checks, claim_id))


def _wanted(checks: tuple[ClaimCheck, ...], claim_id: str | None) -> list[str]:
    names = list(dict.fromkeys(check.claim_id for check in checks))
    if claim_id is None:
        return names
    if claim_id not in names:
        known = ", ".join(names) or "none; add entries to claims.toml, then `marketlake build`"
        raise UsageError(f"no claim {claim_id[:64]!r} in the last build; known: {known}")
    return [claim_id]


def _by_claim(reader: Reader, table: str, kind: type) -> Found:
    """The rows of a table, in their order, as objects by claim."""
    names = [field.name for field in fields(kind)]
    found: Found = {}
    text = f"SELECT claim_id, {', '.join(names)} FROM main.{table} ORDER BY rowid"  # noqa: S608 (names are ours)
    for row in reader.records(text):
        found.setdefault(row.pop("claim_id"), []).append(kind(**row))
    return found


def _entry(name: str, spans: Mapping[tuple[str, str], ClaimCheck], grid: Found, windows: Found) -> Entry:
    return Entry(
        published=spans[name, PUBLISHED],
        rolled=spans[name, ROLLED],
        grid=tuple(grid[name]),
        windows=tuple(windows.get(name, ())),
    )


@dataclass(frozen=True)
class Change:
    """A row of the stored table `claim_history`."""

    claim_id: str
    change: int
    """Counts from 1 for each claim."""
    recorded_at: datetime
    snapshot: str
    a: str
    b: str
    at_least: int | None
    of_years: int
    verdict: str
    depends_on: str
    published_verdict: str
    published_wins: int | None
    rolled_verdict: str
    rolled_last_year: int | None
    rolled_wins: int | None


def read_history(reader: Reader, claim_id: str | None = None) -> tuple[Change, ...]:
    """Every change of every claim (or of the one named), oldest first.

    A claim that was taken out of `claims.toml` keeps its history.
    """
    names = ", ".join(Change.__dataclass_fields__)
    text = f"SELECT {names} FROM main.claim_history ORDER BY claim_id, change"  # noqa: S608 (names are ours)
    found = [Change(**row) for row in reader.records(text)]
    return tuple(change for change in found if claim_id in (None, change.claim_id))
