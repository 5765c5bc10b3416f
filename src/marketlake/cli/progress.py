"""Progress of long work on standard error, with the time left: on a terminal that can draw, else silence."""

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
    """Says nothing: nobody watches."""

    def plan(self, count: int) -> None:
        """How many parts the work has, as far as is known by now."""

    def part(self, name: str, count: int = 1) -> None:
        """What has just been done."""

    def begin(self, what: str) -> None:
        """What is begun; how long it takes is not known yet."""


class Drawn(Silent):
    """A line with a bar."""

    def __init__(self, line: Progress, what: str) -> None:
        self._line = line
        self._task = line.add_task(what, total=None)

    def plan(self, count: int) -> None:
        self._line.update(self._task, total=count)

    def part(self, name: str, count: int = 1) -> None:
        self._line.update(self._task, advance=count, description=name)

    def begin(self, what: str) -> None:
        # a line of its own, so that count and time left are this step's
        self._line.remove_task(self._task)
        self._task = self._line.add_task(what, total=None)


@contextmanager
def watching(what: str) -> Iterator[Silent]:
    """Tells of the work while the context lasts, and leaves nothing behind."""
    if not draws(sys.stderr):
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from .progress_columns import Done, Left

    # what is told may come from a file, so it is not markup
    columns = (TextColumn("{task.description:<24}", markup=False), BarColumn(), Done(), Left())
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        yield Drawn(line, what)


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener to a run that draws while the context lasts."""
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
