"""The command line, run in this process, and the sample lake that its tests share with documentation."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from scripts.sample_lake import NOW, fill

from marketlake.cli import main
from marketlake.model.settings import load_settings, parse_instant
from marketlake.simulator.fault import parse_fault
from marketlake.simulator.sample.build import sample_market
from marketlake.simulator.server import Simulator, serve

RESTATED = (
    "restated:yahoo:^IXIC:percent=1,from=2024-12-31,to=2024-12-31",
    "restated:bitstamp:BTC/USD:percent=-2,from=2022-12-31,to=2022-12-31",
)


class Result(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run one command: `run("compare", "BTC", "NASDAQ")`."""

    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["marketlake", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        captured = capfd.readouterr()
        return Result(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def sample_simulator() -> Iterator[Simulator]:
    with serve(sample_market(), now=parse_instant(NOW)) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, sample_simulator: Simulator) -> Path:
    """A home with the sample universe and a filled, built lake; tests must not change it."""
    home = tmp_path_factory.mktemp("sample")
    fill(home, sample_simulator.url)
    return home


@pytest.fixture(scope="session")
def restated_home(
    sample_home: Path, tmp_path_factory: pytest.TempPathFactory, sample_simulator: Simulator
) -> Path:
    """The sample lake after its vendors restated two year ends, found on the days of their turns."""
    from marketlake.ingest.build import build
    from marketlake.ingest.run import ingest

    home = tmp_path_factory.mktemp("restated") / "home"
    shutil.copytree(sample_home, home)
    sample_simulator.set_faults([parse_fault(fault) for fault in RESTATED])
    try:
        for now in ("2026-01-14T12:00Z", "2026-01-26T12:00Z"):
            sample_simulator.set_clock(parse_instant(now))
            settings = load_settings(home=home, now=now, source_url=sample_simulator.url, environ={})
            ingest(settings, ("BTC", "NASDAQ", "GOLD"))
    finally:
        sample_simulator.set_faults([])
        sample_simulator.set_clock(parse_instant(NOW))
    build(settings)
    return home
