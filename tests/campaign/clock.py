"""Clock and settings of a campaign: data time is virtual; only a slow vendor takes real seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import marketlake.ingest.fetch as collecting
from marketlake.model.clock import VirtualClock
from marketlake.model.settings import Settings
from marketlake.sources.contract import Access

PATIENCE_S = 1.0
"""How long a campaign waits for a vendor that was made to hang or to trickle."""
MOST_BYTES = 2 * 1024 * 1024
"""The longest answer that a campaign takes: the ECB's table has 0.7 million bytes."""


class CampaignClock(VirtualClock):
    """Sleeping is virtual; elapsed time is real, so deadlines work and no two ticks are equal."""

    def monotonic(self) -> float:
        return super().monotonic() + time.monotonic()


KEYS = {"tiingo": "key"}
"""Of the sources that need one; the simulator takes any."""


@dataclass(frozen=True)
class CampaignSettings(Settings):
    keys: Mapping[str, str] = field(default_factory=KEYS.copy, repr=False)
    virtual: VirtualClock = field(default_factory=lambda: CampaignClock(datetime(2024, 1, 10, tzinfo=UTC)))

    @property
    def clock(self) -> VirtualClock:
        return self.virtual


def bound_access(timeout: float = 30.0) -> None:
    """Set timeout and size limits of the pipeline's HTTP clients for this process."""
    collecting.Access = partial(Access, timeout=timeout, max_bytes=MOST_BYTES)  # type: ignore[misc]
