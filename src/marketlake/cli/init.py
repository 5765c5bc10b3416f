"""The command `init`: a configuration to start from, by questions on a terminal or by flags."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from ..errors import UsageError
from ..instruments import ASSET_CLASSES
from .output import say
from .terminal import can_ask

Answer = TypeVar("Answer")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Wishes:
    """What the configuration should say; empty is the default."""

    words: tuple[str, ...] = ()
    """Asset classes and instrument ids; all if none."""
    lake: str = ""
    currency: str = ""


def init(
    folder: Annotated[Path, typer.Argument(help="The home to write; created when it is not there.")] = Path(),
    sample: Annotated[
        bool, typer.Option("--sample", help="The sample market's universe instead of the live one.")
    ] = False,
    begin: Annotated[
        str | None,
        typer.Option(
            "--with", help='What to begin with: asset classes and ids, such as "crypto, SPY, GOLD".'
        ),
    ] = None,
    lake: Annotated[
        str | None, typer.Option("--lake", help="Where the lake should be; data in the home if left out.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Home currency, such as EUR: comparisons convert into it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")] = False,
) -> None:
    """Write instruments.toml, claims.toml and marketlake.toml; a file that is there stays as it is.

    Asks on a terminal, unless an option answers already; never when piped.
    """
    answered = yes or sample or any(flag is not None for flag in (begin, lake, currency))
    there = all((folder / name).exists() for name in ("instruments.toml", "marketlake.toml"))
    ask = can_ask() and not answered and not there
    wishes = _asked() if ask else Wishes(_words(begin or ""), _place(lake or ""), _code(currency or ""))
    _write(folder, _texts(wishes, sample=sample))
    if not sample:
        say(f"next: marketlake run --home {folder}")


def _texts(wishes: Wishes, *, sample: bool) -> dict[str, str]:
    from ..pipeline.starting import starting_instruments, starting_settings
    from ..shipped import shipped
    from ..simulator.sample import FOLDER

    universe = (FOLDER / "instruments.toml").read_text("utf-8") if sample else shipped("instruments.toml")
    return {
        "instruments.toml": starting_instruments(universe, wishes.words, wishes.currency),
        "claims.toml": shipped("claims.toml"),
        "marketlake.toml": starting_settings(wishes.lake, wishes.currency),
    }


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            kept = path.exists()
            if not kept:
                path.write_text(text, encoding="utf-8")
            say(f"{'kept' if kept else 'wrote'} {path}")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error


def _asked() -> Wishes:
    """The answers to three questions."""
    sys.stderr.write(
        "Three questions; Enter takes what stands in brackets, and every file can be changed later.\n"
        f"Asset classes: {', '.join(ASSET_CLASSES)}\n"
    )
    words = _ask("Begin with (all, or classes and ids such as: crypto, metal, SPY)", "all", _known_words)
    lake = _ask("Where should the lake be", "data", _place)
    currency = _ask("Home currency to compare in, such as EUR (own: each one's own)", "own", _code)
    return Wishes(words, lake, currency)


def _ask(question: str, default: str, read: Callable[[str], Answer]) -> Answer:
    """The answer as it is read; one that cannot be is asked for again."""
    while True:
        try:
            return read(typer.prompt(question, default=default, err=True).strip())
        except UsageError as error:
            sys.stderr.write(f"{error}\n")


def _known_words(text: str) -> tuple[str, ...]:
    """As `_words`; `UsageError` for what does not come with marketlake."""
    from ..pipeline.starting import starting_instruments
    from ..shipped import shipped

    words = _words(text)
    starting_instruments(shipped("instruments.toml"), words)
    return words


def _words(text: str) -> tuple[str, ...]:
    """Asset classes as they are written, anything else as ids."""
    return tuple(_word(part) for part in re.split(r"[,\s]+", text) if part)


def _place(text: str) -> str:
    if not text.isprintable():
        raise UsageError("the lake's place must be printable text, such as data or /srv/lake")
    return "" if text == "data" else text


def _code(text: str) -> str:
    code = "" if text == "own" else text.upper()
    if code and not _CURRENCY.fullmatch(code):
        raise UsageError(f"{text[:20]!r} is not a currency; write an ISO code such as EUR")
    return code


def _word(text: str) -> str:
    """An asset class as it is written, anything else as an id."""
    return text.lower() if text.lower() in {*ASSET_CLASSES, "all"} else text.upper()
