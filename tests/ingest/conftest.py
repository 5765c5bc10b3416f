"""A simulated market of four coins, and settings with a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator, serve

from ..alone import TickingClock, VirtualSettings
from ..universes import entry

YAHOO = "yahoo:%s-USD"
FIRST = date(2023, 11, 1)


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """For all tests in this folder."""


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety days of four coins; OLD split 4:1 on 2024-01-05, as traded in its file."""
    folder = tmp_path_factory.mktemp("market")
    for name, base in {"OLD": 400.0, "NEW": 50.0, "SPARE": 7.0, "BTC": 900.0}.items():
        text = ["date,open,high,low,close,volume,dividend,split"]
        for number in range(90):
            label = FIRST + timedelta(days=number)
            split = 4.0 if (name, label) == ("OLD", date(2024, 1, 5)) else 1.0
            level = base / 4 if name == "OLD" and label >= date(2024, 1, 5) else base
            close = round(level * (1 + (number * 7 % 11) / 100), 2)
            text.append(f"{label},{close},{close},{close},{close},{1000 + number},0,{split}")
        (folder / f"{name}-USD.csv").write_text("\n".join(text) + "\n")
    return folder


@pytest.fixture(scope="session")
def server(prices: Path) -> Iterator[Simulator]:
    with serve(load_market(prices), now=datetime(2024, 1, 10, 12, tzinfo=UTC)) as simulator:
        yield simulator


@pytest.fixture
def simulator(server: Simulator) -> Simulator:
    """The simulator without faults."""
    server.set_faults([])
    return server


Make = Callable[..., VirtualSettings]


@pytest.fixture
def make(tmp_path: Path, simulator: Simulator) -> Make:
    """Settings of a home; `at` also sets the simulator's clock."""

    def make(name: str = "home", at: str = "2024-01-10T12:00", **sources: str) -> VirtualSettings:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        listed = sources or {i: YAHOO % i for i in ("OLD", "NEW")}
        entries = (entry(i, *refs.split(), since=FIRST) for i, refs in listed.items())
        (home / "instruments.toml").write_text("".join(entries))
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        simulator.set_clock(moment)
        return VirtualSettings(home, home / "data", source_url=simulator.url, virtual=TickingClock(moment))

    return make
