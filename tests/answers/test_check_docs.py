"""docs/quality.md is what the headings of the checks say."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from marketlake.engine.checks import checks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "quality.md").read_text("utf-8")


def test_page_is_current() -> None:
    assert runpy.run_path(str(ROOT / "scripts" / "quality_docs.py"))["document"]() == PAGE, (
        "run python scripts/quality_docs.py"
    )


def test_every_check_has_a_section_and_links_exist() -> None:
    for check in checks():
        assert f"### {check.name}\n" in PAGE
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
