"""The command `add`: an instrument looked up at the vendors, and its entry for instruments.toml."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ..errors import UsageError
from .options import Format, Home, Now, SourceUrl, parse_date, settings_of
from .output import print_rows
from .terminal import can_ask

if TYPE_CHECKING:
    from ..pipeline.proposal import Entry
    from ..settings import Settings
    from ..sources.listing import Listing

_COLUMNS: Final = ("symbol", "name", "kind", "venue")


def add(
    symbol: Annotated[
        str, typer.Argument(help="A symbol of Yahoo's such as VOD.L, a pair such as SOL/USD, or a name.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write the entry without asking.")] = False,
    own_id: Annotated[str | None, typer.Option("--id", help="Our id; from the symbol if left out.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name; the vendor's if left out.")] = None,
    asset_class: Annotated[
        str | None, typer.Option(help="Such as bond for a bond fund; from the vendor's word if left out.")
    ] = None,
    calendar: Annotated[
        str | None, typer.Option(help="Whose days it trades on, such as XLON; from its zone if left out.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="What its price is in.")] = None,
    since: Annotated[
        str | None, typer.Option(help="First session to ask for; the vendor's first if left out.")
    ] = None,
    home: Home = None,
    now: Now = None,
    source_url: SourceUrl = None,
) -> None:
    """Look an instrument up at the vendors and propose its entry; written once confirmed."""
    from ..pipeline.add import add as write
    from ..pipeline.add import assert_new, entry_text

    settings = settings_of(home, None, now, source_url)
    given = {
        "id": own_id,
        "name": name,
        "asset_class": asset_class,
        "calendar": calendar,
        "quote_currency": currency,
        "since": parse_date(since) if since else None,
    }
    universe = settings.universe
    entry, remark = _proposed(settings, symbol, given)
    assert_new(universe, entry)
    sys.stdout.write(entry_text(entry, remark))
    if not (yes or _confirmed()):
        sys.stderr.write("nothing was written; --yes writes without asking\n")
        return
    added = write(settings.home, entry, remark)
    sys.stderr.write(f"written to {settings.home / 'instruments.toml'}; next: marketlake run {added.id}\n")


def _proposed(settings: Settings, text: str, given: dict[str, Any]) -> tuple[Entry, str]:
    """The entry and a remark on it."""
    from ..pipeline.lookup import candidates, facts_of, on_exchanges
    from ..pipeline.proposal import propose, remark
    from .progress import watching

    with watching(f"asking yahoo for {text[:40]}"):
        found = candidates(settings, text)
    chosen = found[0] if len(found) == 1 else _chosen(text, found)
    with watching(f"asking for {chosen.symbol}"):
        facts = facts_of(settings, chosen)
        exchanges, errors = on_exchanges(settings, chosen)
    for error in errors:
        sys.stderr.write(f"left out: {error}\n")
    return propose(chosen, facts, exchanges, given), remark(facts)


def _chosen(text: str, found: Sequence[Listing]) -> Listing:
    """The one that is picked by number; `UsageError` where nobody can."""
    rows = [{"": place, **vars(listing)} for place, listing in enumerate(found, 1)]
    print_rows(rows, ["", *_COLUMNS], Format.table)
    if not can_ask():
        symbols = ", ".join(listing.symbol for listing in found)
        raise UsageError(f"{text[:40]!r} may mean several instruments; name one of {symbols}")
    while True:
        number: int = typer.prompt("Which one? (Ctrl-C for none)", type=int, err=True)
        if 1 <= number <= len(found):
            return found[number - 1]
        sys.stderr.write(f"a number from 1 to {len(found)}\n")


def _confirmed() -> bool:
    return can_ask() and typer.confirm("Write this to instruments.toml?", default=True, err=True)
