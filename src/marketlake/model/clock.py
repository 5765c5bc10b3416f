"""Time as an argument: nothing else in the package reads a clock or sleeps."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What ingestion needs of time: `now()` in UTC, seconds that only grow, and a pause."""

    @property
    def is_pinned(self) -> bool:
        """Whether `now()` is pinned, so that no other clock overrides it."""

    def now(self) -> datetime:
        """The current moment in UTC."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Pause."""


class SystemClock:
    """The machine's clock."""

    is_pinned = False

    def now(self) -> datetime:
        """The current moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Pause."""
        time.sleep(seconds)


@dataclass(frozen=True)
class PinnedClock(SystemClock):
    """`now()` is always `instant`; pauses are real."""

    instant: datetime

    is_pinned = True

    def now(self) -> datetime:
        """The current moment in UTC."""
        return self.instant


@dataclass
class VirtualClock:
    """For tests: sleeping costs nothing and moves time."""

    is_pinned = False

    instant: datetime
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """The current moment in UTC."""
        return self.instant

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return self.instant.timestamp()

    def sleep(self, seconds: float) -> None:
        """Pause."""
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)
