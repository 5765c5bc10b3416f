"""docs/metrics/differences.md: every number in it is measured, and it leaves none of them out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketlake.engine.metric_sql import METRICS

from . import ffn_says
from .constructed import CONSTRUCTED
from .differences import DIFFERENCES
from .market import Market
from .measure import Measure
from .test_figures import PEERS, own, peer_figures

pytestmark = pytest.mark.xdist_group("peers")

PAGE = Path(__file__).parents[2] / "docs" / "metrics" / "differences.md"
SECTIONS, COVERAGE = PAGE.read_text("utf-8").split("## Which figure is compared")


def rows(text: str) -> dict[str, str]:
    """The tables' rows by their first cell."""
    lines = [line.strip("| ") for line in text.splitlines() if line.startswith("| ")]
    return {
        line.partition(" | ")[0]: line.partition(" | ")[2]
        for line in lines
        if line[:4] not in ("what", "metr")
    }


def assert_said(name: str, figures: tuple[str, ...]) -> None:
    """All figures stand in the row, in this order."""
    rest = rows(SECTIONS)[name]
    for figure in figures:
        assert figure in rest, f"{name}: {figure} is not in, or not in its place: {rest}"
        rest = rest.split(figure, 1)[1]


def test_page_lists_every_measured_difference() -> None:
    assert rows(SECTIONS).keys() == DIFFERENCES.keys() | CONSTRUCTED.keys()


@pytest.mark.parametrize("name", DIFFERENCES)
def test_difference_on_real_prices_equals_the_page(measure: Measure, name: str) -> None:
    assert_said(name, DIFFERENCES[name](measure))


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_difference_on_a_constructed_series_equals_the_page(tmp_path: Path, name: str) -> None:
    assert_said(name, CONSTRUCTED[name](tmp_path))


def test_page_lists_the_figures_compared_per_library(made_up_market: Market) -> None:
    compared = [set(peer_figures(peer, made_up_market, "BTC", "daily")) for peer in PEERS]
    compared[PEERS.index(ffn_says)] |= set(ffn_says.monthly(own(made_up_market, "BTC", "daily")))
    listed = re.findall(r"^- \w+: (.*?)(?=^- |\Z)", COVERAGE, re.MULTILINE | re.DOTALL)
    names = {metric.name for metric in METRICS}
    assert [set(re.findall(r"`(\w+)`", text)) for text in listed] == [one & names for one in compared]
    assert set().union(*compared) >= names
