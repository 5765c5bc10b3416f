"""The tables of the claims in `market.duckdb`: what is claimed, what may be meant, and the
verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ..engine.build import Fill, arrow_table, create_table, define
from ..engine.reader import reader_of
from ..engine.sql_text import chain, statement
from ..model.instruments import Universe
from .claim import REBALANCING, Claim, SleeveClaim, WinsClaim
from .sleeve import evaluate, first_beside
from .sleeve_tables import sleeve_tables

_CLAIM: Final = {
    "claim_id": pa.string(),
    "kind": pa.string(),
    "statement": pa.string(),
    "source": pa.string(),
    "published": pa.string(),
    "a": pa.string(),
    "b": pa.string(),
    "at_least": pa.int32(),
    "share": pa.float64(),
    "rebalance": pa.string(),
    "funded_by": pa.string(),
    "of_years": pa.int32(),
    "first_year": pa.int32(),
    "last_year": pa.int32(),
}
_CLAIM_OPPONENT: Final = {
    "claim_id": pa.string(),
    "place": pa.int32(),
    "a": pa.string(),
    "b": pa.string(),
    "cpi": pa.string(),
}
_CLAIM_PLAN: Final = {
    "claim_id": pa.string(),
    "place": pa.int32(),
    "variant": pa.int32(),
    "a": pa.string(),
    "b": pa.string(),
    "rebalance": pa.string(),
    "rebalance_months": pa.int32(),
    "funded_by": pa.string(),
    "cpi": pa.string(),
    "bill": pa.string(),
}
_CLAIM_WEIGHT: Final = {
    "claim_id": pa.string(),
    "place": pa.int32(),
    "variant": pa.int32(),
    "instrument_id": pa.string(),
    "with_weight": pa.float64(),
    "without_weight": pa.float64(),
}

CLAIM_MARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "mart/claim_grid": {
        "bar": "mart/claim_bar",
        "return_index": "view/return_index",
        "claim_inflation": "mart/claim_inflation",
        "claim_side": "mart/claim_side",
        "level": "mart/claim_level",
        # from here on the names mean the pairs and the sessions they share; main.* are the stored
        # relations
        "calendar_session": "mart/claim_session",
        "instrument": "mart/claim_instrument",
        "suspect_session": "mart/claim_suspect",
        "calendar_year": "mart/calendar_year",
        "year_level": "mart/year_level",
        "calendar_year_return": "mart/calendar_year_return",
        "claim_year": "mart/claim_year",
        "claim_wins_grid": "mart/claim_wins_grid",
    },
    "mart/claim_check": {},
    "mart/claim_window": {
        "bar": "mart/claim_bar",
        "return_index": "view/return_index",
        "level": "mart/level",
        "claim_wins_window": "mart/claim_wins_window",
    },
}
"""By text: what stands in for the stored relations that it reads; in order."""
SCRATCH: Final = ("claim_sleeve_grid", "claim_sleeve_window")
"""Tables that only those texts read, so they are not stored."""

Row = tuple[object, ...]


def fill_claims(claims: Sequence[Claim], universe: Universe) -> Fill:
    """What adds the claims and their verdicts to the database that is built."""
    sleeves = [claim for claim in claims if isinstance(claim, SleeveClaim)]

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        for table, rows in claim_tables(claims, universe).items():
            create_table(connection, table, rows)
        for table, rows in _sleeve_tables(connection, sleeves).items():
            if table in SCRATCH:
                connection.register(table, rows)
            else:
                create_table(connection, table, rows)
        for name, before in CLAIM_MARTS.items():
            define(connection, "TABLE", name, chain(before, name) if before else statement(name))
        for table in SCRATCH:
            connection.unregister(table)

    return fill


def _sleeve_tables(
    connection: duckdb.DuckDBPyConnection, claims: Sequence[SleeveClaim]
) -> Mapping[str, pa.Table]:
    [(root,)] = connection.execute("SELECT root FROM main.lake").fetchall()
    reader = reader_of(connection, Path(root))
    return sleeve_tables(evaluate(reader, claims))


def claim_tables(claims: Sequence[Claim], universe: Universe) -> dict[str, pa.Table]:
    """By name: `claim`, `claim_opponent` (what b may mean), `claim_plan` and `claim_weight`."""
    sleeves = [claim for claim in claims if isinstance(claim, SleeveClaim)]
    return {
        "claim": arrow_table(_CLAIM, [_claim(claim) for claim in claims]),
        "claim_opponent": arrow_table(_CLAIM_OPPONENT, _opponents(claims, universe)),
        "claim_plan": arrow_table(_CLAIM_PLAN, _plans(sleeves, universe)),
        "claim_weight": arrow_table(_CLAIM_WEIGHT, _weights(sleeves)),
    }


def _claim(claim: Claim) -> Row:
    about = (claim.id, claim.kind, claim.statement, claim.source, claim.published)
    span = (claim.of_years, claim.first_year, claim.last_year)
    match claim:
        case WinsClaim():
            return (*about, claim.a, claim.b, claim.at_least, None, None, None, *span)
        case SleeveClaim():
            plan = next(claim.readings()).plan
            return (*about, claim.sleeve, plan, None, claim.share, claim.rebalance, claim.funded_by, *span)
    raise TypeError(f"no row for a {type(claim).__name__}")


def _opponents(claims: Sequence[Claim], universe: Universe) -> list[Row]:
    """One row a claim and b: its own (place 0), then each alternative; with what deflates the pair."""
    return [
        (claim.id, place, claim.a, b, first_beside(universe.by_id, "inflation", claim.a))
        for claim in claims
        if isinstance(claim, WinsClaim)
        for place, b in enumerate((claim.b, *claim.alternatives))
    ]


def _plans(claims: Sequence[SleeveClaim], universe: Universe) -> list[Row]:
    """One row a plan: the claim's own (place 0) first; with its consumer prices and its bill."""
    return [
        (
            claim.id,
            place,
            one.variant,
            one.sleeve,
            one.plan,
            one.rebalance,
            REBALANCING[one.rebalance],
            one.funded_by,
            first_beside(universe.by_id, "inflation", one.sleeve),
            first_beside(universe.by_id, "rate", one.sleeve),
        )
        for claim in claims
        for place, one in enumerate(claim.readings())
    ]


def _weights(claims: Sequence[SleeveClaim]) -> list[Row]:
    """One row a plan and instrument."""
    return [
        (claim.id, place, one.variant, *weight)
        for claim in claims
        for place, one in enumerate(claim.readings())
        for weight in one.weights()
    ]
