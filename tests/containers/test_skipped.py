"""The container test where no Docker can run: skipped loudly, or a failure if it is required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(("required", "code"), [("", 0), ("required", 1)])
def test_without_docker_the_container_test_says_why_it_is_skipped(
    tmp_path: Path, required: str, code: int
) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.containers"],
        cwd=PROJECT,
        env={**environment, "MARKETLAKE_CONTAINERS": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert "== SKIPPED: the container test: no Docker runs here, and" in done.stderr
