"""The commands `init` and `add`, which write configuration files, and `dags`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ..model.errors import UsageError
from ..model.instruments import ASSET_CLASSES
from .options import PATH, parse_date, settings_options
from .output import can_ask, print_rows, say

if TYPE_CHECKING:
    from ..ingest.configure import Entry
    from ..model.errors import SourceError
    from ..model.settings import Settings
    from ..sources.lookup import Listing

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_COLUMNS: Final = ("symbol", "name", "kind", "venue")

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Wishes:
    """The requested configuration; empty means the default."""

    words: tuple[str, ...] = ()
    """Asset classes and instrument ids; empty for all."""
    lake: str = ""
    currency: str = ""


@click.command()
@click.argument(
    "folder", type=PATH, required=False, default=Path(), help="The home to write; created if missing."
)
@click.option("--sample", is_flag=True, help="Use the sample market's universe instead of the live one.")
@click.option("--with", "begin", help='Asset classes and ids to start with, such as "crypto, SPY, GOLD".')
@click.option("--lake", help="Location of the lake; default: data in the home.")
@click.option("--currency", help="Home currency, such as EUR; comparisons convert to it.")
@click.option("--yes", "-y", is_flag=True, help="Use the defaults without asking.")
def init(
    folder: Path, sample: bool, begin: str | None, lake: str | None, currency: str | None, yes: bool
) -> None:
    """Write instruments.toml, claims.toml and marketlake.toml; existing files stay unchanged.

    On a terminal it asks three questions, unless an option already answers them. It never asks when
    piped.
    """
    answered = yes or sample or any(flag is not None for flag in (begin, lake, currency))
    there = all((folder / name).exists() for name in ("instruments.toml", "marketlake.toml"))
    ask = can_ask() and not answered and not there
    wishes = _answers() if ask else Wishes(_words(begin or ""), _place(lake or ""), _code(currency or ""))
    _write(folder, _texts(wishes, sample=sample))
    if not sample:
        say(f"next: marketlake run --home {folder}")


def write_sample(folder: Path) -> None:
    """Write the home of the sample market; `UsageError` where there is another."""
    from ..model.toml_file import sample_instruments, shipped

    texts = {"instruments.toml": sample_instruments(), "claims.toml": shipped("claims.toml")}
    written = folder / "instruments.toml"
    if not written.exists():
        _write(folder, texts)
    elif written.read_text("utf-8") != texts["instruments.toml"]:
        raise UsageError(f"{folder} has other instruments; name another folder: marketlake demo FOLDER")


def _texts(wishes: Wishes, *, sample: bool) -> dict[str, str]:
    from ..ingest.configure import instrument_ids, starting_claims, starting_instruments, starting_settings
    from ..model.toml_file import sample_instruments, shipped

    universe = sample_instruments() if sample else shipped("instruments.toml")
    instruments = starting_instruments(universe, wishes.words, wishes.currency)
    return {
        "instruments.toml": instruments,
        "claims.toml": starting_claims(shipped("claims.toml"), instrument_ids(instruments)),
        "marketlake.toml": starting_settings(wishes.lake, wishes.currency),
    }


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            exists = path.exists()
            if not exists:
                path.write_text(text, encoding="utf-8")
            say(f"{'unchanged' if exists else 'wrote'}: {path}")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error


def _answers() -> Wishes:
    """The answers to three questions."""
    sys.stderr.write(
        "Three questions; Enter accepts the default in brackets. Every file can be edited later.\n"
        f"Asset classes: {', '.join(ASSET_CLASSES)}\n"
    )
    words = _ask("Instruments (all, or classes and ids such as: crypto, metal, SPY)", "all", _known_words)
    lake = _ask("Location of the lake", "data", _place)
    currency = _ask("Home currency for comparisons, such as EUR (own: each instrument's own)", "own", _code)
    return Wishes(words, lake, currency)


def _ask(question: str, default: str, read: Callable[[str], Answer]) -> Answer:
    """Ask until the answer can be read."""
    while True:
        try:
            return read(click.prompt(question, default=default, err=True).strip())
        except UsageError as error:
            sys.stderr.write(f"{error}\n")


def _known_words(text: str) -> tuple[str, ...]:
    """As `_words`; `UsageError` for an id that marketlake does not ship."""
    from ..ingest.configure import starting_instruments
    from ..model.toml_file import shipped

    words = _words(text)
    starting_instruments(shipped("instruments.toml"), words)
    return words


def _words(text: str) -> tuple[str, ...]:
    """Asset classes in lower case, anything else as ids in upper case."""
    return tuple(_word(part) for part in re.split(r"[,\s]+", text) if part)


def _place(text: str) -> str:
    if not text.isprintable():
        raise UsageError("the location of the lake must be printable text, such as data or /srv/lake")
    return "" if text == "data" else text


def _code(text: str) -> str:
    code = "" if text == "own" else text.upper()
    if code and not _CURRENCY.fullmatch(code):
        raise UsageError(f"{text[:20]!r} is not a currency; write an ISO code such as EUR")
    return code


def _word(text: str) -> str:
    """An asset class in lower case, anything else as an id in upper case."""
    return text.lower() if text.lower() in {*ASSET_CLASSES, "all"} else text.upper()


@click.command()
@click.argument("symbol", help="A Yahoo symbol such as VOD.L, a pair such as SOL/USD, or a name.")
@click.option("--yes", "-y", is_flag=True, help="Write the entry without asking.")
@click.option("--id", "own_id", help="Instrument id; default: from the symbol.")
@click.option("--name", help="Name; default: the vendor's.")
@click.option("--asset-class", help="Asset class, such as bond for a bond fund; default: from the vendor.")
@click.option("--calendar", help="Trading calendar, such as XLON; default: from the time zone.")
@click.option("--currency", help="Currency of the price.")
@click.option("--since", help="First session to fetch; default: the vendor's first.")
@settings_options("home", "now", "source_url")
def add(
    symbol: str,
    yes: bool,
    own_id: str | None,
    name: str | None,
    asset_class: str | None,
    calendar: str | None,
    currency: str | None,
    since: str | None,
    settings: Settings,
) -> None:
    """Propose an instrument's entry, shipped or looked up at the vendors; write it after confirmation."""
    from ..ingest.configure import add as write
    from ..ingest.configure import assert_new, assert_unlisted, entry_text

    given = {
        "id": own_id,
        "name": name,
        "asset_class": asset_class,
        "calendar": calendar,
        "quote_currency": currency,
        "since": parse_date(since) if since else None,
    }
    universe = settings.universe
    assert_unlisted(universe, symbol, by_id=own_id is None)
    entry, remark = _proposed(settings, symbol, given)
    assert_new(universe, entry)
    sys.stdout.write(entry_text(entry, remark))
    if not (yes or _confirmed()):
        sys.stderr.write("nothing was written; --yes writes without asking\n")
        return
    added = write(settings.home, entry, remark)
    sys.stderr.write(f"written to {settings.home / 'instruments.toml'}; next: marketlake run {added.id}\n")


def _proposed(settings: Settings, text: str, given: dict[str, Any]) -> tuple[Entry, str]:
    """The proposed entry, and a remark on it."""
    from ..ingest.configure import facts_of, on_exchanges, propose, remark, shipped_entry
    from .progress import watching

    entry = shipped_entry(text)
    if entry is None:
        chosen = _listing(settings, text)
        entry = shipped_entry(chosen.symbol)
    if entry is not None:
        sys.stderr.write("this entry comes with marketlake\n")
        return {**entry, **{key: value for key, value in given.items() if value is not None}}, ""
    with watching(f"looking up {chosen.symbol}"):
        facts = facts_of(settings, chosen)
        exchanges, errors = on_exchanges(settings, chosen)
    _name_skipped(errors)
    return propose(chosen, facts, exchanges, given), remark(facts)


def _listing(settings: Settings, text: str) -> Listing:
    """The vendor's symbol that the text means."""
    from ..ingest.configure import candidates
    from .progress import watching

    with watching(f"looking up {text[:40]} at yahoo"):
        listings, errors = candidates(settings, text)
    _name_skipped(errors)
    return listings[0] if len(listings) == 1 else _chosen(text, listings)


def _name_skipped(errors: Sequence[SourceError]) -> None:
    for error in errors:
        sys.stderr.write(f"skipped: {error}\n")


def _chosen(text: str, listings: Sequence[Listing]) -> Listing:
    """The listing that the user picks by number; `UsageError` without a terminal."""
    rows = [{"": place, **vars(listing)} for place, listing in enumerate(listings, 1)]
    print_rows(rows, ["", *_COLUMNS], "table")
    if not can_ask():
        symbols = ", ".join(listing.symbol for listing in listings)
        raise UsageError(f"{text[:40]!r} matches several instruments; name one of {symbols}")
    while True:
        number: int = click.prompt("Which one? (Ctrl-C for none)", type=int, err=True)
        if 1 <= number <= len(listings):
            return listings[number - 1]
        sys.stderr.write(f"enter a number from 1 to {len(listings)}\n")


def _confirmed() -> bool:
    return can_ask() and click.confirm("Write this to instruments.toml?", default=True, err=True)


@click.command()
@click.option(
    "--install", type=PATH, required=True, metavar="DIR", help="Airflow's folder of DAG files; it must exist."
)
def dags(install: Path) -> None:
    """Write the DAG files into the folder of an Airflow of yours.

    Each is called `marketlake_*.py`; older ones are replaced. Airflow needs `marketlake[airflow]`.
    """
    from ..model.toml_file import shipped_dags
    from ..store.disk import write_bytes

    if not install.is_dir():
        raise UsageError(f"{install} is no folder; name the dags_folder of your Airflow")
    for name, text in shipped_dags().items():
        path = install.resolve() / f"marketlake_{name}"
        write_bytes(path, text.encode())
        say(f"wrote: {path}")
