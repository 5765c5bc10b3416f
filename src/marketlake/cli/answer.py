"""Commands that tell what is stored: status, query. They change nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..errors import LakeError
from .options import Format, Home, Lake, Now, Output, settings_of
from .outcomes import paint_status
from .output import drawn, print_json, print_rows, say
from .terminal import sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..claims import ClaimCheck
    from ..pipeline.status import LakeStatus
    from ..query.trend import Trends
    from ..settings import Settings

_SESSIONS: Final = 30
_LATEST: Final = f"last {_SESSIONS}"
_REACH: Final = timedelta(days=60)
"""Holds as many sessions at any exchange."""


def status(home: Home = None, lake: Lake = None, now: Now = None, output: Output = Format.table) -> None:
    """What is stored, how fresh it is, how the last runs ended, and how the claims fare."""
    from ..pipeline.status import status as lake_status

    settings = settings_of(home, lake, now, None)
    found = lake_status(settings)
    if output is Format.json:
        print_json(found.to_dict())
        return
    trends = _trends(settings, found) if drawn(output) else {}
    columns = ["instrument_id", "sessions_due", "last_session", "outcome", "source", "message"]
    if trends:
        columns.insert(3, _LATEST)
    rows = [vars(one) | {_LATEST: sparkline(trends.get(one.instrument_id, ()))} for one in found.instruments]
    print_rows(rows, columns, output, paint=paint_status)
    if output is Format.table:
        say()
        say(f"{found.lake}: {found.origin} data, snapshot {found.snapshot}")
        say(f"{found.bars:,} bars, {found.revisions:,} revisions, {found.quarantined:,} rows in quarantine")
        say(_reverified(found))
        _print_holes(found)
        if found.waiting:
            say(f"{found.waiting} raw batches wait to be stored: `marketlake run`")
        if not found.built:
            say("market.duckdb is older than the bars: `marketlake build`")
        _print_claims(found.claims)


def _trends(settings: Settings, found: LakeStatus) -> Trends:
    """The latest sessions of what was stored in the last months; none without a database of it."""
    from ..query.trend import recent

    stored = [one.last_session for one in found.instruments if one.last_session]
    try:
        return recent(settings.lake, max(stored) - _REACH, _SESSIONS) if stored and found.built else {}
    except LakeError:
        return {}


def _reverified(found: LakeStatus) -> str:
    if not found.reverify_days:
        return "whole histories are not asked for again (reverify_days = 0)"
    days = [one.verified_on for one in found.instruments if one.verified_on]
    since = f", the longest ago on {min(days)}" if days else ""
    return (
        f"whole histories are asked for again every {found.reverify_days} days: "
        f"{len(days)} of {len(found.instruments)} verified of late{since}"
    )


def _print_holes(found: LakeStatus) -> None:
    left = sum(one.open_holes for one in found.instruments)
    given_up = sum(one.vendor_holes for one in found.instruments)
    if left or given_up:
        say(f"{left:,} holes are asked for again, {given_up:,} are the vendors' own: FROM session_hole")


def _print_claims(checks: Sequence[ClaimCheck]) -> None:
    for claim_id in dict.fromkeys(check.claim_id for check in checks):
        spans = [check for check in checks if check.claim_id == claim_id]
        say()
        say(f'"{spans[0].statement}" ({spans[0].source}, {spans[0].published})')
        for check in spans:
            when = "as published" if check.span == "published" else "today"
            # years of today are not known while an instrument is missing
            years = f", {check.first_year} to {check.last_year}" if check.first_year else ""
            say(f"  {when}{years}: {check.verdict}; {check.reason}")


def query(
    sql: Annotated[
        str, typer.Argument(help="One reading statement, such as \"FROM compare('BTC', 'NASDAQ')\".")
    ],
    home: Home = None,
    lake: Lake = None,
    output: Output = Format.table,
) -> None:
    """Ask market.duckdb in SQL, read-only."""
    from ..query import sql as run_sql

    answer = run_sql(settings_of(home, lake, None, None).lake, sql)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    print_rows(rows, list(answer.columns), output)
