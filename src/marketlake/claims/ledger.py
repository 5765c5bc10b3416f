"""Reading the ledger of the last build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb

from ..errors import UsageError
from ..query import open_lake
from ..query.connection import steady, stored_files
from .check import ClaimCheck, checks_of
from .entry import Entry
from .verdict import PUBLISHED, ROLLED, Cell
from .windows import Window

Found = dict[str, list[Any]]


@steady
def read_ledger(lake: Path, claim_id: str | None = None) -> tuple[Entry, ...]:
    """Every claim (or the one named) as the last build found it, in the order of `claims.toml`.

    Raises `UsageError` for a claim that is not there, else as `marketlake.query.open_lake`.
    """
    with open_lake(lake) as connection, stored_files(lake):
        checks = checks_of(connection)
        grid = _by_claim(connection, "claim_grid", Cell)
        windows = _by_claim(connection, "claim_window", Window)
    spans = {(check.claim_id, check.span): check for check in checks}
    return tuple(_entry(name, spans, grid, windows) for name in _wanted(checks, claim_id))


def _wanted(checks: tuple[ClaimCheck, ...], claim_id: str | None) -> list[str]:
    names = list(dict.fromkeys(check.claim_id for check in checks))
    if claim_id is None:
        return names
    if claim_id not in names:
        known = ", ".join(names) or "none; add entries to claims.toml, then `marketlake build`"
        raise UsageError(f"no claim {claim_id[:64]!r} in the last build; known: {known}")
    return [claim_id]


def _by_claim(connection: duckdb.DuckDBPyConnection, table: str, kind: type) -> Found:
    """The rows of a table, in their order, as objects by claim."""
    names = [field.name for field in fields(kind)]
    found: Found = {}
    text = f"SELECT claim_id, {', '.join(names)} FROM main.{table} ORDER BY rowid"  # noqa: S608 (names are ours)
    for claim_id, *values in connection.execute(text).fetchall():
        found.setdefault(claim_id, []).append(kind(*values))
    return found


def _entry(name: str, spans: Mapping[tuple[str, str], ClaimCheck], grid: Found, windows: Found) -> Entry:
    return Entry(
        published=spans[name, PUBLISHED],
        rolled=spans[name, ROLLED],
        grid=tuple(grid[name]),
        windows=tuple(windows.get(name, ())),
    )
