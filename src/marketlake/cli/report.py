"""The command `report`: the page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Home, Lake, Now, lake_of, settings_of
from .output import say


def report(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write it; report.html in the lake's folder if left out."),
    ] = None,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
) -> None:
    """One HTML page: the claims, any two instruments in charts, the state of the data. Opens from disk."""
    say(str(lake_of(settings_of(home, lake, now, None)).report(out)))
