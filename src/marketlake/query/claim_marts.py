"""Which texts make the tables of the claims, each from those before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLAIM_MARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "mart/claim_inflation": {},
    "mart/claim_obstacle": {},
    "mart/claim_bill": {},
    "mart/claim_holding": {"bar": "mart/claim_bar", "return_index": "view/return_index"},
    "mart/claim_holding_base": {},
    "mart/claim_month": {},
    "mart/claim_run": {},
    "mart/claim_run_weight": {},
    "mart/claim_plan_return": {},
    "mart/claim_sleeve": {},
    "mart/claim_sleeve_ratio": {},
    "mart/claim_grid": {
        "claim_sleeve_grid": "mart/claim_sleeve_grid",
        "bar": "mart/claim_bar",
        "return_index": "view/return_index",
        "claim_side": "mart/claim_side",
        "level": "mart/claim_level",
        # from here on the names mean the pairs and the sessions they share; main.* are the stored relations
        "calendar_session": "mart/claim_session",
        "instrument": "mart/claim_instrument",
        "calendar_year": "mart/calendar_year",
        "year_level": "mart/year_level",
        "calendar_year_return": "mart/calendar_year_return",
        "claim_year": "mart/claim_year",
        "claim_wins_grid": "mart/claim_wins_grid",
    },
    "mart/claim_check": {},
    "mart/claim_window": {
        "claim_sleeve_window": "mart/claim_sleeve_window",
        "bar": "mart/claim_bar",
        "return_index": "view/return_index",
        "level": "mart/level",
        "claim_wins_window": "mart/claim_wins_window",
    },
}
"""By text: what stands in for the stored relations that it reads; in order."""
SCRATCH: Final = frozenset(
    f"mart/claim_{name}"
    for name in (
        "inflation",
        "obstacle",
        "holding",
        "bill",
        "holding_base",
        "month",
        "run",
        "run_weight",
        "plan_return",
        "sleeve_ratio",
    )
)
"""Marts that only others read: tables of the build's own connection, gone with it."""
