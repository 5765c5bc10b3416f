"""A simulated market of several vendors, each with its own series of the same instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketlake.simulator.folder import load_market
from marketlake.simulator.server import Simulator, serve

from ...alone import TickingClock, VirtualSettings
from ...universes import entry
from .vendors import COINS, SHARES, closes, write_series

NOW = datetime(2024, 1, 10, 22, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """For all tests in this folder."""


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coin at four venues a few basis points apart, and a share of one vendor with a split."""
    folder = tmp_path_factory.mktemp("market")
    for place, name in enumerate(COINS):
        days, level = closes(name, "24/7")
        for venue in ("", "@bitstamp", "@kraken", "@coinbaseexchange"):
            noise = {"": 1.0, "@bitstamp": 1.0008, "@kraken": 0.9995, "@coinbaseexchange": 1.0003}[venue]
            write_series(folder / f"{name}-USD{venue}.csv", days, level * noise * (place + 1))
    for name in SHARES:
        days, level = closes(name, "XNYS")
        write_series(folder / f"{name}.csv", days, level, split=name == "SPLIT")
    return folder


@pytest.fixture(scope="session")
def server(market: Path) -> Iterator[Simulator]:
    with serve(load_market(market), now=NOW) as simulator:
        yield simulator


@pytest.fixture
def simulator(server: Simulator) -> Simulator:
    """The simulator without faults, on the evening of 2024-01-10."""
    server.set_faults([])
    server.set_clock(NOW)
    return server


Make = Callable[[Mapping[str, str]], VirtualSettings]


@pytest.fixture
def make(tmp_path: Path, simulator: Simulator) -> Make:
    """Settings of a home whose instruments list `source:symbol`, in order of trust."""

    def make(listed: Mapping[str, str]) -> VirtualSettings:
        home = tmp_path / "home"
        (home / "files").mkdir(parents=True, exist_ok=True)
        text = ""
        for name, sources in listed.items():
            kind = {"EUR": "currency"}.get(name, "crypto" if name in COINS else "equity")
            calendar = "XNYS" if kind == "equity" else "24/7"
            text += entry(name, *sources.split(), kind=kind, calendar=calendar, since="2023-10-02")
        (home / "instruments.toml").write_text(text)
        return VirtualSettings(home, home / "data", source_url=simulator.url, virtual=TickingClock(NOW))

    return make
