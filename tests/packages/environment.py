"""A virtual environment outside the repository, which sees the tests' dependencies and not this tree."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Environment:
    """The environment, and an empty folder to work in."""

    root: Path
    work: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    def install(self, wheel: Path) -> None:
        """As `pip install` does, from the file alone: what it depends on is there already."""
        options = ("--offline", "--no-deps", "--no-index", "--no-config", "--python", str(self.python))
        called([sys.executable, "-m", "uv", "pip", "install", "--quiet", *options, str(wheel)], self.work)

    def marketlake(self, *arguments: str | Path, code: int = 0, **environ: str) -> str:
        """What the installed command prints."""
        command = [str(self.root / "bin" / "marketlake"), *map(str, arguments)]
        return called(command, self.work, code, **environ)

    def run(self, *arguments: str | Path, code: int = 0, **environ: str) -> str:
        """What the environment's Python prints."""
        return called([str(self.python), *map(str, arguments)], self.work, code, **environ)


def make_environment(folder: Path) -> Environment:
    venv.create(folder / "venv", with_pip=False)
    made = Environment(folder / "venv", folder / "work")
    made.work.mkdir()
    paths = {"base": str(made.root), "platbase": str(made.root)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    # files below a path of a .pth are found, but .pth files there, such as the tree's own, are not read
    site.joinpath("dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return made


def build(project: Path, folder: Path, *targets: str) -> dict[str, Path]:
    """The packages that hatchling builds of a project, by their suffix."""
    options = [word for target in targets for word in ("-t", target)]
    called([sys.executable, "-m", "hatchling", "build", "-d", str(folder), *options], project)
    return {path.suffix: path for path in folder.iterdir()}


def called(command: list[str], folder: Path, code: int = 0, **environ: str) -> str:
    """The output of a command that sees no setting of this machine's MARKETLAKE_ and Python variables."""
    ours = {n: v for n, v in os.environ.items() if not n.startswith(("MARKETLAKE_", "PYTHON", "UV_"))}
    done = subprocess.run(
        command, cwd=folder, env=ours | environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def version() -> str:
    return importlib.metadata.version("marketlake")
