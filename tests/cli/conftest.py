"""The command line, run in this process against the sample market."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketlake.cli import main
from marketlake.settings import parse_instant
from marketlake.simulator import Simulator, serve
from marketlake.simulator.sample import sample_market

NOW = "2026-01-02T12:00Z"


@dataclass(frozen=True)
class Result:
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
def simulator() -> Iterator[Simulator]:
    with serve(sample_market(), now=parse_instant(NOW)) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def simulator_url(simulator: Simulator) -> str:
    return simulator.url


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Path:
    """A home with the sample universe and a filled, built lake; tests must not change it."""
    from marketlake.pipeline.build import build
    from marketlake.pipeline.run import ingest
    from marketlake.settings import load_settings
    from marketlake.shipped import shipped
    from marketlake.simulator.sample import FOLDER

    home = tmp_path_factory.mktemp("sample")
    (home / "instruments.toml").write_text((FOLDER / "instruments.toml").read_text("utf-8"), "utf-8")
    (home / "claims.toml").write_text(shipped("claims.toml"), "utf-8")
    settings = load_settings(home=home, now=NOW, source_url=simulator.url, environ={})
    ingest(settings)
    build(settings)
    return home


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in ("HOME", "LAKE", "NOW", "SOURCE_URL"):
        monkeypatch.delenv(f"MARKETLAKE_{name}", raising=False)
