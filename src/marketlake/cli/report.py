"""The commands `report` and `open`: write the HTML page, and show it."""

from __future__ import annotations

from pathlib import Path

import click

from ..model.errors import EmptyLakeError
from ..model.layout import PAGE
from ..model.settings import Settings
from .options import PATH, lake_of, settings_options
from .output import say


@click.command()
@click.option("--out", type=PATH, help="Output file; default: report.html in the lake's folder.")
@click.option("--url", default="", help="Address where you will serve the file, for previews of links to it.")
@settings_options("home", "lake", "now")
def report(out: Path | None, url: str, settings: Settings) -> None:
    """Write one self-contained HTML page: claims, charts of any two instruments, state of the
    data."""
    say(str(lake_of(settings).report(out, url)))


@click.command()
@settings_options("home", "lake")
def open_report(settings: Settings) -> None:
    """Open the report of the last build in the browser."""
    show_page(settings.lake)


def show_page(lake: Path) -> None:
    """Print where the page of a lake is, and open it."""
    import webbrowser

    page = lake.resolve() / PAGE
    if not page.exists():
        raise EmptyLakeError(f"there is no {page}; run `marketlake run`, or `marketlake report`")
    say(str(page))
    if not webbrowser.open(page.as_uri()):
        say("no browser can be started here: open this file in one")
