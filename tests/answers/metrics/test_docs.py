"""docs/metrics.md is what the SQL files and golden cases say; the catalogue agrees with the headings."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from marketlake.engine.metric_sql import METRICS, TABLES, Metric
from marketlake.engine.sql_text import read_heading

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = (DOCS / "metrics.md", *sorted((DOCS / "metrics").glob("*.md")))


def test_pages_are_current() -> None:
    pages = runpy.run_path(str(ROOT / "scripts" / "metric_docs.py"))["documents"]()
    stale = [name for name, text in pages.items() if (DOCS / name).read_text("utf-8") != text]
    assert not stale, "run python scripts/metric_docs.py"


def test_every_metric_has_a_section() -> None:
    text = (DOCS / "metrics.md").read_text("utf-8")
    for name in (*(metric.name for metric in METRICS), *TABLES):
        assert f"\n### {name}\n" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_point_to_existing_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)#?[^)]*\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_catalogue_agrees_with_the_sql_heading(metric: Metric) -> None:
    fields = read_heading(f"metric/{metric.name}").fields
    assert fields["Unit"] == metric.unit
    assert ("periods per year" in fields["Formula"]) is metric.annualised
