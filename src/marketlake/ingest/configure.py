"""Write configuration: look an instrument up at the vendors, propose its entry, start a home.

`shipped_entry`, or `candidates`, `facts_of` and `propose`, turn a text into an entry of
instruments.toml; `add` writes it. `starting_settings` and `starting_instruments` are the files of a new home.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ..claims.claim import named
from ..model.errors import ConfigError, NotFoundError, SourceError, UnavailableError, UsageError, nearest
from ..model.instruments import (
    ASSET_CLASSES,
    MOST_BYTES,
    Instrument,
    SourceRef,
    Universe,
    load_universe,
    parse_universe,
)
from ..model.settings import Settings
from ..model.toml_file import parse_toml, shipped
from ..sources.exchange import Exchange
from ..sources.lookup import Facts, Listing
from ..store.disk import write_bytes
from .fetch import access_of
from .normalise import MINOR_UNITS

EXCHANGES: Final = ("bitstamp", "coinbaseexchange")
"""Requested for a crypto pair, in order of trust: those that serve their whole history."""
_PAIR: Final = re.compile(r"([A-Za-z0-9]{1,20})[/-]([A-Za-z]{3,5})")
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
"""bitstamp's first. Exchanges do not publish their first; a date that is too early only costs a
page."""
_EARLIEST: Final = date(1970, 1, 2)
_LONGEST_ID: Final = 32
FILE: Final = "instruments.toml"
_ENTRY: Final = "[[instrument]]"
_DOLLAR: Final = "USD"
_RATE: Final = """\
[[instrument]]
id = "{code}"
name = "{code} in US dollars"
asset_class = "currency"
calendar = "TARGET"
quote_currency = "USD"
return_basis = "price"
since = 1999-01-04
sources = [{{ source = "ecb", symbol = "{code}/USD" }}]"""
_COLUMN: Final = 26
"""Where the comments of the settings begin."""
_SETTINGS: Final = """\
# Settings of this home. Flags and MARKETLAKE_* variables override this file.

{lake} # where the Parquet goes: a folder, relative to this one, or s3://bucket/prefix
{currency} # what compare, metrics and matrix convert into by default; each one's own if left out
# batch_size = 50          # instruments fetched by one task reverify_days = 30       # each whole
# history is fetched again once in so many days; 0 is never spark_master = "yarn"    # where
# `--engine spark` runs: a master, or a Spark Connect address sc://host:port

# [requests_per_second]    # per source; 0 does not limit
# yahoo = 2

# [deadline_hours]         # per asset class: hours until a session that is not stored is stale
# crypto = 12
"""

Entry = Mapping[str, Any]


def candidates(settings: Settings, text: str) -> tuple[Sequence[Listing], Sequence[SourceError]]:
    """Symbols of Yahoo's that the text may mean, and the error of its search if that failed.

    The one that is spelt like it alone, where there is one. Where the search fails or finds nothing,
    the price endpoint decides whether the text is a symbol. Raises `SourceError`.
    """
    from ..sources.lookup import search

    wanted = text.strip().replace("/", "-")
    errors: list[SourceError] = []
    found: Sequence[Listing] = ()
    try:
        found = search(wanted, access_of(settings))
    except SourceError as error:
        errors.append(error)
    exact = [listing for listing in found if listing.symbol.casefold() == wanted.casefold()]
    return exact or found or [_of_price(settings, wanted, errors)], errors


def _of_price(settings: Settings, symbol: str, failed: Sequence[SourceError]) -> Listing:
    """The symbol as Yahoo's prices describe it; `failed` has the error of its search."""
    from ..sources.lookup import listing_of

    try:
        return listing_of(symbol.upper(), access_of(settings))
    except NotFoundError as error:
        if failed:
            raise NotFoundError(
                f"yahoo's search failed ({failed[0]}), and its prices have no symbol {symbol[:40]!r}; give a "
                "symbol as Yahoo spells it, such as VOD.L, or try again later"
            ) from error
        raise NotFoundError(
            f"yahoo knows nothing like {symbol[:40]!r}; try another spelling or part of the name, or write "
            "the entry into instruments.toml yourself"
        ) from error
    except SourceError as error:
        causes = "\n".join(dict.fromkeys(map(str, [*failed, error])))
        raise UnavailableError(
            f"{causes}\nNothing was looked up: try again once the vendors can be reached, or write the "
            "entry into instruments.toml yourself"
        ) from error


def shipped_entry(text: str) -> Entry | None:
    """The entry that marketlake comes with for this id or symbol, in any case; None without one."""
    entries: Sequence[Entry] = tomllib.loads(shipped(FILE))["instrument"]
    named = (one for one in entries if _spelt(text) in map(_spelt, [one["id"], *_symbols(one)]))
    return next(named, None)


def _symbols(entry: Entry) -> list[str]:
    return [one["symbol"] for one in entry["sources"]]


def _spelt(name: str) -> str:
    """A pair is BTC-USD at one vendor and BTC/USD at others."""
    return name.strip().casefold().replace("/", "-")


def facts_of(settings: Settings, listing: Listing) -> Facts:
    """What Yahoo tells of the chosen symbol; raises `SourceError`."""
    from ..sources.lookup import facts

    return facts(listing, access_of(settings))


def on_exchanges(settings: Settings, listing: Listing) -> tuple[Sequence[SourceRef], Sequence[SourceError]]:
    """The first exchange that trades the pair, as a source, and the errors of those that did not
    answer."""
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


def propose(
    listing: Listing, facts: Facts, exchanges: Sequence[SourceRef], given: Mapping[str, Any]
) -> Entry:
    """The entry, in the file's order of keys.

    `given` (of None: not given) wins over what vendors say.

    Raises `UsageError` naming the option for what they leave open.
    """
    crypto = listing.kind == "CRYPTOCURRENCY"
    proposed = {
        "id": _id(listing.symbol, crypto=crypto),
        "name": listing.name or listing.symbol,
        "asset_class": "metal" if listing.symbol in _METALS else _CLASSES.get(listing.kind),
        "calendar": "24/7" if crypto else _calendar(listing, facts),
        "quote_currency": MINOR_UNITS.get(facts.currency, (facts.currency, 1.0))[0] or None,
        "return_basis": "price",
        "since": _FIRST_CANDLE if exchanges else max(facts.first_session or _EARLIEST, _EARLIEST),
    }
    entry = {key: value if given.get(key) is None else given[key] for key, value in proposed.items()}
    _assert_complete(listing, entry)
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


def _assert_complete(listing: Listing, entry: Entry) -> None:
    where = f"{listing.symbol} ({listing.kind or 'of no kind'})"
    if entry["asset_class"] is None:
        raise UsageError(f"{where}: set --asset-class: {', '.join(ASSET_CLASSES)}")
    if entry["calendar"] is None:
        raise UsageError(f"{where}: set --calendar, such as XNYS or XLON")
    if entry["quote_currency"] is None:
        raise UsageError(f"{where}: set --currency, such as USD")


def entry_text(entry: Entry, remark: str = "") -> str:
    """The entry as TOML, under a remark."""
    lines = [
        *([f"# {remark}"] if remark else []),
        "[[instrument]]",
        *(f"{key} = {_value(value)}" for key, value in entry.items()),
    ]
    return "\n".join(lines) + "\n"


def assert_unlisted(universe: Universe, text: str, *, by_id: bool) -> None:
    """`UsageError` where an instrument has this symbol already or, `by_id`, this id; in any case."""
    for one in universe.instruments:
        names = [*([one.id] if by_id else []), *(ref.symbol for ref in one.sources)]
        if _spelt(text) in map(_spelt, names):
            listed = "" if text == one.id else f", as {one.id}"
            raise UsageError(
                f"{text[:40]} is in instruments.toml already{listed}; fetch it: `marketlake run {one.id}`"
            )


def assert_new(universe: Universe, entry: Entry) -> None:
    """`UsageError` where the id is taken or a source's symbol is listed already, naming the
    entry."""
    if entry["id"] in universe.by_id:
        raise UsageError(f"{entry['id']} is in instruments.toml already; choose another id with --id")
    wanted = {(one["source"], one["symbol"]) for one in entry["sources"]}
    for instrument in universe.instruments:
        for ref in instrument.sources:
            if (ref.source, ref.symbol) in wanted:
                raise UsageError(
                    f"{ref.symbol} of {ref.source} is in instruments.toml already, as {instrument.id}; "
                    f"fetch that: `marketlake run {instrument.id}`"
                )


def add(home: Path, entry: Entry, remark: str = "") -> Instrument:
    """Write the entry at the end of the file, whose other bytes stay.

    Nothing is written that it refuses.

    Raises `UsageError` for a duplicate, `ConfigError` for what may not stand there,
    `LakeWriteError`.
    """
    path = home / FILE
    assert_new(load_universe(path), entry)
    before = path.read_bytes()
    gap = b"\n" if before.endswith(b"\n") else b"\n\n"
    after = before + gap + entry_text(entry, remark).encode()
    added = checked(path, after, str(entry["id"]))
    write_bytes(path, after)
    return added


def checked(path: Path, content: bytes, instrument_id: str) -> Instrument:
    """The instrument as the file would have it.

    `ConfigError` where the file could not be read any more.
    """
    try:
        instrument = parse_universe(path, parse_toml(path, content, MOST_BYTES)).get(instrument_id)
        if instrument.faults:
            raise ConfigError(instrument.faults[0])
        return instrument
    except ConfigError as error:
        raise ConfigError(f"the entry was not written: {error}") from error


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    # printable text is the same in JSON and in TOML
    return json.dumps(str(value), ensure_ascii=False)


def starting_settings(lake: str = "", currency: str = "") -> str:
    """`marketlake.toml`; what is not given is a comment with its default."""
    place = f"lake = {_quoted(lake)}" if lake else '# lake = "data"'
    money = f"currency = {_quoted(currency)}" if currency else '# currency = "USD"'
    return _SETTINGS.format(lake=f"{place:<{_COLUMN}}", currency=f"{money:<{_COLUMN}}")


def starting_instruments(text: str, wanted: Sequence[str] = (), currency: str = "") -> str:
    """The text with the wanted asset classes and ids alone (all if none), and the currency's rates.

    Raises `UsageError` for an unknown word.
    """
    known = instrument_ids(text)
    _assert_known(wanted, known)
    chosen = {*wanted, currency}
    kept = _with(text, lambda entry: not wanted or bool({entry["id"], entry["asset_class"], "all"} & chosen))
    return kept if currency in {"", _DOLLAR, *known} else f"{kept}\n{_RATE.format(code=currency)}\n"


def starting_claims(text: str, ids: Collection[str]) -> str:
    """The text with the claims alone that name no other instruments than these."""
    named_in = ("a", "b", "plan", "sleeve")
    return _with(text, lambda entry: set(ids).issuperset(named(*(entry[k] for k in named_in if k in entry))))


def instrument_ids(text: str) -> list[str]:
    """The ids in the text of an instruments.toml."""
    return [entry["id"] for entry in tomllib.loads(text)["instrument"]]


def _with(text: str, wanted: Callable[[Mapping[str, Any]], bool]) -> str:
    """The text with its wanted entries; a heading stays with the first of its entries that does."""
    head, *parts = text.rstrip().split("\n\n")
    used, heading = [head], ""
    for part in parts:
        found = _entry(part)
        if found is None:
            heading = part
        elif wanted(found):
            used += [heading, part] if heading else [part]
            heading = ""
    return "\n\n".join(used) + "\n"


def _entry(part: str) -> Mapping[str, Any] | None:
    """The entry of an array of tables; None for a comment."""
    tables: Iterable[list[Mapping[str, Any]]] = tomllib.loads(part).values()
    return next((entries[0] for entries in tables), None)


def _assert_known(wanted: Iterable[str], ids: Iterable[str]) -> None:
    known = {*ids, *ASSET_CLASSES, "all"}
    for word in wanted:
        if word not in known:
            raise UsageError(
                f"{word[:40]!r} is neither an asset class ({', '.join(ASSET_CLASSES)}) nor the id of an "
                f"instrument that comes with marketlake; {nearest(word, sorted(ids))}"
            )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
