"""Figures at an earlier moment: only what was known then, revisions undone, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import marketlake as ml
from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError

from ..lakes import BTC, EUR, NASDAQ
from .walks import WEEKDAYS, every_day, lay, rewrite, value, walk

pytestmark = pytest.mark.slow

MOMENT = datetime(2021, 11, 24, 12, tzinfo=UTC)
LAST_KNOWN = date(2021, 11, 23)
"""A bar is known half a day after its session."""
STORED = (BTC, NASDAQ, EUR)
TERMS: dict[str, Any] = {"benchmark": "NASDAQ", "currency": "EUR"}


def rows() -> list[dict[str, Any]]:
    walks = (walk(BTC, every_day(), 1), walk(NASDAQ, WEEKDAYS, 2), walk(EUR, WEEKDAYS, 3))
    return [row for one in walks for row in one]


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One that ends at the moment, and one that went on and was revised in March by a tenth."""
    folder = tmp_path_factory.mktemp("as_of")
    known = [row for row in rows() if row["session"] <= LAST_KNOWN]
    then = lay(folder / "then", STORED, known)
    revised = datetime(2022, 3, 1, tzinfo=UTC)
    fresh, superseded = [], []
    for row in rows():
        if row["instrument_id"] == "BTC" and row["session"].month == 6:
            superseded.append(row | {"superseded_at": revised})
            new = {name: row[name] * 1.1 for name in ("open", "high", "low", "close")}
            row = row | new | {"known_at": revised, "observed_at": revised}
        fresh.append(row)
    return then, lay(folder / "now", STORED, fresh, superseded)


def test_metrics_as_of_equal_the_lake_at_that_moment(lakes: tuple[Path, Path]) -> None:
    then, now = lakes
    before = Lake(then).metrics(["BTC"], **TERMS)
    after = Lake(now).metrics(["BTC"], as_of=MOMENT, **TERMS)
    assert (before.end, after.end) == (LAST_KNOWN, LAST_KNOWN)
    fresh = [replace(f, quality=f.quality.replace("stale", "")) for f in before.figures]
    assert after.figures == tuple(fresh)
    assert (after.drawdowns, after.rolling) == (
        tuple(replace(fall, quality="") for fall in before.drawdowns), before.rolling,
    )  # fmt: skip
    assert after.as_of == MOMENT
    # and the present has other figures
    present = Lake(now).metrics(["BTC"], start=before.start, end=before.end, **TERMS)
    assert value(present, "BTC", "volatility") > 1.02 * value(after, "BTC", "volatility")


def test_returns_and_rolling_as_of_equal_the_lake_at_that_moment(lakes: tuple[Path, Path]) -> None:
    then, now = lakes
    old, known = (
        Lake(lake).returns(["BTC"], currency="EUR", as_of=moment)
        for lake, moment in ((then, None), (now, MOMENT))
    )
    assert [row.period.month for row in known.rows] == list(range(1, 11))
    assert known.rows == old.rows
    one, other = (
        Lake(lake).rolling(["BTC"], benchmark="NASDAQ", periods=60, as_of=moment)
        for lake, moment in ((then, None), (now, MOMENT))
    )
    assert one.rows == other.rows != ()


def test_strict_as_of_uses_only_rows_observed_by_the_lake(desk: Path) -> None:
    loaded = datetime(2022, 1, 1, tzinfo=UTC)
    seen_late = [row | {"observed_at": loaded} for row in walk(BTC, every_day())]
    lake = ml.open(lake=rewrite(desk, seen_late))
    assert lake.metrics("BTC", as_of="2021-11-24T12:00Z").end == LAST_KNOWN
    with pytest.raises(EmptyLakeError, match=r"by 2021-11-24"):
        lake.metrics("BTC", as_of="2021-11-24T12:00Z", strict=True)
    everything = lake.metrics("BTC", as_of=loaded + timedelta(days=1), strict=True)
    assert everything.figure("BTC", "cagr").n == len(every_day()) - 1


def test_as_of_without_a_time_zone_is_utc(lakes: tuple[Path, Path]) -> None:
    assert Lake(lakes[0]).metrics(["BTC"], as_of=MOMENT.replace(tzinfo=None)).as_of == MOMENT
