"""How the verdicts on a claim have changed from build to build, each with the snapshot it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..query import open_lake
from ..query.connection import steady, stored_files


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


@steady
def read_history(lake: Path, claim_id: str | None = None) -> tuple[Change, ...]:
    """Every change of every claim (or of the one named), oldest first; raises as `open_lake`.

    A claim that was taken out of `claims.toml` keeps its history.
    """
    names = ", ".join(Change.__dataclass_fields__)
    text = f"SELECT {names} FROM main.claim_history ORDER BY claim_id, change"  # noqa: S608 (names are ours)
    with open_lake(lake) as connection, stored_files(lake):
        found = [Change(*row) for row in connection.execute(text).fetchall()]
    return tuple(change for change in found if claim_id in (None, change.claim_id))
