"""The command `status`, and the overview without a command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from ..model.errors import ConfigError, EmptyLakeError, LakeError
from ..model.settings import load_settings
from .options import Format, format_option, lake_of, settings_options
from .output import (
    BAD,
    GOOD,
    QUIET,
    STALE,
    console,
    drawn,
    name_skipped,
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
"""Contains that many sessions at any exchange."""


@click.command()
@settings_options("home", "lake", "now")
@format_option
def status(settings: Settings, output: Format) -> None:
    """Show what is stored, how fresh it is, how the last runs ended, and the verdicts on claims."""
    from ..ingest.status import status as lake_status

    state = lake_status(settings)
    if output == "json":
        print_json(state.to_dict())
        return
    trends = _trends(settings, state) if drawn(output) else {}
    columns = ["instrument_id", "sessions_due", "last_session", "outcome", "source", "message"]
    if trends:
        columns.insert(3, _LATEST)
    rows = [vars(one) | {_LATEST: sparkline(trends.get(one.instrument_id, ()))} for one in state.instruments]
    print_rows(rows, columns, output, paint=paint_status)
    if output == "table":
        say()
        say(f"{state.lake}: {state.origin} data, snapshot {state.snapshot}")
        say(f"{state.bars:,} bars, {state.revisions:,} revisions, {state.quarantined:,} rows in quarantine")
        say(_reverified(state))
        _print_gaps(state)
        if state.waiting:
            say(f"{state.waiting} raw batches wait to be stored: `marketlake run`")
        name_skipped(settings.universe)
        if not state.built:
            say("market.duckdb is older than the bars: `marketlake build`")
        _print_claims(state.claims)


def _trends(settings: Settings, state: LakeStatus) -> Trends:
    """The latest sessions of the instruments stored in the last months; empty without a
    database."""
    stored = [one.last_session for one in state.instruments if one.last_session]
    try:
        return lake_of(settings).trends(max(stored) - _REACH, _SESSIONS) if stored and state.built else {}
    except LakeError:
        return {}


def _reverified(state: LakeStatus) -> str:
    if not state.reverify_days:
        return "whole histories are not re-verified (reverify_days = 0)"
    days = [one.verified_on for one in state.instruments if one.verified_on]
    since = f", the oldest on {min(days)}" if days else ""
    return (
        f"whole histories are re-verified every {state.reverify_days} days:  "
        f"{len(days)} of {len(state.instruments)} verified recently{since}"
    )


def _print_gaps(state: LakeStatus) -> None:
    open_gaps = sum(one.open_gaps for one in state.instruments)
    permanent = sum(one.permanent_gaps for one in state.instruments)
    if open_gaps or permanent:
        say(f"{open_gaps:,} open gaps, {permanent:,} permanent gaps: FROM session_gap")


def _print_claims(checks: Sequence[ClaimCheck]) -> None:
    for claim_id in dict.fromkeys(check.claim_id for check in checks):
        spans = [check for check in checks if check.claim_id == claim_id]
        say()
        say(f'"{spans[0].statement}" ({spans[0].source}, {spans[0].published})')
        for check in spans:
            when = "as published" if check.span == "published" else "today"
            # today's years are unknown while an instrument is missing
            years = f", {check.first_year} to {check.last_year}" if check.first_year else ""
            say(f"  {when}{years}: {check.verdict}; {check.reason}")


_QUESTIONS: Final = (
    ("Compare calendar years", "compare {a} {b}"),
    ("Return and risk", "metrics {a} {b}"),
    ("Rank all instruments", "scoreboard --from 2020"),
    ("Backtest a 3 % sleeve in a plan", 'portfolio "57 {b}, 40 {c}, 3 {a}" --sleeve {a}'),
    ("Check public claims", "claims"),
    ("Run SQL", "query \"FROM compare('{a}', '{b}')\""),
)
_FAVOURITES: Final = ("BTC", "SPY", "AGG", "NASDAQ", "GOLD")
_NAMED: Final = 5
_STALE_DAYS: Final = 5
"""Longer than a weekend with a holiday on each side."""


def overview() -> None:
    """The state of the lake and example commands; the exit code is always 0."""
    settings = load_settings()
    say("marketlake stores daily prices as traded and compares their returns.")
    say()
    try:
        state = _overview(settings)
    except ConfigError as error:
        _missing(settings, error)
    except EmptyLakeError:
        say(f"Lake: none at {settings.lake} yet; {settings.home / 'instruments.toml'} lists what to fetch.")
        _next("marketlake run")
    except LakeError as error:
        _line("Lake: ", str(error), BAD)
        _next("marketlake verify")
    else:
        _state(settings, state)
        _questions(state.stored)
        _next(_to_do(settings, state))
    say("All commands: marketlake --help.  One of them: marketlake compare --help.")
    say("Completion with the TAB key: the end of marketlake --help says how.")


def _overview(settings: Settings) -> Overview:
    from ..ingest.status import overview as overview_of

    return overview_of(settings)


def _missing(settings: Settings, error: ConfigError) -> None:
    """A missing configuration is no failure; an unreadable one is."""
    if (settings.home / "instruments.toml").exists():
        _line("Configuration: ", str(error), BAD)
        return
    say(f"Lake: none here; {settings.home} has no instruments.toml, which lists what to fetch.")
    say("If you have one elsewhere: cd there, or set MARKETLAKE_HOME.")
    _next("marketlake init my-lake")


def _state(settings: Settings, state: Overview) -> None:
    say(f"Lake: {settings.lake} ({state.origin} data)")
    say(f"  {len(state.stored)} of {state.known} instruments, {state.bars:,} daily bars")
    if state.last_session:
        age = _age(settings, state)
        when = f"{state.last_session}" + (f", {age} days ago" if age > _STALE_DAYS else "")
        _line("  latest session ", when, STALE if age > _STALE_DAYS else GOOD)
    if state.failed:
        more = f" and {len(state.failed) - _NAMED} more" if len(state.failed) > _NAMED else ""
        _line("  last fetch failed: ", ", ".join(state.failed[:_NAMED]) + more, BAD)
    if state.waiting:
        _line("  ", f"{state.waiting} raw batches wait to be stored", STALE)
    say()


def _age(settings: Settings, state: Overview) -> int:
    return (settings.clock.now().date() - state.last_session).days if state.last_session else 0


def _questions(stored: Sequence[str]) -> None:
    """Example commands that this lake can answer, with stored instruments."""
    names = [name for name in _FAVOURITES if name in stored]
    names += [name for name in stored if name not in names]
    possible = [(text, command) for text, command in _QUESTIONS if len(names) > _needed(command)]
    shown = [(text, command.format(**dict(zip("abc", names, strict=False)))) for text, command in possible]
    width = max(len(text) for text, _ in shown)
    for text, command in shown:
        _line(f"  {text:<{width}}  ", f"marketlake {command}", "bold")
    say()


def _needed(command: str) -> int:
    """The index of the last instrument that a command names."""
    return max((place for place, name in enumerate("abc") if f"{{{name}}}" in command), default=-1)


def _to_do(settings: Settings, state: Overview) -> str:
    if state.waiting or state.failed or not state.stored or _age(settings, state) > _STALE_DAYS:
        return "marketlake run"
    return "marketlake build" if not state.built else "marketlake status"


def _next(command: str) -> None:
    _line("Next: ", command, "bold")
    say()


def _line(plain: str, styled: str, style: str) -> None:
    from rich.text import Text

    console().print(Text.assemble((plain, QUIET if plain.isspace() else ""), (styled, style)), soft_wrap=True)
