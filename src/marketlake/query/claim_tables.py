"""The tables of the claims as Arrow: what is claimed, and every instrument and plan that may be meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from ..instruments import Universe
from .claim import REBALANCING, Claim, SleeveClaim, WinsClaim
from .tables import arrow_table

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

Row = tuple[object, ...]


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
        (claim.id, place, claim.a, b, _first(universe, "inflation", claim.a))
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
            _first(universe, "inflation", one.sleeve),
            _first(universe, "rate", one.sleeve),
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


def _first(universe: Universe, asset_class: str, instrument_id: str) -> str | None:
    """The first consumer prices or bill in the instrument's currency, as `compare` takes them."""
    instrument = universe.by_id.get(instrument_id)
    if instrument is None:
        return None
    found = (
        i.id
        for i in universe.instruments
        if i.asset_class == asset_class and i.quote_currency == instrument.quote_currency
    )
    return next(found, None)
