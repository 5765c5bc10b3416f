"""Is anybody there? Asked before a live run begins, so that one without a network changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ..errors import UnavailableError

ADDRESSES: Final[Mapping[str, str]] = {
    "binance": "https://api.binance.com",
    "bitstamp": "https://www.bitstamp.net",
    "coinbaseexchange": "https://api.exchange.coinbase.com",
    "ecb": "https://www.ecb.europa.eu",
    "fred": "https://fred.stlouisfed.org",
    "kraken": "https://api.kraken.com",
    "yahoo": "https://query1.finance.yahoo.com",
}
_TIMEOUT_S: Final = 5.0


def require_a_vendor(sources: Iterable[str], addresses: Mapping[str, str] = ADDRESSES) -> None:
    """Return once any of the sources answers, whatever it says; `UnavailableError` when none does.

    A source that is not among `addresses` (an exchange less in use, a file) counts as there.
    """
    wanted = tuple(dict.fromkeys(sources))
    if not all(source in addresses and not _answers(addresses[source]) for source in wanted):
        return
    raise UnavailableError(
        f"none of {', '.join(wanted)} can be reached; is there a network, does it need HTTPS_PROXY? "
        "Nothing was changed. `make run` without LIVE=1 needs no network."
    )


def _answers(address: str) -> bool:
    import requests

    try:
        requests.head(address, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException:
        return False
    return True
