"""The columns to the right of a progress bar: parts done, and time left."""

from __future__ import annotations

from rich.progress import MofNCompleteColumn, ProgressColumn, Task, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text


class Done(MofNCompleteColumn):
    """Done of total; empty while the total is unknown."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


class Left(ProgressColumn):
    """Time left, such as `0:00:12 left`; elapsed time while it is unknown."""

    def __init__(self) -> None:
        super().__init__()
        self._left, self._since = TimeRemainingColumn(), TimeElapsedColumn()

    def render(self, task: Task) -> Text:
        if task.total is None or task.time_remaining is None:
            return self._since.render(task)
        return self._left.render(task) + Text(" left", "progress.remaining")
