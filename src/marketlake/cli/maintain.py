"""Maintenance commands: doctor, verify and replay; and simulate."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import (
    PATH,
    Format,
    format_option,
    ids_argument,
    now_option,
    settings_options,
)
from .output import BAD, GOOD, STALE, json_text, markdown, paint_outcome, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..model.settings import Settings
    from ..simulator.server import Simulator


@click.command()
@ids_argument
@click.option(
    "--live",
    is_flag=True,
    help="Also ask every configured source for the last sessions, and write what they said to "
    "doctor-DATE.md and doctor-DATE.json in this folder.",
)
@settings_options("home", "lake", "now", "source_url")
@format_option
def doctor(
    ids: tuple[str, ...],
    live: bool,
    settings: Settings,
    output: Format,
) -> None:
    """Examine the machine, configuration, calendars, sources and lake; stores nothing.

    Exit code 1 where something is wrong, 3 where a source did not answer well.
    """
    from ..ingest import doctor as examination
    from ..ingest.doctor import VendorAnswer
    from ..store.disk import write_bytes
    from .progress import watching

    findings, answers = examination.examine(settings), list[VendorAnswer]()
    if live:
        with watching("asking the sources") as watched:
            watched.plan(len(ids or settings.universe.instruments))
            answers = examination.ask_vendors(settings, ids, watched.part)
    at = settings.clock.now()
    tables = {"findings": list(map(vars, findings)), "vendors": list(map(vars, answers))}
    report = json_text({"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", **tables})
    if output == "json":
        sys.stdout.write(report)
    else:
        print_rows(tables["findings"], ["part", "state", "text"], output, paint=_paint_state)
        if live:
            columns = [field.name for field in fields(VendorAnswer)]
            print_rows(tables["vendors"], columns, output, paint=paint_outcome)
    if live:
        for suffix, text in (("md", _markdown(tables, at)), ("json", report)):
            path = Path(f"doctor-{at:%Y-%m-%d}.{suffix}")
            write_bytes(path, text.encode())
            sys.stderr.write(f"written: {path}\n")
    if any(finding.state == examination.PROBLEM for finding in findings):
        sys.exit(1)
    if any(answer.outcome != "ok" for answer in answers):
        sys.exit(3)


def _markdown(tables: Mapping[str, Sequence[dict[str, Any]]], at: datetime) -> str:
    """The report as Markdown."""
    parts = [
        markdown(list(rows[0]), [list(row.values()) for row in rows]) for rows in tables.values() if rows
    ]
    return "\n".join([f"# marketlake doctor, {at:%Y-%m-%d %H:%M} UTC\n", *parts])


def _paint_state(column: str, row: Mapping[str, Any]) -> str:
    return {"ok": GOOD, "warning": STALE}.get(row["state"], BAD) if column == "state" else ""


@click.command()
@settings_options("home", "lake")
@format_option
def verify(settings: Settings, output: Format) -> None:
    """Compare every stored file with the manifest's checksums; exit code 1 if any is damaged."""
    from ..store.verify import STRAY
    from ..store.verify import verify as verify_files
    from .progress import watching

    root = settings.lake
    with watching("verifying") as watched:
        files, damages = verify_files(root, watched.plan, lambda path: watched.part("verifying"))
    rows = [{"path": d.path, "problem": d.problem} for d in damages]
    print_rows(rows, ["path", "problem"], output, paint=lambda column, _: BAD if column == "problem" else "")
    if output == "table":
        say(f"{files} files, {len(damages)} damaged")
    if damages:
        if output == "table" and any(d.problem != STRAY for d in damages):
            say(
                "`marketlake replay` rebuilds tables from raw/ and lists what it cannot rebuild, "
                "`marketlake build --full-refresh` rebuilds marts and market.duckdb; restore raw/ from backup"
            )
        sys.exit(1)


@click.command()
@settings_options("home", "lake", "now", "source_url")
def replay(settings: Settings) -> None:
    """Rebuild bars and revisions from the answers in raw/, without network.

    Damaged records are restored. Exit code 1 if anything could not be restored; the output names
    it.
    """
    from ..ingest.build import build
    from ..ingest.replay import replay as replay_raw
    from .progress import watching

    with watching("replaying") as watched:
        replayed = replay_raw(settings, lambda count: watched.part("replaying", count), watched.plan)
        watched.begin("building")
        build(settings, on_plan=watched.plan, on_year=lambda year: watched.part(f"returns of {year}"))
    for path in replayed.changed:
        say(f"changed: {path}")
    for path in replayed.restored:
        say(f"restored: {path}")
    say(f"{replayed.batches} raw batches replayed, {len(replayed.changed)} files changed")
    if replayed.lost:
        for text in replayed.lost:
            sys.stderr.write(f"{text}\n")
        sys.exit(1)


@click.command()
@click.option(
    "--market", default="sample", help="`sample`, or a folder of CSV or Parquet files, one per symbol."
)
@now_option
@click.option(
    "--host", default="127.0.0.1", help="Address to listen on; 0.0.0.0 in a container. There is no login."
)
@click.option("--port", type=int, default=8765, help="Port; 0 selects a free one.")
@click.option("--port-file", type=PATH, help="File to write the address to once the simulator listens.")
@click.option(
    "--fault",
    multiple=True,
    help="A fault to inject, such as 429:yahoo:AAPL:times=2,retry_after=1; may be repeated.",
)
def simulate(
    market: str, now: str | None, host: str, port: int, port_file: Path | None, fault: tuple[str, ...]
) -> None:
    """Serve a market in the vendors' formats, on loopback, until interrupted."""
    from ..model.settings import load_settings
    from ..simulator.fault import parse_fault
    from ..simulator.folder import load_market
    from ..simulator.sample.build import sample_market
    from ..simulator.server import run_forever
    from ..store.disk import write_bytes

    clock = load_settings(now=now).now
    served = sample_market() if market == "sample" else load_market(Path(market))
    faults = [parse_fault(text) for text in fault]

    def announce(simulator: Simulator) -> None:
        say(f"serving {market} on {simulator.url} as of {clock or 'now'}; interrupt to stop")
        say(f"point marketlake at it: export MARKETLAKE_SOURCE_URL={simulator.url}")
        sys.stdout.flush()
        if port_file:
            write_bytes(port_file.resolve(), simulator.url.encode())

    run_forever(served, announce, now=clock, faults=faults, host=host, port=port)
