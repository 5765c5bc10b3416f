"""docs/metrics is what the SQL files and golden cases say, and the catalogue agrees with the headings."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from marketlake.engine.metric_sql import METRICS, TABLES, Metric
from marketlake.engine.sql_text import source

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "docs" / "metrics"
WRITTEN_BY_HAND = "differences.md"


def test_the_pages_are_current() -> None:
    pages = runpy.run_path(str(ROOT / "scripts" / "metric_docs.py"))["documents"]()
    written = {path.name: path.read_text("utf-8") for path in PLACE.glob("*.md")}
    written.pop(WRITTEN_BY_HAND, None)
    assert set(pages) == set(written)
    stale = [name for name, text in pages.items() if written[name] != text]
    assert not stale, "run python scripts/metric_docs.py"


def test_every_metric_has_a_page_in_the_index() -> None:
    index = (PLACE / "README.md").read_text("utf-8")
    for name in (*(metric.name for metric in METRICS), *TABLES):
        assert f"]({name}.md)" in index
        assert (PLACE / f"{name}.md").read_text("utf-8").startswith(f"# {name}\n")


def test_links_lead_somewhere() -> None:
    for path in PLACE.glob("*.md"):
        for target, anchor in re.findall(r"\]\(([^)#:]+)#?([^)]*)\)", path.read_text("utf-8")):
            found = PLACE / target
            assert found.is_file(), f"{path.name}: {target}"
            assert not anchor or f"## {anchor}\n" in found.read_text("utf-8"), (
                f"{path.name}: {target}#{anchor}"
            )


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_catalogue_says_what_the_heading_says(metric: Metric) -> None:
    heading = source(f"metric/{metric.name}")
    assert f"-- Unit: {metric.unit}\n" in heading
    assert ("periods per year" in heading) is metric.annualised
