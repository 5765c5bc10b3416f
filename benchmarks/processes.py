"""Work in a fresh process, whose peak memory is then its own.

python -m benchmarks.processes answer DATABASE SQL
python -m benchmarks.processes make STEP FOLDER SYMBOLS FIRST_YEAR YEARS
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def answer(database: Path, text: str) -> dict[str, Any]:
    """Run one question and fetch its rows; returns {"peak_mb"}."""
    return _fresh("answer", str(database), text)


def make(step: str, *job: object) -> dict[str, Any]:
    """Run one step of making a lake; returns {"seconds", "cpu", "peak_mb", what the step counts}."""
    return _fresh("make", step, *map(str, job))


def peak_mb() -> float:
    """The most memory this process has held. Not `ru_maxrss`, which a child takes over from its parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status names no VmHWM: peak memory is measured on Linux only")


def _fresh(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.processes", *arguments]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _answer(database: str, text: str) -> dict[str, Any]:
    import duckdb

    with duckdb.connect(database, read_only=True) as connection:
        connection.execute(text).fetchall()
    return {}


def _make(step: str, folder: str, *numbers: str) -> dict[str, Any]:
    from .making import Job, run

    symbols, first_year, years = map(int, numbers)
    return run(step, Job(Path(folder), symbols, first_year, years))


if __name__ == "__main__":
    work = _answer if sys.argv[1] == "answer" else _make
    print(json.dumps({**work(*sys.argv[2:]), "peak_mb": peak_mb()}))
