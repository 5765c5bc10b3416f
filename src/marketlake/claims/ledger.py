"""The ledger: every claim with its verdicts, readings and windows, and how the verdicts changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from ..answers.result import Answer
from ..engine.reader import Reader
from ..model.errors import UsageError
from .load import KINDS
from .verdict import PUBLISHED, ROLLED, Cell, ClaimCheck, Summary, Window, overall, read_checks, summary

Rows = dict[str, list[Any]]
"""By claim, the rows of one table as objects."""


@dataclass(frozen=True)
class Entry:
    """A claim as published, today, under every reading and in every window of history."""

    computed: ClassVar = ("claim_id", "criterion", "verdict", "depends_on", "refused", "in_history")

    published: ClaimCheck
    rolled: ClaimCheck
    grid: tuple[Cell, ...]
    windows: tuple[Window, ...]

    @property
    def claim_id(self) -> str:
        return self.published.claim_id

    @property
    def criterion(self) -> str:
        """What is checked, in words."""
        return self.published.criterion

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The fields of `Cell` that make a reading of this claim."""
        return KINDS[self.published.kind].dimensions

    @property
    def verdict(self) -> str:
        """`holds`, `no longer holds`, `depends`, `does not hold` or `inconclusive`."""
        return overall(self.published, self.rolled, self.grid).verdict

    @property
    def depends_on(self) -> tuple[str, ...]:
        """What changes the verdict, one change a line; empty when nothing does."""
        return overall(self.published, self.rolled, self.grid).changes

    @property
    def refused(self) -> dict[str, int]:
        """Why readings give no verdict, with how many readings of a span each reason stops."""
        reasons = [cell.reason for cell in self.grid if not cell.judged]
        return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}

    @property
    def in_history(self) -> tuple[Summary, Summary]:
        """How often the claim held over calendar years, then over years ending in any month."""
        return summary(self.windows, self.published.of_years)


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


@dataclass(frozen=True)
class Ledger(Answer):
    """The claims of the last build and every change of their verdicts; as a table, a row a check."""

    claims: tuple[Entry, ...]
    """In the order of `claims.toml`."""
    history: tuple[Change, ...]
    """Oldest first. A claim that was taken out of `claims.toml` keeps its history."""
    snapshot: str
    origin: str

    @property
    def checks(self) -> tuple[ClaimCheck, ...]:
        """The headline of each claim as published, then over the latest whole years."""
        return tuple(check for entry in self.claims for check in (entry.published, entry.rolled))

    def lines(self) -> tuple[type[Any], Iterable[Any]]:
        """A row a check."""
        return ClaimCheck, self.checks


def read_ledger(reader: Reader, claim_id: str | None = None) -> Ledger:
    """All claims, or the one named.

    Raises `UsageError` for a claim that is neither in the last build nor in the history.
    """
    checks, history = read_checks(reader), _read_history(reader)
    known = list(dict.fromkeys(check.claim_id for check in checks))
    if claim_id is not None:
        history = tuple(change for change in history if change.claim_id == claim_id)
        if claim_id not in known and not history:
            names = ", ".join(known) or "none; add entries to claims.toml, then `marketlake build`"
            raise UsageError(f"no claim {claim_id[:64]!r} in the last build; known: {names}")
    grid, windows = _by_claim(reader, "claim_grid", Cell), _by_claim(reader, "claim_window", Window)
    spans = {(check.claim_id, check.span): check for check in checks}
    return Ledger(
        claims=tuple(_entry(name, spans, grid, windows) for name in known if claim_id in (None, name)),
        history=history,
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


def _read_history(reader: Reader) -> tuple[Change, ...]:
    names = ", ".join(Change.__dataclass_fields__)
    text = f"SELECT {names} FROM main.claim_history ORDER BY claim_id, change"  # noqa: S608 (names are ours)
    return tuple(Change(**row) for row in reader.records(text))


def _by_claim(reader: Reader, table: str, kind: type) -> Rows:
    """The rows of a table, in their order, as objects by claim."""
    names = [field.name for field in fields(kind)]
    found: Rows = {}
    text = f"SELECT claim_id, {', '.join(names)} FROM main.{table} ORDER BY rowid"  # noqa: S608 (names are ours)
    for row in reader.records(text):
        found.setdefault(row.pop("claim_id"), []).append(kind(**row))
    return found


def _entry(name: str, spans: Mapping[tuple[str, str], ClaimCheck], grid: Rows, windows: Rows) -> Entry:
    return Entry(
        published=spans[name, PUBLISHED],
        rolled=spans[name, ROLLED],
        grid=tuple(grid[name]),
        windows=tuple(windows.get(name, ())),
    )
