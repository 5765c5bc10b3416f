"""What the ledger must know of a kind of check; the checking itself is SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...query import Claim
from ..fields import Fields

if TYPE_CHECKING:
    from ..check import ClaimCheck


@dataclass(frozen=True)
class Kind:
    """How a claim of this kind is read, asked and told."""

    name: str
    keys: tuple[str, ...]
    """Of `claims.toml`, beyond those that every claim has."""
    optional: tuple[str, ...]
    read: Callable[[Fields], Claim]
    asks: Callable[[ClaimCheck], str]
    """What is checked, in words."""
    dimensions: tuple[str, ...]
    """The columns of `claim_grid` that make a reading, in the order in which a change of them is told."""
    told: Mapping[str, str]
    """By dimension: how a change of it is told, with {} for what it is then."""
    words: Mapping[tuple[str, str], str]
    """By dimension and value: how that change is told instead."""

    def change(self, dimension: str, value: str) -> str:
        """How a reading differs from the claim as it is worded."""
        return self.words.get((dimension, value)) or self.told[dimension].format(value)
