"""What is known of an instrument before its sources are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pyarrow as pa

from ..calendars import Days

QUOTE: Final = pa.schema(
    [
        pa.field("instrument_id", pa.string(), nullable=False),
        pa.field("session", pa.date32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("close", pa.float64(), nullable=False),
        pa.field("split", pa.float64(), nullable=False),
        pa.field("stored", pa.bool_(), nullable=False),
    ]
)
"""A source's word on a session, as traded; one row an instrument, session and source."""


@dataclass(frozen=True)
class Subject:
    """One instrument and the window in which its sources are compared."""

    asset_class: str
    sources: Sequence[str]
    """All that are compared, most trusted first."""
    start: date
    end: date
    calendar: Days
    """Sessions of the window by the instrument's calendar."""
    later_split: float = 1.0
    """Product of the stored splits after the window."""
    rates: Mapping[str, Mapping[date, float]] = field(default_factory=dict)
    """Closes of the stored exchange rates in the window."""
    foreign: Mapping[str, str] = field(default_factory=dict)
    """By source, why its currency was refused; its closes are as served."""
    unanswered: Mapping[str, str] = field(default_factory=dict)
    """By source, outcome and message where it gave nothing to compare."""
