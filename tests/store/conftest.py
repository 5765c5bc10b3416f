"""What all tests of the store share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_flushing(no_flushing: None) -> None:
    """Of any test here."""
