"""Progress of a run on standard error: a bar on a terminal, silence when piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..pipeline.run import Listener


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener that draws while the context lasts."""
    from ..pipeline.run import Listener

    if not sys.stderr.isatty():
        yield Listener()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("planning", total=None)
        yield Listener(
            on_plan=lambda count: bar.update(task, description="fetching", total=count),
            on_fetched=lambda one: bar.update(
                task, advance=1, description=f"fetched {one.job.instrument_id}"
            ),
            on_store=lambda: bar.update(task, description="storing"),
        )


@contextmanager
def building() -> Iterator[Callable[[int], None]]:
    """Tells on a terminal which year's marts were computed, while the context lasts."""
    if not sys.stderr.isatty():
        yield lambda year: None
        return
    from rich.console import Console

    with Console(stderr=True).status("building") as status:
        yield lambda year: status.update(f"building: daily returns of {year}")
