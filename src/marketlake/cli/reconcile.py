"""The command `reconcile`: compare the stored sessions with further sources."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from .options import (
    Format,
    format_option,
    ids_argument,
    last_session_option,
    parse_day,
    settings_options,
)
from .output import BAD, STALE, name_skipped, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..ingest.reconcile import Reconciliation, Row
    from ..model.settings import Settings


_PAIRS: Final = {
    "instrument": "instrument_id",
    "a": "source_a",
    "b": "source_b",
    "sessions": "sessions",
    "median bp": "median_bp",
    "largest bp": "largest_bp",
    "on": "largest_session",
    "within": "within",
    "tolerance bp": "tolerance_bp",
    "factor": "factor",
    "cause": "cause",
    "message": "message",
}
_SESSIONS: Final = {
    "instrument": "instrument_id",
    "session": "session",
    "sources": "sources",
    "consensus": "consensus_close",
    "dispersion bp": "dispersion_bp",
    "furthest": "furthest_source",
    "deviation bp": "deviation_bp",
    "confidence": "confidence",
    "cause": "cause",
    "off": "off",
    "not compared": "not_compared",
}
_BASIS_POINTS: Final = 2


@click.command()
@ids_argument
@click.option("--from", "start", help="First year or session; default: the last 30 finished ones.")
@last_session_option
@click.option("--sessions", is_flag=True, help="One row per session, not per pair of sources.")
@settings_options("home", "lake", "now", "source_url")
@format_option
def reconcile(
    ids: tuple[str, ...],
    start: str | None,
    end: str | None,
    sessions: bool,
    settings: Settings,
    output: Format,
) -> None:
    """Compare stored sessions with every further source; show the cause of each difference."""
    from ..ingest.build import build
    from ..ingest.reconcile import reconcile as run_reconcile
    from .progress import progress

    first = parse_day(start, "01-01") if start else None
    last = parse_day(end, "12-31") if end else None
    with progress() as listener:
        result = run_reconcile(settings, ids, first, last, listener)
    build(settings)
    columns, rows = (_SESSIONS, result.sessions) if sessions else (_PAIRS, result.pairs)
    print_rows([_shown(row, columns, output) for row in rows], list(columns), output, paint=_paint)
    for name, text in result.failed.items():
        sys.stderr.write(f"{name}: {text}\n")
    name_skipped(settings.universe)
    if output == "table":
        say(_summary(result))
    if result.exit_code:
        sys.exit(result.exit_code)


def _shown(row: Row, columns: dict[str, str], output: Format) -> dict[str, object]:
    """In tables, basis points are rounded to two digits."""
    shown = {title: row[name] for title, name in columns.items()}
    if output == "table":
        for title, name in columns.items():
            if name.endswith("_bp") and row[name] is not None:
                shown[title] = round(row[name], _BASIS_POINTS)
    return shown


def _paint(column: str, row: Mapping[str, Any]) -> str:
    """A difference is a failure; a pair that was not compared is doubtful."""
    if column != "cause" or row["cause"] == "agrees":
        return ""
    return STALE if row["cause"] == "not_compared" else BAD


def _summary(result: Reconciliation) -> str:
    instruments = len({row["instrument_id"] for row in result.pairs})
    off = sum(row["cause"] != "agrees" for row in result.sessions)
    silent = sum(row["cause"] == "not_compared" for row in result.pairs)
    agreed = f"{off} of {_count(result.sessions, 'session')} off" if off else "all agree"
    pairs = f"; {silent} of {_count(result.pairs, 'pair')} not compared" if silent else ""
    return f"{instruments} instrument{'' if instruments == 1 else 's'}: {agreed}{pairs}"


def _count(rows: Sequence[Row], what: str) -> str:
    return f"{len(rows):,} {what}{'' if len(rows) == 1 else 's'}"
