"""Sources with histories of different length: the shorter one is a fallback, and leaves out nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from marketlake.ingest.plan import plan_daily
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator, serve

from ..alone import TickingClock, VirtualSettings
from ..universes import entry
from .dag import Dag
from .homes import rows, stored_bytes

FIRST, BEGINS, STOPS = date(2022, 6, 1), date(2023, 6, 1), date(2024, 1, 2)
GAPS = [FIRST + timedelta(days=day) for day in range(20, 30)]
"""Sessions that the first source does not have."""
SOURCES = ("bitstamp:BTC/USD", "yahoo:BTC-USD")
LATER = f"history:yahoo:BTC-USD:from={BEGINS}"
STOPPED = f"history:bitstamp:BTC/USD:to={STOPS}"

Home = Callable[..., VirtualSettings]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("market")
    days = [FIRST + timedelta(days=number) for number in range(700)]
    for name, left_out in {"BTC-USD@bitstamp": GAPS, "BTC-USD": []}.items():
        text = [f"{day},{900 + day.toordinal() * 7 % 11},1000" for day in days if day not in left_out]
        (folder / f"{name}.csv").write_text("\n".join(["date,close,volume", *text]) + "\n")
    with serve(load_market(folder), now=datetime(2024, 1, 1, 12, tzinfo=UTC)) as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, server: Simulator) -> Home:
    """Settings of a day, with faults."""

    def home(day: date, *faults: str) -> VirtualSettings:
        folder = tmp_path / "home"
        folder.mkdir(exist_ok=True)
        (folder / "instruments.toml").write_text(entry("BTC", *SOURCES, since=FIRST))
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        server.set_clock(moment)
        server.set_faults([parse_fault(fault) for fault in (LATER, *faults)])
        return VirtualSettings(
            folder, folder / "data", source_url=server.url, reverify_days=0, virtual=TickingClock(moment)
        )

    return home


def served(lake: Path) -> dict[date, str]:
    return {row["session"]: row["source"] for row in rows(lake, "bar")}


def test_open_gaps_do_not_keep_the_fallback_out(home: Home) -> None:
    (row,) = ingest(home(STOPS + timedelta(days=1)))
    assert (row["outcome"], row["source"]) == ("ok", "bitstamp")
    late = []
    for number in range(2, 12):
        day = STOPS + timedelta(days=number)
        settings = home(day, STOPPED)
        (job,) = plan_daily(settings, settings.universe)
        late.append((job.start < job.due_from, *[row["source"] for row in ingest(settings)]))
    # five sessions may be late, then the fallback serves from the first day on
    assert late[:5] == [(True, "bitstamp"), (True, "bitstamp"), *[(False, "bitstamp")] * 3]
    assert late[5:] == [(False, "yahoo")] * 5
    days = served(settings.lake)
    assert max(days) == day - timedelta(days=1)
    assert len(days) == (max(days) - FIRST).days + 1 - len(GAPS)
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before


def test_gaps_that_are_still_open_do_not_move_the_fallback(home: Home, server: Simulator) -> None:
    """Stopped for seven sessions before the first run, so that the gaps are open."""
    ingest(home(STOPS + timedelta(days=1)))
    seen = len(server.requests)
    settings = home(STOPS + timedelta(days=8), STOPPED)
    (job,) = plan_daily(settings, settings.universe)
    assert job.start == GAPS[0]
    assert job.due_from == STOPS - timedelta(days=10)
    (row,) = ingest(settings)
    assert (row["outcome"], row["source"], row["requested_from"]) == ("ok", "yahoo", job.due_from)
    assert max(served(settings.lake)) == STOPS + timedelta(days=7)
    (chart,) = [r.path for r in server.requests[seen:] if "/v8/finance/chart" in r.path]
    assert str(int(datetime(2022, 6, 21, tzinfo=UTC).timestamp())) not in chart
    # a failure of both is owed from where it was due, and not from the gap
    settings = home(STOPS + timedelta(days=9), "503")
    ingest(settings)
    settings = home(STOPS + timedelta(days=10), STOPPED)
    (row,) = ingest(settings)
    assert (row["outcome"], row["source"]) == ("ok", "yahoo")


@pytest.mark.parametrize("scheduled", [False, True])
def test_fresh_lake_has_the_whole_history_of_a_stopped_source(home: Home, scheduled: bool) -> None:
    settings = home(STOPS + timedelta(days=20), STOPPED)
    if scheduled:
        Dag(settings).run()
    else:
        (row,) = ingest(settings)
        assert (row["outcome"], row["source"], row["mode"]) == ("ok", "yahoo", "first_load")
    days = served(settings.lake)
    assert len(days) == (STOPS + timedelta(days=20) - FIRST).days - len(GAPS)
    assert {source for day, source in days.items() if day < BEGINS} == {"bitstamp"}
    assert {source for day, source in days.items() if day >= BEGINS} == {"yahoo"}
    before = stored_bytes(settings.lake)
    assert replay(settings).changed == ()
    assert stored_bytes(settings.lake) == before
    settings = home(STOPS + timedelta(days=21), STOPPED)
    (job,) = plan_daily(settings, settings.universe)
    assert job.mode == "daily"


@pytest.mark.parametrize("returns", [True, False])
def test_first_source_that_was_down_is_requested_for_the_beginning(home: Home, returns: bool) -> None:
    """Three whole histories; then it is taken to be gone."""
    day = STOPS - timedelta(days=30)
    modes = []
    for number in range(5):
        down = ["503:bitstamp"] if number < 1 or not returns else []
        settings = home(day + timedelta(days=number), *down)
        modes += [row["mode"] for row in ingest(settings)]
    days = served(settings.lake)
    assert max(days) == day + timedelta(days=3)
    if returns:
        assert modes == ["first_load", "first_load", "daily", "daily", "daily"]
        assert min(days) == FIRST
    else:
        assert modes == ["first_load"] * 3 + ["daily"] * 2
        assert min(days) == BEGINS
