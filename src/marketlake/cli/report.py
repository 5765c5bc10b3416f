"""The command `report`: write the HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Home, Lake, Now, lake_of, settings_of
from .output import say


def report(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Output file; default: report.html in the lake's folder."),
    ] = None,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
) -> None:
    """Write one self-contained HTML page: claims, charts of any two instruments, state of the
    data."""
    say(str(lake_of(settings_of(home, lake, now, None)).report(out)))
