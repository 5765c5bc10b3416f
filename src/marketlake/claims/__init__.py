"""The claim ledger: public claims in `claims.toml`, checked against the stored returns at every
build.

Claims about years won are checked in SQL (sql/mart/claim_wins_grid.sql and claim_wins_window.sql),
claims about a sleeve with `portfolio` (sleeve.py, sleeve_tables.py). `claim_check` is the headline
of both.
"""

from __future__ import annotations

from .ledger import Change, Entry, Ledger, read_ledger
from .load import KINDS, load_claims
from .verdict import (
    DEPENDS,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    LAPSED,
    Cell,
    ClaimCheck,
    Summary,
    Window,
    read_checks,
)

__all__ = [
    "DEPENDS",
    "FAILS",
    "HOLDS",
    "INCONCLUSIVE",
    "KINDS",
    "LAPSED",
    "Cell",
    "Change",
    "ClaimCheck",
    "Entry",
    "Ledger",
    "Summary",
    "Window",
    "load_claims",
    "read_checks",
    "read_ledger",
]
