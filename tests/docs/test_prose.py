"""The prose of the documentation: short lines, current words, the words that readers search for."""

from __future__ import annotations

import re
from typing import Final

import pytest

from .snippets import BLOCK, ROOT

PAGES: Final = (
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
WIDTH: Final = 100
FREE: Final = re.compile(r"\s*(\||!?\[|- \[|- `|    )|.*<[a-z]|\S+$|.*`[^`]{60,}`|.*\]\([^)]+\)")
"""Lines that may be longer: tables, links, HTML, code that cannot be broken."""
ARCHAIC: Final = re.compile(
    r"\b(anew|at once|of late|hereafter|riskless|deepest fall|put aside|let pass|holds no longer"
    r"|cannot be said|not to be had|absorbs?|absorbed)\b|vendor_hole|session_hole|\bholes?\b",
    re.IGNORECASE,
)
SEARCHED: Final = (
    "point-in-time", "bitemporal", "as-of", "restatement", "revision", "look-ahead bias", "survivorship bias",
    "adjusted close", "total return", "corporate action", "data lineage", "quarantine", "gap", "stale",
    "idempotent", "snapshot", "backfill", "backtest",
)  # fmt: skip
WORDS: Final = {"README.md": 1000, "ARCHITECTURE.md": 700, "CHANGELOG.md": 900}


def prose(page: str) -> list[str]:
    return BLOCK.sub("", page).splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_lines_are_short_and_without_archaic_words(page) -> None:
    lines = prose(page.read_text("utf-8"))
    assert [line for line in lines if len(line) > WIDTH and not FREE.match(line)] == []
    if "decisions" not in page.parts and "reference" not in page.parts:
        assert [line for line in lines if ARCHAIC.search(line)] == []


def test_search_terms_occur_in_the_documentation() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES).lower()
    assert [word for word in SEARCHED if word not in text] == []


@pytest.mark.parametrize("name", WORDS)
def test_root_pages_stay_short(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8").split()) <= WORDS[name]


def test_every_page_starts_with_an_example() -> None:
    """A block of code before the first section; decisions, the index of notebooks and HTML have none."""
    late = [
        page.relative_to(ROOT).as_posix()
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if "decisions" not in page.parts and "```" not in page.read_text("utf-8").split("\n## ")[0]
    ]
    assert [name for name in late if name not in {"docs/tutorial.md"}] == []
