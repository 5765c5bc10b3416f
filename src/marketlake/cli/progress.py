"""Progress on standard error with the time left, on a terminal that can draw."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .output import draws

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..ingest.run import Listener


class Silent:
    """Shows nothing."""

    def plan(self, count: int) -> None:
        """Set the number of parts of the work, as known so far."""

    def part(self, name: str, count: int = 1) -> None:
        """Report a finished part."""

    def begin(self, what: str) -> None:
        """Start a step of unknown length."""


class Drawn(Silent):
    """A progress bar."""

    def __init__(self, line: Progress, what: str) -> None:
        self._line = line
        self._task = line.add_task(what, total=None)

    def plan(self, count: int) -> None:
        self._line.update(self._task, total=count)

    def part(self, name: str, count: int = 1) -> None:
        self._line.update(self._task, advance=count, description=name)

    def begin(self, what: str) -> None:
        # a new task, so that count and time left are those of this step
        self._line.remove_task(self._task)
        self._task = self._line.add_task(what, total=None)


@contextmanager
def watching(what: str) -> Iterator[Silent]:
    """Show progress while the context lasts, and remove it afterwards."""
    if not draws(sys.stderr):
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from .progress_columns import Done, Left

    # the description may come from a file, so it is not markup
    columns = (TextColumn("{task.description:<24}", markup=False), BarColumn(), Done(), Left())
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        yield Drawn(line, what)


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener that draws the progress of a run."""
    from ..ingest.run import Listener

    with watching("planning") as watched:

        def planned(count: int) -> None:
            watched.begin("fetching")
            watched.plan(count)

        yield Listener(
            on_plan=planned,
            on_fetched=lambda one: watched.part(f"fetched {one.job.instrument_id}"),
            on_store=lambda: watched.begin("storing"),
        )
