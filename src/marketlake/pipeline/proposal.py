"""From what vendors tell of a symbol to the entry for `instruments.toml`. Pure.

What a vendor says is judged by the rules for that file like any entry a person writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from ..errors import UsageError
from ..instruments import ASSET_CLASSES, SourceRef
from ..normalise import MINOR_UNITS
from ..sources.listing import Facts, Listing

Entry = Mapping[str, Any]

_CLASSES: Final = MappingProxyType(
    {
        "EQUITY": "equity",
        "ETF": "fund",
        "MUTUALFUND": "fund",
        "INDEX": "index",
        "CRYPTOCURRENCY": "crypto",
        "CURRENCY": "currency",
    }
)
_METALS: Final = frozenset({"GC=F", "SI=F", "PL=F", "PA=F", "HG=F", "MGC=F", "SIL=F"})
_CALENDARS: Final = MappingProxyType(
    {
        "America/New_York": "XNYS",
        "America/Chicago": "XNYS",
        "America/Toronto": "XTSE",
        "America/Mexico_City": "XMEX",
        "America/Sao_Paulo": "BVMF",
        "Europe/London": "XLON",
        "Europe/Dublin": "XDUB",
        "Europe/Berlin": "XETR",
        "Europe/Paris": "XPAR",
        "Europe/Amsterdam": "XAMS",
        "Europe/Brussels": "XBRU",
        "Europe/Lisbon": "XLIS",
        "Europe/Madrid": "XMAD",
        "Europe/Rome": "XMIL",
        "Europe/Zurich": "XSWX",
        "Europe/Vienna": "XWBO",
        "Europe/Stockholm": "XSTO",
        "Europe/Oslo": "XOSL",
        "Europe/Copenhagen": "XCSE",
        "Europe/Helsinki": "XHEL",
        "Europe/Warsaw": "XWAR",
        "Europe/Prague": "XPRA",
        "Europe/Budapest": "XBUD",
        "Europe/Istanbul": "XIST",
        "Asia/Tokyo": "XTKS",
        "Asia/Hong_Kong": "XHKG",
        "Asia/Shanghai": "XSHG",
        "Asia/Seoul": "XKRX",
        "Asia/Taipei": "XTAI",
        "Asia/Singapore": "XSES",
        "Asia/Kolkata": "XBOM",
        "Australia/Sydney": "XASX",
        "Pacific/Auckland": "XNZE",
        "Africa/Johannesburg": "XJSE",
    }
)
"""The main exchange of a zone, whose days its indices, funds and (New York) futures follow too."""
_FIRST_CANDLE: Final = date(2011, 8, 18)
"""bitstamp's first: no exchange tells when its own begin, and asking too early only costs a page."""
_EARLIEST: Final = date(1970, 1, 2)
_LONGEST_ID: Final = 32


def propose(
    listing: Listing, facts: Facts, exchanges: Sequence[SourceRef], given: Mapping[str, Any]
) -> Entry:
    """The entry, in the file's order of keys; `given` (of None: not given) wins over what vendors say.

    Raises `UsageError` naming the option for what they leave open.
    """
    crypto = listing.kind == "CRYPTOCURRENCY"
    told = {
        "id": _id(listing.symbol, crypto=crypto),
        "name": listing.name or listing.symbol,
        "asset_class": "metal" if listing.symbol in _METALS else _CLASSES.get(listing.kind),
        "calendar": "24/7" if crypto else _calendar(listing, facts),
        "quote_currency": MINOR_UNITS.get(facts.currency, (facts.currency, 1.0))[0] or None,
        "return_basis": "price",
        "since": _FIRST_CANDLE if exchanges else max(facts.first_session or _EARLIEST, _EARLIEST),
    }
    entry = {key: value if given.get(key) is None else given[key] for key, value in told.items()}
    _assert_told(listing, entry)
    sources = [*exchanges, SourceRef(listing.source, listing.symbol)]
    return entry | {"sources": [{"source": one.source, "symbol": one.symbol} for one in sources]}


def remark(facts: Facts) -> str:
    """What is worth knowing and has no key; empty where there is nothing."""
    if facts.expense_ratio is None:
        return ""
    return f"its expense ratio is {facts.expense_ratio * 100:.4g} % a year, which is in its price already"


def _id(symbol: str, *, crypto: bool) -> str:
    """Ours from theirs: `^GSPC` GSPC, `BTC-USD` BTC, `GC=F` GC, `VOD.L` VOD_L, `7203.T` T_7203."""
    text = symbol.upper().removeprefix("^").split("=", maxsplit=1)[0]
    text = text.rpartition("-")[0] if crypto and "-" in text else text
    words = re.findall(r"[A-Z0-9]+", text)
    if words and words[0][0].isdigit():
        words = [*words[1:], words[0]] if len(words) > 1 else [f"X{words[0]}"]
    name = "_".join(words)[:_LONGEST_ID]
    return name if name[:1].isalpha() else f"X{name}"[:_LONGEST_ID]


def _calendar(listing: Listing, facts: Facts) -> str | None:
    # an exchange rate has no exchange: its week runs from Sunday evening to Friday
    return "24/5" if listing.kind == "CURRENCY" else _CALENDARS.get(facts.zone)


def _assert_told(listing: Listing, entry: Entry) -> None:
    where = f"{listing.symbol} ({listing.kind or 'of no kind'})"
    if entry["asset_class"] is None:
        raise UsageError(f"{where}: say what it is with --asset-class: {', '.join(ASSET_CLASSES)}")
    if entry["calendar"] is None:
        raise UsageError(f"{where}: say whose days it trades on with --calendar, such as XNYS or XLON")
    if entry["quote_currency"] is None:
        raise UsageError(f"{where}: say what its price is in with --currency, such as USD")
