"""docs/portfolio.md describes every flag and key."""

from __future__ import annotations

import re
from pathlib import Path

from .conftest import Run

DOC = (Path(__file__).parents[2] / "docs" / "portfolio.md").read_text("utf-8")


def test_every_flag_and_key_is_documented(run: Run) -> None:
    from marketlake.portfolio.plan import TERMS

    flags = set(re.findall(r"--[a-z-]+", run("portfolio", "--help").out))
    for term in set(TERMS) - {"expenses"}:
        assert f"{term} = " in DOC
        assert f"--{term.replace('_', '-')}" in flags
