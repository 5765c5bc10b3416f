"""Fixtures that isolate a test from the machine: its disk, its settings, its clock."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketlake.model.clock import SystemClock, VirtualClock
from marketlake.model.settings import KEY_VARIABLES, Settings


@pytest.fixture
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip fsync, which takes most of a test's time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def alone(no_flushing: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No MARKETLAKE_ variable, home directory, fsync or sleep of the machine affects the test."""
    for name in ("HOME", "LAKE", "NOW", "SOURCE_URL"):
        monkeypatch.delenv(f"MARKETLAKE_{name}", raising=False)
    for name in KEY_VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: None)


class TickingClock(VirtualClock):
    """The monotonic clock advances on every read, so that no two batches share a tick."""

    ticks = 0

    def monotonic(self) -> float:
        self.ticks += 1
        return super().monotonic() + self.ticks * 1e-3


@dataclass(frozen=True)
class VirtualSettings(Settings):
    """Settings with a clock that only the test moves."""

    virtual: VirtualClock = field(default_factory=lambda: TickingClock(datetime(2024, 1, 10, 12, tzinfo=UTC)))

    @property
    def clock(self) -> VirtualClock:
        return self.virtual
