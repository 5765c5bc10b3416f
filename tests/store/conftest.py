"""What all tests of the store share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk proves nothing in a test and takes most of its time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
