"""A lake as it could be known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..query import prices

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Known:
    """What is read from a lake: all of it, or what could be known at `as_of` (aware)."""

    lake: Path
    as_of: datetime | None = None
    strict: bool = False
    """What this lake itself held then, instead of what could be known."""

    def closes(self, instrument_id: str) -> pa.Table:
        """Bars as traded."""
        return prices(self.lake, [instrument_id], as_of=self.as_of, strict=self.strict)

    def levels(self, ids: Sequence[str], currency: str) -> pa.Table:
        """Total-return levels by instrument and session."""
        return prices(self.lake, ids, basis="total", currency=currency, as_of=self.as_of, strict=self.strict)

    @property
    def moment(self) -> str:
        """In words, to go into a sentence; empty where all is read."""
        if self.as_of is None:
            return ""
        return f"{'held by this lake' if self.strict else 'known'} at {self.as_of.isoformat()}"
