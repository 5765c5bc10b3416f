"""The command `check`: what the data checks find in what is stored, and what is in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .options import Format, Home, Ids, Lake, Now, Output, given, lake_of, parse_date, settings_of
from .output import BAD, STALE, print_json, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..answers.check import LakeCheck


LISTED: Final = 40
"""Findings that people are shown; programs get all."""
_COLUMNS: Final = ("severity", "check", "instrument_id", "session", "message", "source", "seen_at", "remedy")
_SHOWN: Final = ("severity", "check", "instrument", "session", "seen")
_SEVERE: Final = 3


def check(
    ids: Ids = None,
    severity: Annotated[str | None, typer.Option(help="Only this severity: fail or warn.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only sessions from this date on.")] = None,
    home: Home = None,
    lake: Lake = None,
    now: Now = None,
    output: Output = Format.table,
) -> None:
    """Run all checks over what is stored; exit code 3 when something severe is found."""
    settings = settings_of(home, lake, now, None)
    start = given(start=parse_date(since) if since else None)
    found = lake_of(settings).check(ids or (), severity=severity, now=settings.clock.now(), **start)
    if output is Format.json:
        print_json(found.to_dict())
    elif output is Format.csv:
        print_rows([vars(one) for one in found.findings], _COLUMNS, output)
    else:
        _print(found, output)
    if found.severe:
        raise typer.Exit(_SEVERE)


def _print(found: LakeCheck, output: Format) -> None:
    rows = [
        {
            "severity": one.severity,
            "check": one.check,
            "instrument": one.instrument_id,
            "session": one.session,
            "seen": f"{one.message} ({one.source})" if one.source else one.message,
        }
        for one in found.findings[:LISTED]
    ]
    print_rows(rows, _SHOWN, output, paint=_paint)
    if output is Format.table:
        say()
        for name, remedy in dict.fromkeys((one.check, one.remedy) for one in found.findings):
            say(f"{name}: {remedy}")
        for line in _last_words(found):
            say(line)


def _paint(column: str, row: Mapping[str, Any]) -> str:
    if column not in {"severity", "check"}:
        return ""
    return BAD if row["severity"] == "fail" else STALE


def _last_words(found: LakeCheck) -> list[str]:
    count = len(found.findings)
    lines = [f"{count:,} finding{'' if count == 1 else 's'}, {found.severe:,} of them severe"]
    if count > LISTED:
        lines.append(
            f"{LISTED} of them are listed; --format csv or json lists all, --severity and ids choose"
        )
    return [*lines, f"snapshot {found.snapshot}, {found.origin} data"]
