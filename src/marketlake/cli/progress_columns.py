"""What stands right of a bar: how much is done and how long it still takes, as far as that is known."""

from __future__ import annotations

from rich.progress import MofNCompleteColumn, ProgressColumn, Task, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text


class Done(MofNCompleteColumn):
    """So many of so many; nothing while nobody knows of how many."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


class Left(ProgressColumn):
    """`0:00:12 left`; the time since the beginning while nobody knows better."""

    def __init__(self) -> None:
        super().__init__()
        self._left, self._since = TimeRemainingColumn(), TimeElapsedColumn()

    def render(self, task: Task) -> Text:
        if task.total is None or task.time_remaining is None:
            return self._since.render(task)
        return self._left.render(task) + Text(" left", "progress.remaining")
