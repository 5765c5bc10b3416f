"""File names, tables and paths of a lake, without Arrow, so that a query need not load it.

Paths are relative to the lake's folder and use `/`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

SCHEMA_VERSION: Final = 1
"""Of the stored tables."""
MANIFEST: Final = "manifest.json"
PENDING: Final = "manifest.next.json"
"""The manifest of a commit that is being carried out."""
LOCK: Final = ".lock"
HOLDER: Final = ".lock.holder"
"""Who holds the lock; there while it is held."""
DATABASE: Final = "market.duckdb"
PAGE: Final = "report.html"
STAGED: Final = ".staged"
"""Suffix of a file that is complete but not yet in its place."""
IN_FLIGHT: Final = ".staged/"
"""In a bucket, the prefix of files that are not yet in their places."""
REMOVED: Final = "removed"
"""Stands for the digest of a file that a commit removes."""
_DAMAGED: Final = ".damaged"
RAW: Final = "raw/"
"""The folder of the raw batches."""
BATCHES: Final = "raw/*/*.parquet"
"""Matches every raw batch."""

PLACE: Final = re.compile(
    r"[a-z_]+/(asset_class=[\w.-]+/year=\d+|month=[\d-]+)/part\.parquet|raw/day=[\d-]+/[\w.-]+\.parquet"
)
"""Where a table's file or a batch may be."""
PRICES: Final = ("bar", "revision")
"""The tables of prices; all others are records or derived."""
INTERNAL: Final = "internal_"
"""Begins the names of marts that users do not read, because they look ahead; in `market.duckdb` they
are in the schema `internal`."""
MARTS: Final = ("daily_return", "year_state", "year_level", "internal_fall", "internal_close")
"""The tables derived from the bars."""
YEARLY: Final = (*PRICES, *MARTS)
"""Tables partitioned by asset class and year."""
MONTHLY: Final = (
    "run",
    "quarantine",
    "finding",
    "gap",
    "correction",
    "claim_history",
    "reconciliation",
    "reconciliation_pair",
)
"""Tables partitioned by month."""


def yearly(table: str, asset_class: str, year: int) -> str:
    """The file of one asset class and year."""
    return f"{table}/asset_class={asset_class}/year={year}/part.parquet"


def monthly(table: str, day: date) -> str:
    """The file of one month."""
    return f"{table}/month={day:%Y-%m}/part.parquet"


def raw(day: date, batch_id: str) -> str:
    """The file of one raw batch."""
    return f"raw/day={day.isoformat()}/{batch_id}.parquet"


def staged(path: str) -> str:
    """Where the file is until it takes its place.

    The dot keeps it from tools that read a whole folder, as Arrow and Spark do.
    """
    return _hidden(path, STAGED)


def in_flight(commit: int, digest: str, path: str) -> str:
    """In a bucket, where a file is from before the commit that follows `commit` until it is in its
    place."""
    return f"{IN_FLIGHT}{commit}/{digest}/{path}"


def set_aside(path: str) -> str:
    """Where a file that cannot be read is moved."""
    return _hidden(path, _DAMAGED)


def _hidden(path: str, suffix: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}{suffix}"


def placeholders() -> dict[str, str]:
    """Each table's file with no rows, which is there from the start so that a glob always
    matches."""
    return {
        table: yearly(table, "none", 1970) if table in YEARLY else monthly(table, date(1970, 1, 1))
        for table in (*YEARLY, *MONTHLY)
    }


def year_of(path: str) -> int:
    """The year of a yearly partition's path."""
    return int(path.split("/year=")[1].split("/")[0])


def asset_class_of(path: str) -> str:
    """The asset class of a yearly partition's path."""
    return path.split("/asset_class=")[1].split("/")[0]
