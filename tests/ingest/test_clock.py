"""A clock that jumps: no unfinished session is stored, none is skipped, and no older value
replaces a newer one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.ingest.watermarks import owed
from marketlake.simulator.fault import Fault
from marketlake.simulator.server import Simulator
from marketlake.store.verify import verify
from marketlake.store.writer import open_manifest

from .conftest import Make, TickingClock, VirtualSettings
from .homes import bar_values, rows, stored_bytes

RESTATED = Fault("restated", params={"percent": 1.0, "from": "2024-01-08", "to": "2024-01-08"})
DAYS = [datetime(2024, 1, day, 12, tzinfo=UTC) for day in range(10, 16)]


def values(settings: VirtualSettings, table: str = "bar") -> list[tuple]:
    return bar_values(settings.lake, table)


def run(
    settings: VirtualSettings, simulator: Simulator, day: datetime, ahead: timedelta = timedelta()
) -> list:
    """A run on a day of the vendor's clock, with our clock shifted."""
    simulator.set_clock(day)
    object.__setattr__(settings, "virtual", TickingClock(day + ahead))
    return ingest(settings)


@pytest.mark.parametrize(
    "ahead", [timedelta(365), timedelta(1), timedelta(hours=13), timedelta(-1, 420), timedelta(-40)]
)
@pytest.mark.parametrize("first", [True, False], ids=["first_load", "daily"])
def test_wrong_clock_in_one_run_has_no_lasting_effect(
    make: Make, simulator: Simulator, ahead: timedelta, first: bool
) -> None:
    settings, undisturbed = make("off"), make("right")
    wrong = DAYS[0] if first else DAYS[2]
    for day in DAYS:
        # the run with the wrong clock is the first to see this restatement
        simulator.set_faults([RESTATED] if day >= DAYS[2] else [])
        run(undisturbed, simulator, day)
        run_rows = run(settings, simulator, day, ahead if day == wrong else timedelta())
        finished = (day - timedelta(days=1)).date()
        assert max(row["session"] for row in rows(settings.lake, "bar")) <= finished
        if day != wrong:
            assert {row["outcome"] for row in run_rows} <= {"ok", "no_new_data"}
        elif ahead > timedelta(300):
            assert {row["outcome"] for row in run_rows} == {"truncated"}
            assert all("clock is 365 days" in row["message"] for row in run_rows)
    assert values(settings) == values(undisturbed)
    assert all(row["observed_at"] <= row["superseded_at"] for row in rows(settings.lake, "revision"))
    assert all(row["observed_at"] <= DAYS[-1] for row in rows(settings.lake, "bar"))
    first_sources = {row["instrument_id"]: row["source"] for row in rows(settings.lake, "run")}
    assert owed(settings.lake, open_manifest(settings.lake), first_sources) == {}
    assert verify(settings.lake)[1] == []


def test_stopped_vendor_clock_hides_no_data(make: Make, simulator: Simulator) -> None:
    settings = make()
    run(settings, simulator, DAYS[0])
    run_rows = run(settings, simulator, DAYS[0], timedelta(20))
    assert {row["outcome"] for row in run_rows} == {"truncated"}
    assert all("after 2024-01-09" in row["message"] for row in run_rows)


def test_replay_after_a_fast_clock_equals_the_stored_rows(make: Make, simulator: Simulator) -> None:
    settings = make()
    run(settings, simulator, DAYS[0], timedelta(365))
    run(settings, simulator, DAYS[1])
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before
    assert {row["started_at"].date() for row in rows(settings.lake, "run")} == {
        date(2024, 1, 10),
        date(2024, 1, 11),
    }
