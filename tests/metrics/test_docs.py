"""docs/metrics.md is what the SQL files say, and the catalogue agrees with their headings."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from marketlake.query.metric_texts import METRICS, Metric
from marketlake.query.text import source

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    document = runpy.run_path(str(ROOT / "scripts" / "metric_docs.py"))["document"]
    written = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert written == "\n".join(document()) + "\n", "run python scripts/metric_docs.py > docs/metrics.md"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_catalogue_says_what_the_heading_says(metric: Metric) -> None:
    heading = source(f"metric/{metric.name}")
    assert f"-- Unit: {metric.unit}\n" in heading
    assert ("periods per year" in heading) is metric.annualised
