"""Differences between a disturbed lake and an undisturbed one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.campaign.checks import whole
from tests.campaign.lakes import table

Key = tuple[str, date]


@dataclass(frozen=True)
class Difference:
    """Rows of `bar`."""

    stored: int
    lost: int
    doubled: int
    """Stored twice, or stored where the undisturbed lake has nothing."""
    changed: int
    """With another value in any column."""
    damage: tuple[str, ...]
    """What `verify` and the revisions say."""

    @property
    def none(self) -> bool:
        return not (self.lost or self.doubled or self.changed or self.damage)


def difference(disturbed: Path, undisturbed: Path) -> Difference:
    """Compare all columns, row by row."""
    have, want = rows(disturbed), dict(rows(undisturbed))
    held = dict(have)
    doubled = sum(count - 1 for count in Counter(key for key, _ in have).values())
    return Difference(
        stored=len(have),
        lost=len(want.keys() - held.keys()),
        doubled=doubled + len(held.keys() - want.keys()),
        changed=sum(held[key] != want[key] for key in held.keys() & want.keys()),
        damage=tuple(whole(disturbed)),
    )


def rows(root: Path) -> list[tuple[Key, dict[str, Any]]]:
    """Every row as stored, with None for NaN so that rows are comparable."""
    return [((row["instrument_id"], row["session"]), row) for row in table(root, "bar").to_pylist()]
