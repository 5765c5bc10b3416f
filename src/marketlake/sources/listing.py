"""What vendors say of their own symbols: for looking one up, before anything is asked of its prices.

All of it is text of others: bounded and printable here, and judged by `instruments` before it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from .contract import plain

_LONGEST: Final = 120


@dataclass(frozen=True)
class Listing:
    """One symbol of a vendor."""

    source: str
    symbol: str
    name: str
    kind: str
    """The vendor's own word: EQUITY, ETF, INDEX, CRYPTOCURRENCY, ..."""
    venue: str = ""
    """As people call it."""


@dataclass(frozen=True)
class Facts:
    """What a vendor tells of a symbol with its prices; empty and None where it does not."""

    currency: str
    """As served, minor units included (GBp)."""
    zone: str
    """Where it trades."""
    first_session: date | None
    expense_ratio: float | None = None
    """Of a fund, a fraction a year."""


def bounded(value: Any) -> str:
    """A vendor's text fit for a line; empty for what is no text."""
    return plain(value[:_LONGEST]) if isinstance(value, str) else ""
