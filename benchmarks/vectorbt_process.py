"""Vectorbt, asked in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

PROGRAM: Final = Path(__file__).with_name("vectorbt_says.py")
OTHER_DEFINITION: Final = ("cagr", "calmar")
"""It counts years as returns / 252."""


@dataclass(frozen=True)
class Vectorbt:
    """A running process that holds the closes of `sample` instruments."""

    process: subprocess.Popen[str]
    sample: int
    version: str
    figures: Mapping[str, Mapping[str, float]]
    """By metric and instrument, those that share our definition."""

    def measure(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        _line(self.process)


@contextmanager
def vectorbt(python: str, closes: pd.DataFrame, folder: Path) -> Iterator[Vectorbt | None]:
    """Start it with an interpreter that has vectorbt; None where `python` has not."""
    if subprocess.run([python, "-c", "import vectorbt"], capture_output=True, check=False).returncode:
        yield None
        return
    handed = folder / "closes.npz"
    np.savez(
        handed, session=closes.index.to_numpy(), names=np.array(closes.columns, str), close=closes.to_numpy()
    )
    # -P: its folder is ours, and is none of its modules' business
    command = [python, "-P", str(PROGRAM), str(handed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = json.loads(_line(process))
        figures = {name: found for name, found in said["figures"].items() if name not in OTHER_DEFINITION}
        yield Vectorbt(process, closes.shape[1], said["version"], figures)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{PROGRAM.name} ended early; what it said is above")
    return line
