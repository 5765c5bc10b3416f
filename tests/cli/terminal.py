"""A simulated terminal in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from marketlake.cli import main


class Terminal(io.StringIO):
    """A stream whose `isatty` is true."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def on_terminal(
    monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str | Path], typed: str = "", width: int = 160
) -> tuple[str, str]:
    """Standard output and standard error of a command on a terminal with `typed` as input."""
    screen, errors = Terminal(), Terminal()
    monkeypatch.setenv("COLUMNS", str(width))
    for name, stream in (("stdout", screen), ("stderr", errors), ("stdin", Terminal(typed))):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(sys, "argv", ["marketlake", *map(str, arguments)])
    with pytest.raises(SystemExit):
        main()
    return screen.getvalue(), errors.getvalue()
