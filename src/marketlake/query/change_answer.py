"""The answer to `changes`: plain values, a summary and a line for each session that changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from .tabular import Rows

FIELDS: Final = ("open", "high", "low", "close", "volume", "dividend", "split")
NEW_KINDS: Final = ("arrived", "gap_fill", "history")
"""A session that was not held before."""
KINDS: Final = (*NEW_KINDS, "correction", "split", "dividend", "vendor_restatement", "volume", "rounding")


@dataclass(frozen=True)
class FieldChange:
    """One value of a session before and after; None where there was none."""

    name: str
    old: float | None
    new: float | None


@dataclass(frozen=True)
class Change:
    """One session whose values are others than before."""

    instrument_id: str
    session: date
    kind: str
    """One of `KINDS`; sql/query/change.sql says when each applies."""
    fields: tuple[FieldChange, ...]
    """What differs; every field that has a value where the session is new."""
    source: str
    seen_before: datetime | None
    """When the lake first saw the old values; None where the session is new."""
    seen: datetime
    """When it first saw the new ones."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        fields = {one.name: {"old": one.old, "new": one.new} for one in self.fields}
        return json_of(asdict(self)) | {"fields": fields}


@dataclass(frozen=True)
class ChangeSummary:
    """What of one kind happened to one instrument."""

    instrument_id: str
    kind: str
    sessions: int
    first_session: date
    last_session: date
    first_seen: datetime
    last_seen: datetime
    largest_move: float | None
    """By how much a close moved at most, a fraction; None where all sessions are new."""


@dataclass(frozen=True)
class Changes(Rows):
    """What a lake holds otherwise at `until` (None: now) than at `since`."""

    since: datetime
    until: datetime | None
    instruments: tuple[str, ...]
    """Those asked about; none for all."""
    kinds: tuple[str, ...]
    """Those asked for; none for all."""
    summary: tuple[ChangeSummary, ...]
    rows: tuple[Change, ...]
    """By instrument and session; at most as many as were asked for."""
    settled: Mapping[str, int]
    """By instrument, how many volumes settled in place in between: which, and from what, is not kept."""
    snapshot: str
    origin: str

    @property
    def sessions(self) -> int:
        """How many sessions changed, listed or not."""
        return sum(one.sessions for one in self.summary)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "instruments": list(self.instruments),
            "kinds": list(self.kinds),
            "sessions": self.sessions,
            "summary": [json_of(asdict(one)) for one in self.summary],
            "rows": [row.to_dict() for row in self.rows],
            "settled": dict(self.settled),
            "snapshot": self.snapshot,
            "origin": self.origin,
        }


def change_of(row: Mapping[str, Any]) -> Change:
    """From a row of sql/query/change.sql."""
    new = row["kind"] in NEW_KINDS
    differing = set(row["fields"].split(","))
    fields = tuple(
        FieldChange(name, row[f"old_{name}"], row[f"new_{name}"])
        for name in FIELDS
        if name in differing and not (new and row[f"new_{name}"] is None)
    )
    return Change(
        instrument_id=row["instrument_id"],
        session=row["session"],
        kind=row["kind"],
        fields=fields,
        source=row["source"],
        seen_before=row["seen_before"],
        seen=row["seen"],
    )


def json_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Days and moments as ISO text."""
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}
