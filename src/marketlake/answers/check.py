"""All checks over what is stored: bars, what was put aside, and the lake as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ..engine.checks import FAIL, WARN, of_lake, of_rows, recorded
from ..engine.listing import find, read_listing
from ..engine.reader import open_lake, records, run, steady, stored_files
from ..engine.sql_text import bound, constant, statement
from .result import Rows
from .terms import one_of

SEVERITIES: Final = (FAIL, WARN)
_SLICE: Final = 1_000_000
"""Stored rows checked together, at least: about 250 MB."""


@dataclass(frozen=True)
class Finding:
    """What one check has found."""

    severity: str
    """`fail`: wrong or put aside; `warn`: stored and odd."""
    check: str
    instrument_id: str
    session: date
    message: str
    source: str
    """Which source served it; empty where it is about the lake."""
    seen_at: datetime
    remedy: str


@dataclass(frozen=True)
class LakeCheck(Rows):
    """The answer to `check`, newest session first."""

    in_rows = "findings"

    findings: tuple[Finding, ...]
    snapshot: str
    origin: str

    @property
    def severe(self) -> int:
        """How many findings are failures."""
        return sum(one.severity == FAIL for one in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        rows = [
            asdict(one) | {"session": one.session.isoformat(), "seen_at": one.seen_at.isoformat()}
            for one in self.findings
        ]
        return {"findings": rows, "severe": self.severe, "snapshot": self.snapshot, "origin": self.origin}


@steady
def check_lake(
    lake: Path,
    ids: Sequence[str] = (),
    *,
    severity: str | None = None,
    since: date | None = None,
    now: datetime | None = None,
) -> LakeCheck:
    """Run every check over the stored rows of `ids` (all when empty), on sessions from `since` on.

    `severity` narrows to `fail` or `warn`; `now`, aware, is what lateness is measured by (None: when
    market.duckdb was built). Bars are stored as traded, so the checks of served rows apply as they are.
    Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    if severity is not None:
        one_of("severity", severity, SEVERITIES)
    severities = list(SEVERITIES) if severity is None else [severity]
    with open_lake(lake) as connection, stored_files(lake):
        listing = read_listing(connection)
        names = sorted({find(listing, name).id for name in ids})
        _find(connection, names, now)
        asked = {"ids": names, "severities": severities, "since": since or date(1, 1, 1)}
        rows = records(connection, statement("check_result/chosen"), asked)
        snapshot, origin = connection.execute("SELECT snapshot, origin FROM main.lake").fetchone() or ("", "")
    return LakeCheck(tuple(Finding(**row) for row in rows), snapshot, origin)


def _find(connection: duckdb.DuckDBPyConnection, names: Sequence[str], now: datetime | None) -> None:
    """The temporary relation `check_result`: what all checks find."""
    moment = constant(now) if now else "(SELECT built_at FROM main.lake)"
    connection.execute(f"CREATE TEMP TABLE found AS {recorded('quarantined')}")
    # of the checks that are made again, what was noted is history
    again = "SELECT \"check\" FROM quality_check WHERE looks_at = 'bar'"
    connection.execute(f'INSERT INTO found FROM ({recorded("noted")}) WHERE "check" NOT IN ({again})')
    connection.execute(f"INSERT INTO found {of_lake(moment)}")
    connection.execute(f"CREATE TEMP VIEW subject AS {statement('check_input/stored_subject')}")
    for first, last in _slices(connection, names):
        text = bound(statement("check_input/stored_row"), {"first": first, "last": last})
        connection.execute(f"CREATE OR REPLACE TEMP VIEW unchecked AS {text}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {statement('check_input/checked')}")
        connection.execute(f"INSERT INTO found {of_rows()}")
    connection.execute(f"CREATE TEMP VIEW check_result AS {statement('check_result/check_result')}")


def _slices(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The first and the last instrument of each slice, in order; instruments asked for stand alone."""
    counts = run(connection, statement("check_input/stored_count"), {"ids": list(names)}).fetchall()
    if names:
        yield from ((name, name) for name, _ in counts)
        return
    first, rows = None, 0
    for name, count in counts:
        first, rows = first or name, rows + count
        if rows >= _SLICE or name == counts[-1][0]:
            yield first, name
            first, rows = None, 0
