"""Commands that change the lake: demo, run, ingest, build, backfill."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..model.errors import UnavailableError
from .options import (
    PATH,
    Format,
    complete_ids,
    engine_option,
    format_option,
    ids_argument,
    last_session_option,
    maker_of,
    parse_day,
    settings_options,
)
from .output import name_skipped, paint_outcome, print_rows, say

if TYPE_CHECKING:
    from datetime import date

    from ..ingest.runs import RunRow
    from ..model.settings import Settings


_COLUMNS = {
    "instrument": "instrument_id",
    "outcome": "outcome",
    "source": "source",
    "new": "new_rows",
    "revised": "revised_rows",
    "quarantined": "quarantined_rows",
    "first": "first_session",
    "last": "last_session",
    "message": "message",
}


@click.command()
@click.argument(
    "folder",
    type=PATH,
    required=False,
    default=Path("marketlake-demo"),
    help="The folder to fill; created if missing.",
)
@click.option("--open/--no-open", "show", default=True, help="Open the report in the browser.")
def demo(folder: Path, show: bool) -> None:
    """Fill a lake from the sample market, without a network, and open its report."""
    from ..model.layout import PAGE
    from ..model.settings import load_settings
    from .configure import write_sample
    from .report import show_page

    write_sample(folder)
    lake = load_settings(home=folder, environ={}).lake
    # the page is written last
    if not (lake / PAGE).exists():
        _fill_from_sample(folder)
    say(f"try: marketlake compare BTC NASDAQ --home {folder}")
    if show:
        show_page(lake)


def _fill_from_sample(folder: Path) -> None:
    from ..ingest.runs import exit_code
    from ..model.settings import load_settings, parse_instant
    from ..simulator.sample.build import NOW, sample_market
    from ..simulator.server import serve

    with serve(sample_market(), now=parse_instant(NOW)) as simulator:
        settings = load_settings(home=folder, now=NOW, source_url=simulator.url, environ={})
        code = exit_code(_ingest(settings, []))
        _build(settings)
    if code:
        sys.exit(code)


@click.command()
@ids_argument
@settings_options("home", "lake", "now", "source_url")
@format_option
def run(
    ids: tuple[str, ...],
    settings: Settings,
    output: Format,
) -> None:
    """Fetch due data, store it, and update market.duckdb and report.html."""
    rows = _ingest(settings, ids)
    _build(settings)
    _finish(settings, rows, output)


@click.command()
@ids_argument
@settings_options("home", "lake", "now", "source_url")
@format_option
def ingest(
    ids: tuple[str, ...],
    settings: Settings,
    output: Format,
) -> None:
    """Fetch due data and store it."""
    _finish(settings, _ingest(settings, ids), output)


@click.command()
@click.option("--full-refresh", is_flag=True, help="Recompute every mart from the bars.")
@engine_option
@settings_options("home", "lake", "now")
def build(full_refresh: bool, engine: str, settings: Settings) -> None:
    """Update the marts, market.duckdb and report.html, also after the lake was moved."""
    _build(settings, full_refresh=full_refresh, engine=engine)


@click.command()
@click.argument("ids", nargs=-1, required=True, help="Instrument ids.", shell_complete=complete_ids)
@click.option("--from", "start", required=True, help="First year or session, such as 2015-01-01.")
@last_session_option
@click.option("--source", default="", help="Only this one of the instruments' sources, such as kraken.")
@click.option(
    "--replace",
    is_flag=True,
    help="Take the answer in place of what is stored, also under a new symbol or on another scale.",
)
@settings_options("home", "lake", "now", "source_url")
@format_option
def backfill(
    ids: tuple[str, ...],
    start: str,
    end: str | None,
    source: str,
    replace: bool,
    settings: Settings,
    output: Format,
) -> None:
    """Fetch a window of history, again or for the first time, and store it.

    A stored session keeps the values of the source that served it first.
    """
    window = parse_day(start, "01-01"), parse_day(end, "12-31") if end else None
    rows = _ingest(settings, ids, window, source, replace=replace)
    _build(settings)
    _finish(settings, rows, output)


def _ingest(
    settings: Settings,
    ids: Sequence[str],
    window: tuple[date, date | None] | None = None,
    source: str = "",
    *,
    replace: bool = False,
) -> list[RunRow]:
    from ..ingest.run import ingest as run_ingest
    from .progress import progress

    with progress() as listener:
        return run_ingest(settings, ids, window, listener, source, replace=replace)


def _build(settings: Settings, *, full_refresh: bool = False, engine: str = "duckdb") -> None:
    from ..ingest.build import build as build_database
    from ..ingest.build import refresh_report
    from ..model.location import shown
    from .progress import watching

    with watching("building") as watched:
        rebuilt = build_database(
            settings,
            full_refresh=full_refresh,
            maker=maker_of(engine, settings),
            on_plan=watched.plan,
            on_year=lambda year: watched.part(f"returns of {year}"),
        )
        watched.begin("writing report.html")
        page = refresh_report(settings, rebuilt)
    sys.stderr.write(f"market.duckdb {'rebuilt' if rebuilt else 'is up to date'}: {shown(settings.lake)}\n")
    if page is not None:
        sys.stderr.write(f"report: {page}\n")


def _finish(settings: Settings, rows: Sequence[RunRow], output: Format) -> None:
    """Print the summary and exit with the run's exit code."""
    from ..ingest.runs import exit_code, failed

    shown = [{title: row[name] for title, name in _COLUMNS.items()} for row in rows]
    print_rows(shown, list(_COLUMNS), output, paint=paint_outcome)
    if output == "table":
        say(_summary(rows, len(failed(rows)), settings.origin))
        if rows and all(row["outcome"] == UnavailableError.outcome for row in rows):
            vendors = settings.source_url or "the vendors"
            say(f"no source answered: check the connection to {vendors}. Stored data is unchanged; run again")
    name_skipped(settings.universe)
    code = exit_code(rows)
    if code:
        sys.exit(code)


def _summary(rows: Sequence[RunRow], bad: int, origin: str) -> str:
    new, revised = (sum(row[name] for row in rows) for name in ("new_rows", "revised_rows"))
    what = f"{new:,} new rows, {revised:,} revised" if new or revised else "nothing new"
    failures = f"; {bad} of {len(rows)} failed, see above" if bad else ""
    return f"{len(rows)} instrument{'' if len(rows) == 1 else 's'}, {origin}: {what}{failures}"
