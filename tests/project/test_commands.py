"""Scripts, make targets, and a setup that reports what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPTS = sorted(path for path in (PROJECT / "scripts").iterdir() if path.suffix in {"", ".sh"})


def sh(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(script), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_parses(script: Path) -> None:
    completed = subprocess.run(["/bin/sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (completed.returncode, completed.stderr) == (0, "")


def test_make_help_lists_every_target() -> None:
    completed = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True)
    declared = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert re.findall(r"^  make ([\w-]+) +\S", completed.stdout, re.MULTILINE) == declared.group(1).split()


@pytest.mark.parametrize("failing", ["", "cluster-test", "container-test", "test"])
def test_ci_runs_every_suite_and_fails_with_any(tmp_path: Path, failing: str) -> None:
    for name in ("bash", "dirname", "id"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    make = tmp_path / "make"
    make.write_text(f'#!/bin/bash\necho "$1"\n[ "$1" != "{failing}" ]\n')
    make.chmod(0o755)
    completed = subprocess.run(
        [str(tmp_path / "bash"), str(PROJECT / ".ci" / "run")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    suites = ["cluster-test", "container-test", "test"]
    assert (completed.returncode, completed.stdout.split()) == (int(bool(failing)), suites)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with only the setup; returns the path to its script."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "requirements.lock").write_text("")
    shutil.copy(PROJECT / "scripts" / "bootstrap", tmp_path / "scripts")
    return tmp_path / "scripts" / "bootstrap"


def stand_in(folder: Path, answers: str) -> Path:
    """A fake `python` with a shell script as its body."""
    path = folder / "python-stand-in"
    path.write_text(f"#!/bin/sh\n{answers}\n")
    path.chmod(0o755)
    return path


def test_setup_without_python_names_the_required_version(fresh: Path, tmp_path: Path) -> None:
    completed = sh(fresh, PYTHON=str(stand_in(tmp_path, "exit 1")))
    assert completed.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in completed.stderr
    assert "apt install python3 python3-venv" in completed.stderr


def test_setup_without_venv_names_the_package_and_leaves_no_files(fresh: Path, tmp_path: Path) -> None:
    half = 'case "$1" in -m) mkdir -p .venv; exit 1;; *) exit 0;; esac'
    completed = sh(fresh, PYTHON=str(stand_in(tmp_path, half)))
    assert completed.returncode == 1
    assert "apt install python3-venv" in completed.stderr
    assert not (tmp_path / ".venv").exists()


def test_setup_is_not_repeated(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "installed").write_text(f"{tmp_path}\n")
    completed = sh(fresh, PYTHON="no-such-python")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "")


def test_setup_reinstalls_a_changed_lock(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "installed").write_text(f"{tmp_path}\nold==1\n")
    assert sh(fresh, PYTHON="no-such-python").returncode == 1
