"""Commands that change the lake: demo, run, ingest, build, backfill."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..model.errors import UnavailableError
from .options import (
    Engine,
    EngineName,
    Format,
    Home,
    Ids,
    Lake,
    Now,
    Output,
    SourceUrl,
    complete_ids,
    maker_of,
    parse_day,
    settings_of,
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


def demo(
    folder: Annotated[Path, typer.Argument(help="The folder to fill; created if missing.")] = Path(
        "marketlake-demo"
    ),
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the report in the browser.")] = True,
) -> None:
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
        raise typer.Exit(code)


def run(
    ids: Ids = None,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    source_url: SourceUrl = None,
    output: Output = Format.table,
) -> None:
    """Fetch due data, store it, and update market.duckdb and report.html."""
    settings = settings_of(home, lake, now, source_url)
    rows = _ingest(settings, ids or [])
    _build(settings)
    _finish(settings, rows, output)


def ingest(
    ids: Ids = None,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    source_url: SourceUrl = None,
    output: Output = Format.table,
) -> None:
    """Fetch due data and store it."""
    settings = settings_of(home, lake, now, source_url)
    _finish(settings, _ingest(settings, ids or []), output)


def build(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Recompute every mart from the bars.")
    ] = False,
    engine: Engine = EngineName.duckdb,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
) -> None:
    """Update the marts, market.duckdb and report.html, also after the lake was moved."""
    _build(settings_of(home, lake, now, None), full_refresh=full_refresh, engine=engine)


def backfill(
    ids: Annotated[list[str], typer.Argument(help="Instrument ids.", autocompletion=complete_ids)],
    start: Annotated[str, typer.Option("--from", help="First year or session, such as 2015-01-01.")],
    end: Annotated[
        str | None, typer.Option("--to", help="Last year or session; default: the last finished one.")
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="Only this one of the instruments' sources, such as kraken.")
    ] = "",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Take the answer in place of what is stored, also under a new symbol or on another scale.",
        ),
    ] = False,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    source_url: SourceUrl = None,
    output: Output = Format.table,
) -> None:
    """Fetch a window of history, again or for the first time, and store it.

    A stored session keeps the values of the source that served it first.
    """
    settings = settings_of(home, lake, now, source_url)
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


def _build(settings: Settings, *, full_refresh: bool = False, engine: EngineName = EngineName.duckdb) -> None:
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
    if output is Format.table:
        say(_summary(rows, len(failed(rows)), settings.origin))
        if rows and all(row["outcome"] == UnavailableError.outcome for row in rows):
            vendors = settings.source_url or "the vendors"
            say(f"no source answered: check the connection to {vendors}. Stored data is unchanged; run again")
    name_skipped(settings.universe)
    code = exit_code(rows)
    if code:
        raise typer.Exit(code)


def _summary(rows: Sequence[RunRow], bad: int, origin: str) -> str:
    new, revised = (sum(row[name] for row in rows) for name in ("new_rows", "revised_rows"))
    what = f"{new:,} new rows, {revised:,} revised" if new or revised else "nothing new"
    failures = f"; {bad} of {len(rows)} failed, see above" if bad else ""
    return f"{len(rows)} instrument{'' if len(rows) == 1 else 's'}, {origin}: {what}{failures}"
