"""Looking an instrument up at the vendors: what a text may mean, and what is told of the chosen one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..errors import NotFoundError, SourceError, UnavailableError
from ..instruments import SourceRef
from ..settings import Settings
from ..sources.exchange import Exchange
from ..sources.listing import Facts, Listing
from .collect import access_of

EXCHANGES: Final = ("bitstamp", "coinbaseexchange")
"""Asked for a crypto pair, in order of trust: those that serve their whole history."""
_PAIR: Final = re.compile(r"([A-Za-z0-9]{1,20})[/-]([A-Za-z]{3,5})")


def candidates(settings: Settings, text: str) -> Sequence[Listing]:
    """Symbols of Yahoo's that the text may mean; the one that is spelt like it alone, where there is one.

    Raises `SourceError`; `NotFoundError` where Yahoo knows nothing of the kind.
    """
    from ..sources.yahoo_lookup import search

    wanted = text.strip().replace("/", "-")
    try:
        found = search(wanted, access_of(settings))
    except UnavailableError as error:
        raise UnavailableError(
            f"{error}\nNothing was looked up: ask again once there is a way to the vendors, or write the "
            "entry into instruments.toml by hand"
        ) from error
    exact = [listing for listing in found if listing.symbol.casefold() == wanted.casefold()]
    if not found:
        raise NotFoundError(
            f"yahoo knows nothing like {text[:40]!r}; try another spelling or part of the name, or write the "
            "entry into instruments.toml by hand"
        )
    return exact or found


def facts_of(settings: Settings, listing: Listing) -> Facts:
    """What Yahoo tells of the chosen symbol; raises `SourceError`."""
    from ..sources.yahoo_lookup import facts

    return facts(listing, access_of(settings))


def on_exchanges(settings: Settings, listing: Listing) -> tuple[Sequence[SourceRef], Sequence[SourceError]]:
    """The first exchange that trades the pair, as a source, and the errors of those that did not answer."""
    match = _PAIR.fullmatch(listing.symbol)
    if listing.kind != "CRYPTOCURRENCY" or match is None:
        return (), ()
    pair = f"{match[1].upper()}/{match[2].upper()}"
    errors: list[SourceError] = []
    for name in EXCHANGES:
        try:
            if pair in Exchange(name).markets(access_of(settings)):
                return [SourceRef(name, pair)], errors
        except SourceError as error:
            errors.append(error)
    return (), errors
