"""kill -9 at any change of the bucket; the next run restores the undisturbed state."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .world import ROOT


def test_killed_work_leaves_no_trace(server: str, tmp_path: Path) -> None:
    """An ingest, then a build."""
    completed = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.store.s3.killed", str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "SERVER": server},
        cwd=ROOT,
        timeout=600,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr[-3000:]
    ingest, build = map(int, completed.stdout.split())
    assert min(ingest, build) >= 2
