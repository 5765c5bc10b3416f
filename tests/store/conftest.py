"""Shared by all tests of the store."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_flushing(no_flushing: None) -> None:
    """For all tests in this folder."""
