"""The command `check`: the findings of the data checks, and the quarantined rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .options import Format, Home, Ids, Lake, Now, Output, given, lake_of, parse_date, settings_of
from .output import BAD, STALE, print_answer, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..answers.check import LakeCheck


LISTED: Final = 40
"""Maximum number of findings in a table; CSV and JSON have all."""
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
    """Run all data checks over the stored data; exit code 3 if any finding is severe."""
    settings = settings_of(home, lake, now, None)
    start = given(start=parse_date(since) if since else None)
    answer = lake_of(settings).check(ids or (), severity=severity, now=settings.clock.now(), **start)
    print_answer(answer, output, _print)
    if answer.severe:
        raise typer.Exit(_SEVERE)


def _print(answer: LakeCheck, output: Format) -> None:
    rows = [
        {
            "severity": one.severity,
            "check": one.check,
            "instrument": one.instrument_id,
            "session": one.session,
            "seen": f"{one.message} ({one.source})" if one.source else one.message,
        }
        for one in answer.findings[:LISTED]
    ]
    print_rows(rows, _SHOWN, output, paint=_paint)
    if output is Format.table:
        say()
        for name, remedy in dict.fromkeys((one.check, one.remedy) for one in answer.findings):
            say(f"{name}: {remedy}")
        for line in _summary(answer):
            say(line)


def _paint(column: str, row: Mapping[str, Any]) -> str:
    if column not in {"severity", "check"}:
        return ""
    return BAD if row["severity"] == "fail" else STALE


def _summary(answer: LakeCheck) -> list[str]:
    count = len(answer.findings)
    lines = [f"{count:,} finding{'' if count == 1 else 's'}, {answer.severe:,} of them severe"]
    if count > LISTED:
        lines.append(
            f"{LISTED} of them are listed; --format csv or json lists all, --severity and ids filter"
        )
    return [*lines, f"snapshot {answer.snapshot}, {answer.origin} data"]
