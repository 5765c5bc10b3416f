"""A market of four coins behind the simulator, and settings whose time is virtual."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from marketlake.model.clock import SystemClock, VirtualClock
from marketlake.model.settings import Settings
from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator, serve

ENTRY = """
[[instrument]]
id = "{id}"
asset_class = "{kind}"
calendar = "24/7"
since = {since}
sources = [{sources}]
"""
YAHOO = '{ source = "yahoo", symbol = "%s-USD" }'
FIRST = date(2023, 11, 1)


class TickingClock(VirtualClock):
    """Two batches are never of the same tick."""

    ticks = 0

    def monotonic(self) -> float:
        self.ticks += 1
        return super().monotonic() + self.ticks * 1e-3


@dataclass(frozen=True)
class VirtualSettings(Settings):
    """Settings with a clock that only the test moves."""

    virtual: VirtualClock = field(default_factory=lambda: TickingClock(datetime(2024, 1, 10, 12, tzinfo=UTC)))

    @property
    def clock(self) -> VirtualClock:
        return self.virtual


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, no test waits for the disk or leaves a slot
    behind."""
    for name in ("HOME", "LAKE", "NOW", "SOURCE_URL"):
        monkeypatch.delenv(f"MARKETLAKE_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: None)


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
    """Without faults."""
    server.set_faults([])
    return server


Make = Callable[..., VirtualSettings]


@pytest.fixture
def make(tmp_path: Path, simulator: Simulator) -> Make:
    """Settings of a home; `at` sets the simulator's time too."""

    def make(name: str = "home", at: str = "2024-01-10T12:00", **sources: str) -> VirtualSettings:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        listed = sources or {i: YAHOO % i for i in ("OLD", "NEW")}
        entries = (ENTRY.format(id=i, kind="crypto", since=FIRST, sources=s) for i, s in listed.items())
        (home / "instruments.toml").write_text("".join(entries))
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        simulator.set_clock(moment)
        return VirtualSettings(home, home / "data", source_url=simulator.url, virtual=TickingClock(moment))

    return make
