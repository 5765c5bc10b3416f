"""`marketlake` alone: what can be asked, the state of the lake, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError, EmptyLakeError, LakeError
from .options import settings_of
from .output import say
from .terminal import BAD, GOOD, QUIET, STALE, console

if TYPE_CHECKING:
    from ..pipeline.overview import Overview
    from ..settings import Settings

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
    from ..pipeline.overview import overview as overview_of

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
