"""Run several programs at the same time and read their output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LONGEST_S = 240
"""A program that takes longer stands still: all of them together take a few seconds."""


def start(module: str, home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"tests.concurrency.{module}", str(home), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOME": str(home)},
    )


def answer(program: subprocess.Popen[str]) -> Any:
    out, err = program.communicate(timeout=LONGEST_S)
    assert program.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])
