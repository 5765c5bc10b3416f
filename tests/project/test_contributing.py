"""CONTRIBUTING.md sends its reader to files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
PLACES = sorted(set(re.findall(r"`([\w./-]+(?:/|\.(?:py|md|toml)))`", TEXT)))


@pytest.mark.parametrize("place", PLACES)
def test_named_path_exists(place: str) -> None:
    assert (PROJECT / place).exists() or (PROJECT / "src" / "marketlake" / place).exists()


def test_every_package_is_named() -> None:
    assert len(PLACES) > 50
    packages = {path.parent.name for path in (PROJECT / "src" / "marketlake").glob("*/__init__.py")}
    assert packages <= {place.split("/")[0] for place in PLACES}
