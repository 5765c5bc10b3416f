"""Several writers on one lake: no deadlock, no lost rows, no duplicates."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from marketlake.ingest.run import ingest
from marketlake.ingest.runs import failed
from marketlake.model.schema import GOOD_OUTCOMES
from marketlake.store import raw
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from ..campaign_size import some
from ..ingest.homes import rows, settings_of
from .crowd import answer, start
from .market import DAYS, current, make_home, noon, serve, superseded

WRITERS = [
    ("run", "run"),
    ("run", "backfill"),
    ("run", "replay"),
    ("run", "verify,build"),
    ("run", "run", "backfill,verify", "replay,build"),
]
RESTATED = {"d20231231": 55.5, "d20240101": 66.5}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Nine stored days of three instruments; then the vendor restates a day in each year."""
    home = make_home(tmp_path / "home")
    ingest(settings_of(home, noon(0)))
    serve(home, **RESTATED)
    return home


@pytest.mark.parametrize(
    "crowd",
    some(WRITERS, few=2, draw=random.Random(1)),
    ids=" + ".join,
)
def test_concurrent_writers_equal_sequential_ones(tmp_path: Path, home: Path, crowd: tuple[str, ...]) -> None:
    actors = [start("actor", home, commands) for commands in crowd]
    (home / "go").touch()
    for outcomes in [answer(actor) for actor in actors]:
        assert set(outcomes) == {""}
    lake = home / "data"
    assert raw.pending(lake, open_manifest(lake)) == []
    last = ingest(settings_of(home, noon(DAYS)))
    assert not failed(last)
    assert (current(lake), superseded(lake)) == undisturbed(tmp_path)
    assert verify(lake)[1] == []
    recorded = [(row["batch_id"], row["instrument_id"]) for row in rows(lake, "run")]
    kept = [
        (path.stem, name)
        for path in lake.glob("raw/*/*.parquet")
        for name in {row["instrument_id"] for row in raw.read_columns(path, ["instrument_id"])}
    ]
    assert sorted(recorded) == sorted(kept)
    assert {row["outcome"] for row in rows(lake, "run")} <= GOOD_OUTCOMES
    assert not list(lake.rglob("*.staged"))


def undisturbed(folder: Path) -> tuple[list, list]:
    """The result of one user running day by day."""
    home = make_home(folder / "undisturbed")
    ingest(settings_of(home, noon(0)))
    serve(home, **RESTATED)
    for day in range(1, DAYS + 1):
        ingest(settings_of(home, noon(day)))
    assert len(superseded(home / "data")) == 6
    return current(home / "data"), superseded(home / "data")
