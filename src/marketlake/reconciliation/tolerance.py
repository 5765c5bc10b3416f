"""How far apart two honest sources of an asset class may be, and what factors are units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tolerance:
    """A limit in basis points and why it is that."""

    bp: float
    reason: str


TOLERANCES: Final[Mapping[str, Tolerance]] = {
    "crypto": Tolerance(100.0, "every venue has its own price, and stablecoins stand in for dollars"),
    "equity": Tolerance(10.0, "one official close, rounded to a cent"),
    "fund": Tolerance(10.0, "one official close, rounded to a cent"),
    "index": Tolerance(10.0, "one publisher, rounded to two digits"),
    "bond": Tolerance(25.0, "settlements and last trades are minutes apart"),
    "metal": Tolerance(50.0, "settlement, last trade and fixing are hours apart"),
    "currency": Tolerance(100.0, "a fixing in the afternoon and a close in New York are hours apart"),
    "rate": Tolerance(100.0, "a yield of 0.50 rounded to two digits is known to 1 % of itself"),
    "inflation": Tolerance(2.0, "one publisher, rounded to one to three digits"),
}
"""By asset class."""

UNITS: Final = tuple(
    power
    for factor in (10.0, 100.0, 1e3, 1e4, 1e6, 1e8, 31.1034768, 32.1507466)
    for power in (factor, 1 / factor)
)
"""Factors between units: powers of ten (pence, satoshi), grams in a troy ounce, ounces in a kilogram."""
