"""From a lake to the page: everything is gathered, then put into the template."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ..claims import Entry, read_ledger
from ..errors import EmptyLakeError
from ..query import Comparison, compare, open_lake
from ..query.connection import steady, stored_files
from . import series, state, words
from .claim_part import ClaimPart, hero, judged
from .columns import Pack
from .fill import fill
from .sleeve import sleeves

_EPOCH: Final = date(1970, 1, 1)
Row = dict[str, Any]


@dataclass(frozen=True)
class Embedded:
    """The series of the page and what is to be known of them."""

    data: str
    """Base64: what `page/decode.js` reads."""
    labels: Mapping[str, str]
    """Of each instrument, a name for charts."""
    first_year: int | None
    """The year from which prices are embedded; None: all."""
    monthly: int
    """Instruments that are embedded by the ends of months alone."""
    simulated: bool


@dataclass(frozen=True)
class Content:
    """What the template is filled with."""

    hero: ClaimPart | None
    ledger: Sequence[Entry]
    sleeves: Sequence[Row]
    state: Sequence[Row]
    embedded: Embedded
    snapshot: str
    origin: str
    built_at: datetime


@steady
def report(lake: Path, *, room: int = series.ROOM) -> str:
    """The page of a lake, as HTML; the same snapshot gives the same page.

    `room`: how many bars are embedded day by day at most, besides those of claims and reference rates.
    Raises as `marketlake.query.open_lake`.
    """
    ledger = read_ledger(lake)
    first = _wins(lake, ledger)
    part = hero(*first) if first else None
    plans = sleeves(lake, ledger)
    with open_lake(lake) as connection, stored_files(lake):
        about = connection.execute("SELECT snapshot, origin, built_at FROM main.lake").fetchone()
        snapshot, origin, built_at = about or ("", "", datetime.fromtimestamp(0, UTC))
        named = {name for entry in ledger for name in (entry.published.a, entry.published.b)}
        header = {
            "built": (built_at.date() - _EPOCH).days,
            "spans": [vars(span) for span in part.spans] if part else [],
            "sleeves": plans,
        }
        embedded = _embedded(connection, part, named, header, room)
        found = state.read_state(connection)
    return fill(Content(part, ledger, plans, found, embedded, snapshot, origin, built_at))


def _embedded(
    connection: duckdb.DuckDBPyConnection,
    part: ClaimPart | None,
    named: Collection[str],
    header: Mapping[str, Any],
    room: int,
) -> Embedded:
    """What the page computes from; `EmptyLakeError` where there are no two instruments to compare."""
    needed = min((span.first for span in part.spans), default=9999) if part else 9999
    first_year = series.first_year(connection, needed, room)
    start = series.since(first_year)
    listed = series.read_instruments(connection, start)
    if len(listed) < 2:
        raise EmptyLakeError(
            "fewer than two instruments are stored that could be compared; run `marketlake run`"
        )
    labels = {i["id"]: words.label(i["name"], i["id"]) for i in listed}
    pack = Pack()
    instruments = series.embed(connection, pack, listed, series.daily(listed, named, room), start)
    more = {
        "instruments": [i | {"label": labels[i["id"]]} for i in instruments],
        "calendars": series.calendars(connection, pack),
        "first_year": first_year,
        "start": _start(part, instruments),
    }
    return Embedded(
        data=pack.text({**header, **more}),
        labels=labels,
        first_year=first_year,
        monthly=sum("monthly" in i for i in instruments),
        simulated=any(i["synthetic"] != "no" for i in instruments),
    )


def _wins(lake: Path, ledger: Sequence[Entry]) -> tuple[Entry, Comparison] | None:
    """The first claim about years won of which any could be judged: what the page opens with."""
    for entry in ledger:
        spans = [check for check in (entry.published, entry.rolled) if judged(check)]
        if spans:
            first = min(c.first_year or 0 for c in spans)
            last = max(c.last_year or 0 for c in spans)
            check = entry.published
            return entry, compare(lake, check.a, check.b, first_year=first, last_year=last)
    return None


def _start(part: ClaimPart | None, instruments: Sequence[Row]) -> Row:
    """What the reader's choice is at first; without years the page takes what both have."""
    if part is None:
        return {"a": instruments[0]["id"], "b": instruments[1]["id"]}
    c = part.comparison
    years = [row.year for row in c.rows]
    return {"a": c.a, "b": c.b, "first": years[0], "last": years[-1], "currency": c.currency}
