"""What changed between two moments and why, from the versions of the bars alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from ..errors import UsageError
from .change_answer import KINDS, Change, Changes, ChangeSummary, change_of
from .connection import open_lake, records, steady, stored_files
from .listing import Listed, find, reach, read_listing
from .question import check_moment, one_of
from .text import bound, chain, statement

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
