"""The headline of a claim: the reading of it as it is worded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..query import open_lake
from ..query.connection import steady


@dataclass(frozen=True)
class ClaimCheck:
    """How a claim fares over one span of years."""

    claim_id: str
    kind: str
    statement: str
    source: str
    published: str
    a: str
    b: str
    span: str
    """`published`: the claim's own years; `rolled`: as many, up to the last that is complete."""
    first_year: int | None
    last_year: int | None
    verdict: str
    """`holds`, `holds no longer`, `does not hold` or `cannot be said`."""
    reason: str
    wins: int | None
    """None for a sleeve, whose years are judged together."""
    years: int | None
    with_sleeve: float | None
    """Return per risk; None without a sleeve or a verdict."""
    without_sleeve: float | None
    at_least: int | None
    share: float | None
    rebalance: str | None
    funded_by: str | None
    of_years: int
    snapshot: str

    @property
    def score(self) -> str:
        """The figures under the verdict: 5 of 6, or 0.961 against 0.782."""
        return score(self.wins, self.years, self.with_sleeve, self.without_sleeve)


def score(wins: int | None, years: int | None, with_sleeve: float | None, without: float | None) -> str:
    """What a verdict rests on, in figures; empty where there is none."""
    if wins is not None:
        return f"{wins} of {years}"
    if with_sleeve is None or without is None:
        return ""
    return f"{with_sleeve:.3f} against {without:.3f}"


@steady
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
