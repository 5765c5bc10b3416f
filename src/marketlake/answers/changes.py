"""The answer to `changes`: plain values, a summary and a line for each session that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ..engine.listing import Listed, find, reach, read_listing
from ..engine.reader import open_lake, records, steady, stored_files
from ..engine.sql_text import bound, chain, statement
from ..model.errors import UsageError
from .result import Rows
from .terms import check_moment, one_of

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


_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
_ALL: Final = 2**62


@steady
def changes(
    lake: Path,
    since: datetime,
    until: datetime | None = None,
    ids: Sequence[str] = (),
    *,
    kinds: Sequence[str] = (),
    most: int | None = None,
) -> Changes:
    """Each session whose values are others at `until` (None: now) than at `since`, both moments aware.

    What the lake held at a moment is what it had seen by then (strictly, by `observed_at`). Without `ids` or
    `kinds`: all of them. `most` limits the rows, not the summary.
    Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    check_span(since, until)
    if most is not None and most < 0:
        raise UsageError(f"at most {most} rows cannot be; give 0 or more")
    for kind in kinds:
        one_of("kind", kind, KINDS)
    names = list(dict.fromkeys(ids))
    with open_lake(lake) as connection, stored_files(lake):
        listing = read_listing(connection)
        keep_changes(connection, [find(listing, name) for name in names], since, until)
        chosen = list(kinds or KINDS)
        summary = records(connection, statement("query/change_summary"), {"kinds": chosen})
        rows = kept_changes(connection, chosen, most)
        values = span_values(since, until) | {"ids": names}
        settled = records(connection, statement("query/volume_settled"), values)
        snapshot, origin = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    return Changes(
        since=since,
        until=until,
        instruments=tuple(names),
        kinds=tuple(kinds),
        summary=tuple(ChangeSummary(**row) for row in summary),
        rows=rows,
        settled={row["instrument_id"]: row["sessions"] for row in settled},
        snapshot=snapshot,
        origin=origin,
    )


def check_span(since: datetime, until: datetime | None) -> None:
    """Raise `UsageError` unless both moments have a time zone and stand in their order."""
    for moment in (since, until):
        check_moment(moment, strict=False)
    if until is not None and until < since:
        raise UsageError(f"until {until} is before since {since}; swap them")


def span_values(since: datetime, until: datetime | None) -> dict[str, object]:
    """The two moments as parameters of the texts."""
    return {"since": since, "until": until or _LAST}


def keep_changes(
    connection: duckdb.DuckDBPyConnection, wanted: Sequence[Listed], since: datetime, until: datetime | None
) -> None:
    """The temporary table `change`, of these instruments or, where none is named, of all."""
    parts = {"bar_version": "query/bar_version"} if wanted else {}
    text = chain(parts, "query/change") if parts else statement("query/change")
    values = reach(wanted) | span_values(since, until)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE change AS {bound(text, values)}")


def kept_changes(
    connection: duckdb.DuckDBPyConnection, kinds: Sequence[str] = KINDS, most: int | None = None
) -> tuple[Change, ...]:
    """The rows of the temporary table `change`, by instrument and session."""
    limits = {"kinds": list(kinds), "most": _ALL if most is None else most}
    return tuple(map(change_of, records(connection, statement("query/change_row"), limits)))
