"""kill -9 at any moment; the next run restores the undisturbed state."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("kind", "at_least"), [("first_load", 20), ("daily", 20), ("restore", 10)])
def test_killed_run_leaves_no_trace(tmp_path: Path, kind: str, at_least: int) -> None:
    program = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.ingest.killed",
        str(tmp_path),
        kind,
    ]
    completed = subprocess.run(
        program,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr[-3000:]
    assert int(completed.stdout) >= at_least
