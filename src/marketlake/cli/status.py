"""Commands that tell what is stored: status, query. They change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..model.errors import ConfigError, EmptyLakeError, LakeError
from .options import Format, Home, Lake, Now, Output, lake_of, settings_of
from .output import (
    BAD,
    GOOD,
    QUIET,
    STALE,
    console,
    drawn,
    paint_status,
    print_json,
    print_rows,
    say,
    sparkline,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..answers.prices import Trends
    from ..claims.verdict import ClaimCheck
    from ..ingest.status import LakeStatus, Overview
    from ..model.settings import Settings


_SESSIONS: Final = 30
_LATEST: Final = f"last {_SESSIONS}"
_REACH: Final = timedelta(days=60)
"""Holds as many sessions at any exchange."""


def status(home: Home = None, lake: Lake = None, now: Now = None, output: Output = Format.table) -> None:
    """What is stored, how fresh it is, how the last runs ended, and how the claims fare."""
    from ..ingest.status import status as lake_status

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
        _print_gaps(found)
        if found.waiting:
            say(f"{found.waiting} raw batches wait to be stored: `marketlake run`")
        if not found.built:
            say("market.duckdb is older than the bars: `marketlake build`")
        _print_claims(found.claims)


def _trends(settings: Settings, found: LakeStatus) -> Trends:
    """The latest sessions of what was stored in the last months; none without a database of it."""
    stored = [one.last_session for one in found.instruments if one.last_session]
    try:
        return lake_of(settings).trends(max(stored) - _REACH, _SESSIONS) if stored and found.built else {}
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


def _print_gaps(found: LakeStatus) -> None:
    left = sum(one.open_gaps for one in found.instruments)
    given_up = sum(one.permanent_gaps for one in found.instruments)
    if left or given_up:
        say(f"{left:,} gaps are asked for again, {given_up:,} are the vendors' own: FROM session_gap")


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
    answer = lake_of(settings_of(home, lake, None, None)).query_rows(sql)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    print_rows(rows, list(answer.columns), output)


_ASKED: Final = (
    ("Who was ahead, year by year?", "compare {a} {b}"),
    ("What return, at what risk?", "metrics {a} {b}"),
    ("Which did best?", "scoreboard --from 2020"),
    ("What would 3 % have done to a plan?", 'portfolio "57 {b}, 40 {c}, 3 {a}" --sleeve {a}'),
    ("Is what they say true?", "claims"),
    ("Anything else?", "query \"FROM compare('{a}', '{b}')\""),
)
_FAVOURITES: Final = ("BTC", "SPY", "AGG", "NASDAQ", "GOLD")
_NAMED: Final = 5
_STALE_DAYS: Final = 5
"""Longer than a weekend with a holiday on either side."""


def overview() -> None:
    """What a newcomer sees first; the exit code is 0 whatever there is."""
    settings = settings_of(None, None, None, None)
    say("marketlake keeps daily prices as they were traded and answers how they did against each other.")
    say()
    try:
        found = _found(settings)
    except ConfigError as error:
        _missing(settings, error)
    except EmptyLakeError:
        say(f"Lake: none at {settings.lake} yet; {settings.home / 'instruments.toml'} says what to fetch.")
        _next("marketlake run")
    except LakeError as error:
        _line("Lake: ", str(error), BAD)
        _next("marketlake verify")
    else:
        _state(settings, found)
        _questions(found.stored)
        _next(_to_do(settings, found))
    say("All commands: marketlake --help.  One of them: marketlake compare --help.")
    say("Completion with the TAB key: marketlake --install-completion")


def _found(settings: Settings) -> Overview:
    from ..ingest.status import overview as overview_of

    return overview_of(settings)


def _missing(settings: Settings, error: ConfigError) -> None:
    """No configuration yet is no failure; one that cannot be read is."""
    if (settings.home / "instruments.toml").exists():
        _line("Configuration: ", str(error), BAD)
        return
    say(f"Lake: none here; {settings.home} has no instruments.toml, which says what to fetch.")
    say("Where there is one: cd there, or set MARKETLAKE_HOME.")
    _next("marketlake init my-lake")


def _state(settings: Settings, found: Overview) -> None:
    say(f"Lake: {settings.lake} ({found.origin} data)")
    say(f"  {len(found.stored)} of {found.known} instruments, {found.bars:,} daily bars")
    if found.last_session:
        age = _age(settings, found)
        when = f"{found.last_session}" + (f", {age} days ago" if age > _STALE_DAYS else "")
        _line("  latest session ", when, STALE if age > _STALE_DAYS else GOOD)
    if found.failed:
        more = f" and {len(found.failed) - _NAMED} more" if len(found.failed) > _NAMED else ""
        _line("  last fetch failed: ", ", ".join(found.failed[:_NAMED]) + more, BAD)
    if found.waiting:
        _line("  ", f"{found.waiting} raw batches wait to be stored", STALE)
    say()


def _age(settings: Settings, found: Overview) -> int:
    return (settings.clock.now().date() - found.last_session).days if found.last_session else 0


def _questions(stored: Sequence[str]) -> None:
    """Questions that this lake can answer: with instruments that it holds."""
    names = [name for name in _FAVOURITES if name in stored]
    names += [name for name in stored if name not in names]
    asked = [(text, command) for text, command in _ASKED if len(names) > _needed(command)]
    shown = [(text, command.format(**dict(zip("abc", names, strict=False)))) for text, command in asked]
    width = max(len(text) for text, _ in shown)
    for text, command in shown:
        _line(f"  {text:<{width}}  ", f"marketlake {command}", "bold")
    say()


def _needed(command: str) -> int:
    """The place of the last instrument that a question names."""
    return max((place for place, name in enumerate("abc") if f"{{{name}}}" in command), default=-1)


def _to_do(settings: Settings, found: Overview) -> str:
    if found.waiting or found.failed or not found.stored or _age(settings, found) > _STALE_DAYS:
        return "marketlake run"
    return "marketlake build" if not found.built else "marketlake status"


def _next(command: str) -> None:
    _line("Next: ", command, "bold")
    say()


def _line(plain: str, told: str, style: str) -> None:
    from rich.text import Text

    console().print(Text.assemble((plain, QUIET if plain.isspace() else ""), (told, style)), soft_wrap=True)
