"""One lake for all tests that only read it, and a way to make lakes that change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..query.lakes import make
from .markets import MARKET, bars


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk proves nothing in a test and takes most of its time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("marts"), MARKET, bars())
