"""kill -9 at any change of the bucket, then a run: as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .world import ROOT


@pytest.mark.parametrize(("kind", "at_least"), [("ingest", 2), ("build", 2)])
def test_work_that_was_killed_leaves_no_trace(server: str, tmp_path: Path, kind: str, at_least: int) -> None:
    program = [sys.executable, "-W", "ignore", "-m", "tests.s3.killed", str(tmp_path), kind]
    done = subprocess.run(
        program,
        capture_output=True,
        text=True,
        env={**os.environ, "SERVER": server},
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) >= at_least
