"""The wheel and the sdist hold what a user needs who has no clone."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from scripts.sample_lake import NOW

from marketlake.simulator.server import Simulator

from .environment import PROJECT, Environment, build, version

pytestmark = pytest.mark.slow

SOURCES = PROJECT / "src"
FORCED = {
    "claims.toml": "marketlake/defaults/claims.toml",
    "instruments.toml": "marketlake/defaults/instruments.toml",
    **{
        f"dags/{path.name}": f"marketlake/defaults/dags/{path.name}"
        for path in (PROJECT / "dags").glob("*.py")
    },
}
"""What the wheel takes from elsewhere in the repository."""


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_holds_every_file_of_the_package_and_the_defaults(packages: dict[str, Path]) -> None:
    ours = {
        path.relative_to(SOURCES).as_posix(): path.read_bytes()
        for path in SOURCES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    ours |= {inside: (PROJECT / name).read_bytes() for name, inside in FORCED.items()}
    served = {n: body for n, body in contents(packages[".whl"]).items() if ".dist-info/" not in n}
    assert sorted(served) == sorted(ours)
    assert served == ours
    assert {Path(name).suffix for name in served} >= {".py", ".sql", ".js", ".css", ".toml", ".typed"}


def test_sdist_builds_the_same_wheel(packages: dict[str, Path], tmp_path: Path) -> None:
    with tarfile.open(packages[".gz"]) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / f"marketlake-{version()}"
    assert {"README.md", "LICENSE", "docker-compose.yml", "tests", "dags"} <= {
        p.name for p in unpacked.iterdir()
    }
    again = build(unpacked, tmp_path / "dist", "wheel")
    assert contents(again[".whl"]) == contents(packages[".whl"])


def test_installed_package_is_not_the_clone(installed: Environment) -> None:
    where = installed.run("-c", "import marketlake; print(marketlake.__file__)")
    assert Path(where.strip()).is_relative_to(installed.root)


def test_installed_command_works_in_an_empty_folder(
    installed: Environment, sample_simulator: Simulator
) -> None:
    assert installed.marketlake("--version") == f"marketlake {version()}\n"
    assert "reconcile" in installed.marketlake("--help")
    installed.marketlake("init", "--sample")
    environ = {"MARKETLAKE_NOW": NOW, "MARKETLAKE_SOURCE_URL": sample_simulator.url}
    installed.marketlake("run", "BTC", "NASDAQ", **environ)
    question = ("compare", "BTC", "NASDAQ", "--from", "2019", "--to", "2024", "--format", "json")
    assert json.loads(installed.marketlake(*question, **environ))
    page = (installed.work / "data" / "report.html").read_text()
    script = (SOURCES / "marketlake" / "report" / "page" / "main.js").read_text()
    assert script.strip().splitlines()[-1] in page


def test_installed_command_writes_the_dag_files(installed: Environment) -> None:
    (installed.work / "dags").mkdir()
    installed.marketlake("dags", "--install", "dags")
    written = {path.name: path.read_bytes() for path in (installed.work / "dags").iterdir()}
    assert written == {f"marketlake_{p.name}": p.read_bytes() for p in (PROJECT / "dags").glob("*.py")}
