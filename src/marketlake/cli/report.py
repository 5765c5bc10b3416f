"""The commands `report` and `open`: write the HTML page, and show it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..model.errors import EmptyLakeError
from ..model.layout import PAGE
from .options import Home, Lake, Now, lake_of, settings_of
from .output import say


def report(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Output file; default: report.html in the lake's folder."),
    ] = None,
    url: Annotated[
        str,
        typer.Option("--url", help="Address where you will serve the file, for previews of links to it."),
    ] = "",
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
) -> None:
    """Write one self-contained HTML page: claims, charts of any two instruments, state of the
    data."""
    say(str(lake_of(settings_of(home, lake, now, None)).report(out, url)))


def open_report(home: Home = None, lake: Lake = None) -> None:
    """Open the report of the last build in the browser."""
    show_page(settings_of(home, lake, None, None).lake)


def show_page(lake: Path) -> None:
    """Print where the page of a lake is, and open it."""
    import webbrowser

    page = lake.resolve() / PAGE
    if not page.exists():
        raise EmptyLakeError(f"there is no {page}; run `marketlake run`, or `marketlake report`")
    say(str(page))
    if not webbrowser.open(page.as_uri()):
        say("no browser can be started here: open this file in one")
