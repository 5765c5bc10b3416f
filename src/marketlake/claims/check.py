"""The headline of a claim: its own instruments, price return, each one's own year ends, nominal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..query import open_lake


@dataclass(frozen=True)
class ClaimCheck:
    """How a claim fares over one span of years."""

    claim_id: str
    statement: str
    source: str
    published: str
    a: str
    b: str
    span: str
    """`published`: the claim's own years; `rolled`: as many, up to the last complete for both."""
    first_year: int | None
    last_year: int | None
    verdict: str
    """`holds`, `holds no longer`, `does not hold` or `cannot be said`."""
    reason: str
    wins: int
    years: int
    at_least: int
    of_years: int
    snapshot: str


def read_checks(lake: Path) -> tuple[ClaimCheck, ...]:
    """The verdicts of the last build, by claim and span; raises as `marketlake.query.open_lake`."""
    with open_lake(lake) as connection:
        return checks_of(connection)


def checks_of(connection: duckdb.DuckDBPyConnection) -> tuple[ClaimCheck, ...]:
    """The rows of `claim_check` on an open lake, in the order of `claims.toml`, published before rolled."""
    names = ", ".join(f"k.{name}" for name in ClaimCheck.__dataclass_fields__)
    text = f"SELECT {names} FROM main.claim_check AS k JOIN main.claim AS c USING (claim_id)"  # noqa: S608 (names are ours)
    return tuple(
        ClaimCheck(*row) for row in connection.execute(f"{text} ORDER BY c.rowid, k.span").fetchall()
    )
