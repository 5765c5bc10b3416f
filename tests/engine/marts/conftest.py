"""One lake for all tests that only read it, and a way to make lakes that change."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...answers.lakes import make
from .markets import MARKET, bars


@pytest.fixture(autouse=True)
def _no_flushing(no_flushing: None) -> None:
    """Use `no_flushing` in every test of this folder."""


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("marts"), MARKET, bars())
