"""The command `check`: the findings of the data checks, and the quarantined rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from .options import (
    Format,
    format_option,
    given,
    ids_argument,
    lake_of,
    parse_date,
    settings_options,
)
from .output import BAD, STALE, print_answer, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..answers.check import Finding, LakeCheck
    from ..model.settings import Settings


LISTED: Final = 40
"""Maximum number of lines in a table; CSV and JSON have all findings."""
_SHOWN: Final = ("severity", "check", "instrument", "session", "times", "seen")
_SEVERE: Final = 3


@click.command()
@ids_argument
@click.option("--severity", help="Only this severity: fail or warn.")
@click.option("--since", help="Only sessions from this date on.")
@settings_options("home", "lake", "now")
@format_option
def check(
    ids: tuple[str, ...],
    severity: str | None,
    since: str | None,
    settings: Settings,
    output: Format,
) -> None:
    """Run all data checks over the stored data; exit code 3 if any finding is severe."""
    start = given(start=parse_date(since) if since else None)
    answer = lake_of(settings).check(ids, severity=severity, now=settings.clock.now(), **start)
    print_answer(answer, output, _print)
    if answer.severe:
        sys.exit(_SEVERE)


def _print(answer: LakeCheck, output: Format) -> None:
    groups = _grouped(answer.findings)
    rows = [
        {
            "severity": one.severity,
            "check": one.check,
            "instrument": one.instrument_id,
            "session": one.session,
            "times": len(group),
            "seen": f"{one.message} ({one.source})" if one.source else one.message,
        }
        for group in groups[:LISTED]
        for one in group[:1]
    ]
    print_rows(rows, _SHOWN, output, paint=_paint)
    if output == "table":
        say()
        for name, remedy in dict.fromkeys((one.check, one.remedy) for one in answer.findings):
            say(f"{name}: {remedy}")
        for line in _summary(answer):
            say(line)


def _grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of each check about each instrument, newest first; in order of the first one."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.check, one.instrument_id), []).append(one)
    return list(groups.values())


def _paint(column: str, row: Mapping[str, Any]) -> str:
    if column not in {"severity", "check"}:
        return ""
    return BAD if row["severity"] == "fail" else STALE


def _summary(answer: LakeCheck) -> list[str]:
    count = len(answer.findings)
    lines = [f"{count:,} finding{'' if count == 1 else 's'}, {answer.severe:,} of them severe"]
    groups = len(_grouped(answer.findings))
    if groups < count:
        lines.append(
            "one line per check and instrument, with its newest finding; --format csv or json lists all"
        )
    if groups > LISTED:
        lines.append(f"{LISTED} of {groups:,} lines are shown; --severity and ids filter")
    return [*lines, f"snapshot {answer.snapshot}, {answer.origin} data"]
