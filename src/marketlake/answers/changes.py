"""The answer to `changes`: which sessions changed between two moments, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from ..engine.listing import Listed, find, reach, with_ids
from ..engine.reader import DuckReader
from ..engine.sql_text import chain, statement
from ..model.errors import UsageError
from ..model.terms import Terms, check_aware, one_of
from .result import Answer

FIELDS: Final = ("open", "high", "low", "close", "volume", "dividend", "split")
NEW_KINDS: Final = ("arrived", "gap_fill", "history")
"""Kinds of a session that was not stored before."""
KINDS: Final = (*NEW_KINDS, "correction", "split", "dividend", "vendor_restatement", "volume", "rounding")


_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
_ALL: Final = 2**62


@dataclass(frozen=True)
class Span:
    """Two moments with a time zone, in order; `until` None means now."""

    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        check_aware("since", self.since)
        check_aware("until", self.until)
        if self.until is not None and self.until < self.since:
            raise UsageError(f"until {self.until} is before since {self.since}; swap them")

    @property
    def values(self) -> dict[str, object]:
        """The two moments as query parameters."""
        return {"since": self.since, "until": self.until or _LAST}


@dataclass(frozen=True)
class ListedChanges:
    """Which changes to list: those of `kinds` (empty: all), at most `most` rows."""

    kinds: tuple[str, ...] = ()
    most: int | None = None

    def __post_init__(self) -> None:
        if self.most is not None and self.most < 0:
            raise UsageError(f"most is {self.most}, must be 0 or more")
        for kind in self.kinds:
            one_of("kind", kind, KINDS)


ALL_CHANGES: Final = ListedChanges()


@dataclass(frozen=True)
class FieldChange:
    """One value of a session before and after; None where there was no value."""

    name: str
    old: float | None
    new: float | None


@dataclass(frozen=True)
class Change:
    """One session whose values changed."""

    instrument_id: str
    session: date
    kind: str
    """One of `KINDS`; sql/query/change.sql defines each."""
    fields: tuple[FieldChange, ...]
    """The values that differ; for a new session, every field that has a value."""
    source: str
    seen_before: datetime | None
    """When the lake first saw the old values; None for a new session."""
    seen: datetime
    """When the lake first saw the new values."""


@dataclass(frozen=True)
class ChangeSummary:
    """The changes of one kind to one instrument."""

    instrument_id: str
    kind: str
    sessions: int
    first_session: date
    last_session: date
    first_seen: datetime
    last_seen: datetime
    largest_move: float | None
    """Largest change of a close, as a fraction; None where all sessions are new."""


@dataclass(frozen=True)
class Changes(Answer):
    """The difference between a lake at `until` (None: now) and at `since`."""

    computed = ("sessions",)

    since: datetime
    until: datetime | None
    instruments: tuple[str, ...]
    """The requested ids; empty for all."""
    kinds: tuple[str, ...]
    """The requested kinds; empty for all."""
    summary: tuple[ChangeSummary, ...]
    rows: tuple[Change, ...]
    """By instrument and session; at most the requested number."""
    settled: Mapping[str, int]
    """Per instrument, the number of volumes that settled in place in between. Their old values
    are not stored."""
    snapshot: str
    origin: str

    @property
    def sessions(self) -> int:
        """Number of sessions that changed, listed or not."""
        return sum(one.sessions for one in self.summary)


def change_of(row: Mapping[str, Any]) -> Change:
    """Convert a row of sql/query/change.sql."""
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


def changes(reader: DuckReader, terms: Terms, span: Span, *, listing: ListedChanges = ALL_CHANGES) -> Changes:
    """List the sessions whose values differ between two moments.

    `Lake.changes` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("changes")
    names = list(dict.fromkeys(with_ids(reader.listing, terms).ids))
    with reader.scratch():
        hold_changes(reader, [find(reader.listing, name) for name in names], span)
        chosen = list(listing.kinds or KINDS)
        summary = reader.records(statement("query/change_summary"), {"kinds": chosen})
        rows = held_changes(reader, chosen, listing.most)
        values = span.values | {"ids": names}
        settled = reader.records(statement("query/volume_settled"), values)
    return Changes(
        since=span.since,
        until=span.until,
        instruments=tuple(names),
        kinds=tuple(listing.kinds),
        summary=tuple(ChangeSummary(**row) for row in summary),
        rows=rows,
        settled={row["instrument_id"]: row["sessions"] for row in settled},
        snapshot=reader.about.snapshot,
        origin=reader.about.origin,
    )


def hold_changes(reader: DuckReader, wanted: Sequence[Listed], span: Span) -> None:
    """Create the temporary relation `change` for these instruments, or for all if none is given."""
    parts = {"bar_version": "query/bar_version"} if wanted else {}
    text = chain(parts, "query/change") if parts else statement("query/change")
    reader.hold("change", text, reach(wanted) | span.values)


def held_changes(
    reader: DuckReader, kinds: Sequence[str] = KINDS, most: int | None = None
) -> tuple[Change, ...]:
    """The rows of the temporary relation `change`, by instrument and session."""
    limits = {"kinds": list(kinds), "most": _ALL if most is None else most}
    return tuple(map(change_of, reader.records(statement("query/change_row"), limits)))
