"""The command line, run in this process against the sample market."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scripts.sample_lake import NOW as NOW

from marketlake.simulator.server import Simulator

from ..sample import Result as Result
from ..sample import Run as Run


@pytest.fixture(scope="session")
def simulator(sample_simulator: Simulator) -> Simulator:
    return sample_simulator


@pytest.fixture(scope="session")
def simulator_url(sample_simulator: Simulator) -> str:
    return sample_simulator.url


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in ("HOME", "LAKE", "NOW", "SOURCE_URL"):
        monkeypatch.delenv(f"MARKETLAKE_{name}", raising=False)


@pytest.fixture
def home(run: Run, tmp_path: Path, sample_home: Path) -> Path:
    """A copy of the sample home to damage, its database built for the new place."""
    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    assert run("build", "--home", home, "--now", NOW).code == 0
    return home
