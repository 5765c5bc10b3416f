"""Months for which Binance has no archive: before the listing, in between, and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marketlake.ingest.run import ingest
from marketlake.model.settings import Settings, load_settings, parse_instant
from marketlake.simulator.market import Market
from marketlake.simulator.server import Simulator, serve

from ..campaign.market import Truth, every_day, served, walk
from ..universes import entry
from .homes import bar_values, rows

FIRST, LAST = date(2021, 3, 10), date(2024, 2, 12)
"""The pair was listed in March 2021; the instrument begins in January."""
HOLE, HEAD = ("2022-05", "2022-06"), ("2021-03", "2021-05")
"""From one month to another, without it."""
STAY = "stored sessions are no longer served and stay stored"
HISTORY = walk("24/7", every_day(FIRST, LAST), 1)


def without(*spans: tuple[str, str]) -> Truth:
    """The history without these months."""
    stays = np.ones(len(HISTORY.days), bool)
    for first, last in spans:
        stays &= (HISTORY.days < np.datetime64(first)) | (HISTORY.days >= np.datetime64(last))
    return Truth("24/7", HISTORY.days[stays], {name: HISTORY.values[name][stays] for name in HISTORY.values})


@dataclass(frozen=True)
class Scene:
    """A home with one pair, and its vendor."""

    home: Path
    simulator: Simulator

    def serve(self, *missing: tuple[str, str]) -> None:
        """All archives but those of these months; Bitstamp has everything."""
        self.simulator.market = served(
            {("binance-archive", "COIN/USDT"): without(*missing), ("bitstamp", "COIN/USD"): HISTORY}
        )

    def settings(self, day: int) -> Settings:
        now = f"2024-02-{day:02}T12:00Z"
        self.simulator.set_clock(parse_instant(now))
        return load_settings(home=self.home, now=now, source_url=self.simulator.url, environ={})

    def run(self, day: int, window: tuple[date, date | None] | None = None) -> Mapping[str, Any]:
        (row,) = ingest(self.settings(day), window=window)
        return row

    def gaps(self) -> set[tuple[str, int]]:
        """State and number of requests of each record of the gap of 2022."""
        return {(row["state"], row["tries"]) for row in rows(self.home / "data", "gap")}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serve(Market({}), now=parse_instant("2024-02-10T12:00Z")) as simulator:
        scene = Scene(tmp_path, simulator)
        write(scene, "binance-archive:COIN/USDT")
        yield scene


def write(scene: Scene, *sources: str) -> None:
    text = entry("COIN", *sources, since="2021-01-01", quote_currency="USD")
    (scene.home / "instruments.toml").write_text(text)


def test_months_before_the_first_archive_are_before_the_listing(scene: Scene) -> None:
    scene.serve()
    row = scene.run(10)
    assert (row["outcome"], row["first_session"], row["new_rows"]) == ("ok", FIRST, 1067)
    assert row["message"] == "sessions not served: 68 before 2021-03-10"
    assert scene.gaps() == set()


def test_month_between_two_archives_is_a_gap_and_no_good_answer(scene: Scene) -> None:
    scene.serve(HOLE)
    row = scene.run(10)
    assert (row["outcome"], row["new_rows"]) == ("truncated", 1067 - 31)
    assert "31 in between" in row["message"]
    assert scene.gaps() == {("open", 1)}
    # a month that Binance never had does not stop the pair
    assert [scene.run(day)["outcome"] for day in (11, 12, 13)] == ["truncated", "truncated", "ok"]
    assert scene.gaps() == {("open", 1), ("open", 2), ("permanent", 3)}


def test_month_between_two_archives_is_filled_once_it_is_there(scene: Scene) -> None:
    scene.serve(HOLE)
    scene.run(10)
    scene.serve()
    row = scene.run(11)
    assert (row["outcome"], row["new_rows"]) == ("ok", 32)
    assert scene.gaps() == {("open", 1), ("filled", 1)}


def test_source_that_has_the_month_is_used_instead(scene: Scene) -> None:
    write(scene, "binance-archive:COIN/USDT", "bitstamp:COIN/USD")
    scene.serve(HOLE)
    row = scene.run(10)
    assert (row["outcome"], row["source"], scene.gaps()) == ("ok", "bitstamp", set())
    assert len(bar_values(scene.home / "data")) == 1067


@pytest.mark.parametrize(
    ("gone", "outcome", "told"),
    [
        (HEAD, "no_new_data", f"sessions not served: 120 before 2021-05-01; 52 {STAY}"),
        (HOLE, "truncated", f"68 before 2021-03-10, 31 in between; 31 {STAY}"),
        (("2021-03", "2024-03"), "not_found", "unknown symbol"),
    ],
)
def test_archive_that_was_taken_back_is_said_and_removes_nothing(
    scene: Scene, gone: tuple[str, str], outcome: str, told: str
) -> None:
    scene.serve()
    scene.run(10)
    before = bar_values(scene.home / "data")
    scene.serve(gone)
    row = scene.run(10, (date(2021, 1, 1), None))
    assert row["outcome"] == outcome
    assert told in row["message"]
    assert bar_values(scene.home / "data") == before
    assert scene.gaps() == set()
