"""The lakes that are measured: made once, copied by hard links for each round, since no file is changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from marketlake.model.layout import HOLDER, LOCK

from ..synthetic import last_session
from . import home

LAST_YEAR: Final = 2024
LAST_DAY: Final = last_session(LAST_YEAR)

Taken = dict[str, Any]
"""seconds, cpu and peak_mb of a step, and what it counts."""


def in_a_fresh_process(step: str, *options: str) -> Taken:
    """Take a step of `steps`; its peak memory is then its own."""
    command = [sys.executable, "-m", "benchmarks.scale.steps", step, *options]
    place = Path(__file__).parents[2]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=place)
    taken: Taken = json.loads(done.stdout)
    return taken


@dataclass(frozen=True)
class Home:
    """A user's folder with a lake."""

    folder: Path
    symbols: int
    years: int
    take: Callable[..., Taken] = in_a_fresh_process
    """Takes a step, the folder, the day, `reverify_days` and the options of the step, all as text."""
    day: date = LAST_DAY
    """The session that comes in; those before it are stored."""

    @property
    def first_year(self) -> int:
        return self.day.year - self.years + 1

    def __str__(self) -> str:
        return f"{self.symbols:,} x {self.years} years"

    def step(self, name: str, *options: object, reverify_days: int = 0) -> Taken:
        print(f"{self}: {name}", file=sys.stderr, flush=True)
        return self.take(name, *map(str, (self.folder, self.day, reverify_days, *options)))

    @contextmanager
    def copied(self, *, waiting: bool = True) -> Iterator[Home]:
        """A copy, gone at the end; the answers that wait in raw/ come with it, or not."""
        folder = self.folder.with_name(f"{self.folder.name}-copy")
        shutil.rmtree(folder, ignore_errors=True)
        own = shutil.ignore_patterns(LOCK, HOLDER, *([] if waiting else ["raw"]))
        shutil.copytree(self.folder, folder, copy_function=os.link, ignore=own)
        try:
            yield replace(self, folder=folder)
        finally:
            shutil.rmtree(folder)


def filled(folder: Path, symbols: int, years: int, take: Callable[..., Taken] = in_a_fresh_process) -> Home:
    """A lake with its marts, to which the answers of one more day have come; kept for the next time."""
    return _kept(Home(folder / f"{symbols}x{years}", symbols, years, take), lambda lake: _fill(lake, "build"))


def without_marts(
    folder: Path, symbols: int, years: int, day: date, take: Callable[..., Taken] = in_a_fresh_process
) -> Home:
    """A lake of bars, to which the answers of a day have come; kept for the next time."""
    return _kept(Home(folder / f"{symbols}x{years}-{day}", symbols, years, take, day), _fill)


def _fill(lake: Home, *steps: str) -> None:
    home.make_home(lake.folder, lake.symbols, lake.first_year, lake.day)
    for step in steps:
        lake.step(step)
    lake.step("answers", lake.folder / "data")


def unfilled(bars: Home) -> Home:
    """A lake with no bars yet, to which the whole histories have come."""

    def fill(lake: Home) -> None:
        home.configure(lake.folder, bars.first_year, bars.symbols)
        lake.step("answers", bars.folder / "data")

    return _kept(replace(bars, folder=bars.folder.with_name(f"{bars.folder.name}-answers")), fill)


def _kept(lake: Home, fill: Callable[[Home], None]) -> Home:
    if not lake.folder.exists():
        making = replace(lake, folder=lake.folder.with_name(f"{lake.folder.name}-making"))
        shutil.rmtree(making.folder, ignore_errors=True)
        fill(making)
        making.folder.rename(lake.folder)
    return lake
