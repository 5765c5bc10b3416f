"""Tests of the comparison and the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from . import compare
from .compare import Difference, difference
from .meter import Load
from .record import Record

DAY, NEXT = date(2024, 1, 2), date(2024, 1, 3)
BAR = {"close": 1.0}
WANTED = [(("A", DAY), BAR), (("A", NEXT), BAR)]
NONE = Difference(stored=2, lost=0, doubled=0, changed=0, damage=())


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (WANTED, NONE),
        (WANTED[:1], replace(NONE, stored=1, lost=1)),
        ([*WANTED, WANTED[0]], replace(NONE, stored=3, doubled=1)),
        ([*WANTED, (("B", DAY), BAR)], replace(NONE, stored=3, doubled=1)),
        ([WANTED[0], (("A", NEXT), {"close": 2.0})], replace(NONE, changed=1)),
    ],
)
def test_difference_lists_lost_doubled_and_changed_rows(
    held: Any, expected: Difference, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakes = {Path("disturbed"): held, Path("undisturbed"): WANTED}
    monkeypatch.setattr(compare, "rows", lakes.get)
    monkeypatch.setattr(compare, "whole", lambda root: iter(()))
    assert difference(Path("disturbed"), Path("undisturbed")) == expected
    assert expected.none == (held == WANTED)


GOOD = Record(
    instruments=500,
    account="nobody",
    runs={"ingest_xnys": "success"},
    tasks=37,
    tasks_not_good=[],
    kills=1,
    tasks_killed=2,
    tries_again=2,
    requests=800,
    answers_spoilt=200,
    loads={"yahoo": Load(500, 50, 51)},
    difference=NONE,
    seconds={"all": 160.0},
)


@pytest.mark.parametrize(
    "bad",
    [
        {"runs": {}},
        {"runs": {"ingest_xnys": "failed"}},
        {"tasks_not_good": ["ingest_xnys.check failed"]},
        {"tasks_killed": 0},
        {"loads": {"yahoo": Load(500, 52, 51)}},
        {"difference": replace(NONE, lost=1)},
        {"difference": replace(NONE, damage=("verify: bar: missing",))},
    ],
)
def test_record_is_good_only_without_errors_and_with_a_killed_task(bad: dict[str, Any]) -> None:
    assert GOOD.good
    assert "rows lost: 0\nrows doubled: 0\n" in GOOD.to_text()
    assert not replace(GOOD, **bad).good
