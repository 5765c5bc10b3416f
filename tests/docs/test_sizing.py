"""docs/sizing.md shows what its arithmetic comes to."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import sizing

PAGE = Path(__file__).parents[2] / "docs" / "sizing.md"


@pytest.mark.parametrize("table", [sizing.by_size, sizing.by_interval])
def test_sizing_page_shows_the_current_tables(table) -> None:
    assert table() in PAGE.read_text(), "put what `python -m benchmarks.sizing` prints into docs/sizing.md"
