"""The words over a claim, for every pair of verdicts that there can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from marketlake.claims.ledger import Entry
from marketlake.claims.verdict import FAILS, HOLDS, INCONCLUSIVE, LAPSED
from marketlake.lake import Lake
from marketlake.report.bars import scale_of
from marketlake.report.claims import headline_of, label_of


@pytest.fixture(scope="module")
def entry(lake: Path) -> Entry:
    return Lake(lake).claims("SHARE_WINS").claims[0]


@pytest.mark.parametrize(
    ("published", "rolled", "headline"),
    [
        (HOLDS, HOLDS, "True when it was said, and still true."),
        (HOLDS, LAPSED, "True when it was said. Not any more."),
        (HOLDS, INCONCLUSIVE, "True when it was said; today it cannot be told."),
        (FAILS, HOLDS, "Not true when it was said. It is now."),
        (FAILS, FAILS, "Not true when it was said, nor since."),
        (INCONCLUSIVE, HOLDS, "True today; of its own years it cannot be told."),
        (INCONCLUSIVE, FAILS, "Not true today."),
        (INCONCLUSIVE, INCONCLUSIVE, "It cannot be told from what is stored."),
    ],
)
def test_headline_describes_both_verdicts(entry: Entry, published: str, rolled: str, headline: str) -> None:
    changed = replace(
        entry,
        published=replace(entry.published, verdict=published),
        rolled=replace(entry.rolled, verdict=rolled),
    )
    assert headline_of(changed) == headline


def test_identical_spans_are_reported_once(entry: Entry) -> None:
    same = replace(entry, rolled=replace(entry.published, span="rolled", verdict=FAILS))
    same = replace(same, published=replace(entry.published, verdict=FAILS))
    assert headline_of(same) == "Not true, over the latest 3 whole years."


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Nasdaq Composite (price index)", "Nasdaq Composite"), ("(odd)", "(odd)"), ("", "ID")],
)
def test_label_is_the_name_without_brackets(name: str, shown: str) -> None:
    assert label_of(name, "ID") == shown


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([3.03, -0.64], [-1, 0, 1, 2, 3, 4]),
        ([0.01, 0.02], [0, 0.01, 0.02]),
        ([0.0], [0, 0.2]),
        ([-0.3, -0.1], [-0.3, -0.2, -0.1, 0, 0.1]),
    ],
)
def test_axis_has_round_ticks_including_zero(values: list[float], ticks: list[float]) -> None:
    assert scale_of(values).ticks == pytest.approx(ticks)
