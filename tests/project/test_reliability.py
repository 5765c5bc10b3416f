"""docs/reliability.md names existing tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_named_test_exists(name: str) -> None:
    assert "\ndef test_" in (PROJECT / name).read_text("utf-8")


def test_every_guarantee_names_a_test() -> None:
    rows = [line for line in PAGE.split("## Campaigns")[0].splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise")]
    assert len(promises) > 15
    assert [row for row in promises if "`tests/" not in row] == []
