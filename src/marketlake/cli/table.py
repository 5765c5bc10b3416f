"""A table on a screen: numbers aligned and never broken; what does not fit stands below."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .terminal import console

Cell = tuple[str, str]
"""Text and its style."""
_GAP: Final = 3
_FOLDED: Final = 24
"""No text is folded to less."""


@dataclass(frozen=True)
class Column:
    """A heading and what stands under it."""

    title: str
    cells: Sequence[Cell]
    of_figures: bool = False

    @property
    def width(self) -> int:
        """Without folding."""
        return max(map(len, (self.title, *(text for text, _ in self.cells))))

    @property
    def least(self) -> int:
        """The room it needs: only text with spaces in it is folded."""
        folds = not self.of_figures and any(" " in text for text, _ in self.cells)
        return min(self.width, _FOLDED) if folds else self.width

    @property
    def side(self) -> Literal["left", "right"]:
        return "right" if self.of_figures else "left"


def show(columns: Sequence[Column]) -> None:
    """Print the table; a pipe has room enough and gets one part, a narrow terminal as many as it takes."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    target, on_screen = console(), sys.stdout.isatty()
    for number, part in enumerate(parts(columns, target.width) if on_screen else [columns]):
        if number:
            target.print()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in part:
            whole = on_screen and column.least == column.width
            # Text, because a vendor's "[red]" is not markup
            table.add_column(Text(column.title), justify=column.side, overflow="fold", no_wrap=whole)
        for line in zip(*(column.cells for column in part), strict=True):
            if any(text for text, _ in line):
                table.add_row(*(Text(text, style) for text, style in line))
        target.print(table)


def parts(columns: Sequence[Column], room: int) -> list[list[Column]]:
    """Which columns stand beside each other in so much room; the first is in every part.

    Where there is no room for all, none is spent on a column that says nothing.
    """
    if sum(_GAP + column.least for column in columns) - _GAP <= room:
        return [list(columns)]
    first, *rest = columns
    others = [column for column in rest if any(text for text, _ in column.cells)]
    found, used = [[first]], first.least
    for column in others:
        need = _GAP + column.least
        if used + need > room and len(found[-1]) > 1:
            found.append([first])
            used = first.least
        found[-1].append(column)
        used += need
    return found
