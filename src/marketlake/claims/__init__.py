"""The claim ledger: public claims in `claims.toml`, put to the stored returns at every build.

The checking itself is sql/mart/claim_grid.sql and claim_window.sql; `claim_check` is their headline. A kind
of check is a module of `kinds`, and a pair of SQL texts that those two read.
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
