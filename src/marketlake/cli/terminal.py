"""What the reader's side is: a terminal that can draw, or a pipe, which gets plain text."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from rich.console import Console

GOOD, BAD, STALE, QUIET = "green", "bold red", "yellow", "dim"
"""The only colours, by what they mean: won or well, failed, old or doubtful, beside the point."""

_STEPS: Final = "▁▂▃▄▅▆▇█"
_PIPED_WIDTH: Final = 200


def draws(stream: TextIO) -> bool:
    """Whether the stream is a terminal that can move its cursor and shows blocks."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and _shows(stream, _STEPS)


def can_ask() -> bool:
    """Whether there is somebody to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def console() -> Console:
    """Standard output: colour only on a terminal, whatever FORCE_COLOR says, and none under NO_COLOR."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(width=_PIPED_WIDTH, highlight=False, force_terminal=False, no_color=True)


def sparkline(values: Sequence[float | None]) -> str:
    """A character a value, from the lowest to the highest; a blank where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    top = len(_STEPS) - 1
    # a flat series is drawn in the middle: neither low nor high
    steps = [None if v is None else round((v - low) / span * top) if span else top // 2 for v in values]
    return "".join(" " if step is None else _STEPS[step] for step in steps)


def _shows(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
