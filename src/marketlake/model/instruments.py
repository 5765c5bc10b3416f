"""What to pull: the universe in `instruments.toml`, validated on the way in.

An entry's text comes from a user's file and ends up in paths, SQL and pages, so ids, asset classes
and calendars are restricted here, once, to what is harmless everywhere. A wrong calendar, source or
symbol is noted in the entry: it fails this instrument only. Any other mistake makes the file
unusable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from .errors import ConfigError, UsageError, nearest, printable
from .toml_file import read_toml

ASSET_CLASSES: Final = ("crypto", "equity", "metal", "index", "bond", "fund", "currency", "rate", "inflation")
NOT_INVESTABLE: Final[Mapping[str, str]] = {
    "rate": "a yield, not a price",
    "inflation": "a statistic, not an asset",
}
"""Asset classes that nobody can hold, each with the reason; rankings leave them out unless they are
asked for."""
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of instruments.toml: about 150,000 entries."""
RETURN_BASES: Final = ("price", "total")
SYNTHETIC: Final = ("no", "daily", "all")

_ID: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_CALENDAR: Final = re.compile(r"[A-Za-z0-9_/]{2,16}")
_CURRENCY: Final = re.compile(r"[A-Z]{3,5}")
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_RESERVED: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}
)


_ISO_4217: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP "
    "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR "
    "ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK "
    "PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND "
    "VUV WST XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG "
)
_FORMER: Final = (
    "ATS BEF CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK TRL ROL ZWL ANG CUC "
)
_CRYPTO: Final = (
    "BTC ETH USDT USDC DAI FDUSD TUSD BUSD USDE USDS USDP PYUSD BNB SOL XRP ADA DOGE TRX LTC "
    "BCH DOT AVAX LINK XLM EURC EURT "
)
CURRENCIES: Final = frozenset([*_ISO_4217.split(), *_FORMER.split(), *_CRYPTO.split(), "CNH"])
"""Codes of ISO 4217 with metals, former ones that have rates, those that crypto is quoted in, and
offshore yuan."""


PIVOT: Final = "USD"
"""Reference rates are stored in dollars per unit."""
INVALID: Final = "invalid"
"""Replaces the name of a calendar or source that is not a valid name."""


@dataclass(frozen=True)
class SourceRef:
    """One vendor's name of an instrument."""

    source: str
    symbol: str
    fault: str = ""
    """Why this entry cannot be used; its names are then replaced by harmless ones."""
    key_variable: str = ""
    """The environment variable with the source's key, where that is missing."""


def is_simulated(synthetic: str, frequency: str = "daily") -> bool:
    """Whether returns of a frequency rest on simulated prices.

    >>> is_simulated("daily", "monthly")
    False
    """
    return synthetic == "all" or (synthetic == "daily" and frequency in {"daily", "weekly"})


@dataclass(frozen=True)
class Instrument:
    """One thing that has a price (or a rate, or an index level)."""

    id: str
    name: str
    asset_class: str
    calendar: str
    quote_currency: str
    return_basis: str
    since: date
    sources: tuple[SourceRef, ...]
    proxy_for: str = ""
    """What the instrument is a proxy for; empty otherwise."""
    synthetic: str = "no"
    """`daily`: only month-end closes and dividends are published figures; `all`: fully simulated."""
    negative_prices: bool = False
    """Whether a price of zero or below is possible (crude oil futures have shown it)."""
    until: date = date.max
    """The last session of an instrument that is delisted, matured or discontinued."""
    base_currency: str = ""
    """Of asset class currency: the one that is priced; empty: `base` finds it."""
    calendar_fault: str = ""
    """Why the calendar cannot be used; `calendar` is then `INVALID`."""

    @property
    def base(self) -> str:
        """The currency that is priced: declared, or named by the id or a symbol as in EUR, EUR_USD,
        EURUSD=X; empty for other asset classes."""
        if self.asset_class != "currency" or self.base_currency:
            return self.base_currency
        pair = re.compile(rf"([A-Z]{{3,5}}?)(?:[/_-]?{self.quote_currency}(?:=X)?)?")
        named = (pair.fullmatch(text) for text in (self.id, *(ref.symbol for ref in self.sources)))
        codes = (match[1] for match in named if match)
        return next((code for code in codes if code in CURRENCIES and code != self.quote_currency), "")

    @property
    def with_keys(self) -> tuple[SourceRef, ...]:
        """The sources without those whose key is missing; all of them where that leaves none."""
        return tuple(ref for ref in self.sources if not ref.key_variable) or self.sources

    def without_keys(self, variables: Mapping[str, str]) -> Instrument:
        """The same with the sources marked that `variables` names."""
        if not any(ref.source in variables for ref in self.sources):
            return self
        marked = (replace(ref, key_variable=variables.get(ref.source, "")) for ref in self.sources)
        return replace(self, sources=tuple(marked))

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the entry. It fails this instrument in a run and no other one."""
        faults = (self.calendar_fault, *(ref.fault for ref in self.sources))
        return tuple(text for text in faults if text)


@dataclass(frozen=True)
class Universe:
    """The instruments of one `instruments.toml`, in its order."""

    instruments: tuple[Instrument, ...]

    def get(self, instrument_id: str) -> Instrument:
        """The instrument by its id or a symbol, as `id_of` finds it; `UsageError` if there is none."""
        symbols = {one.id: [ref.symbol for ref in one.sources] for one in self.instruments}
        return self.by_id[id_of(instrument_id, symbols, "; `marketlake add SYMBOL` looks a new one up")]

    def select(self, ids: Iterable[str]) -> Universe:
        """Only these instruments (all of them when `ids` is empty), in the universe's order."""
        wanted = {self.get(i).id for i in ids}
        return Universe(tuple(i for i in self.instruments if not wanted or i.id in wanted))

    @cached_property
    def by_id(self) -> Mapping[str, Instrument]:
        """The instruments by their id."""
        return {instrument.id: instrument for instrument in self.instruments}

    @cached_property
    def rates(self) -> Mapping[str, Instrument]:
        """By currency, the instrument whose prices are its reference rates, in US dollars.

        Of several, the one with the currency's code as its id, or else the first.
        """
        found: dict[str, Instrument] = {}
        for one in self.instruments:
            code = one.base if one.quote_currency == PIVOT else ""
            if code and (code not in found or one.id == code):
                found[code] = one
        return found

    @property
    def missing_keys(self) -> Mapping[str, str]:
        """The sources that are skipped because their key is missing, and its variable."""
        refs = (ref for one in self.instruments for ref in one.sources)
        return {ref.source: ref.key_variable for ref in refs if ref.key_variable}

    def without_keys(self, variables: Mapping[str, str]) -> Universe:
        """The same with the sources marked whose key is missing, by the variable to set."""
        return Universe(tuple(one.without_keys(variables) for one in self.instruments))

    @property
    def calendars(self) -> tuple[str, ...]:
        """The calendars in use, each once, in order of appearance."""
        return tuple(dict.fromkeys(i.calendar for i in self.instruments))


def id_of(name: str, symbols: Mapping[str, Iterable[str]], remedy: str = "") -> str:
    """The id of an instrument that is named by its id or by a symbol of any source, in any case.

    `symbols` are those of each id. `UsageError` for a name that no instrument has, with similar or
    known ids and the remedy, or that several have.
    """
    wanted = name.upper()
    if name in symbols or wanted in symbols:
        return name if name in symbols else wanted
    found = [one for one, own in symbols.items() if wanted in map(str.upper, own)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name[:40]!r} is a symbol of {', '.join(found[:5])}; give an id")
    raise UsageError(f"unknown instrument {name[:40]!r}; {nearest(name, symbols)}{remedy}")


def load_universe(path: Path) -> Universe:
    """Read `instruments.toml`; `ConfigError` names the file, the entry and the remedy."""
    return parse_universe(path, read_toml(path, MOST_BYTES))


def parse_universe(path: Path, document: Mapping[str, Any]) -> Universe:
    """What `path` holds, or is to hold; `ConfigError` as `load_universe`."""
    entries = document.get("instrument", [])
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path}: no [[instrument]] entry; `marketlake init` writes a starting file")
    instruments = tuple(_instrument(path, number, entry) for number, entry in enumerate(entries, 1))
    seen: set[str] = set()
    for instrument in instruments:
        if instrument.id in seen:
            raise ConfigError(f"{path}: instrument {instrument.id} is listed twice; remove one entry")
        seen.add(instrument.id)
    return Universe(instruments)


def _instrument(path: Path, number: int, entry: object) -> Instrument:
    where = f"{path}: [[instrument]] number {number}"
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} is not a table")
    instrument_id = _text(where, entry, "id", _ID)
    if instrument_id in _RESERVED:
        raise ConfigError(f"{where}: id {instrument_id} is a reserved file name on Windows; choose another")
    where = f"{where} ({instrument_id})"
    known = [f.name for f in fields(Instrument) if f.name != "calendar_fault"]
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise ConfigError(f"{where}: unknown key {unknown[0][:40]!r}; known: {', '.join(known)}")
    since = _date(where, "since", entry.get("since", date(1990, 1, 1)))
    until = _date(where, "until", entry.get("until", date.max))
    if until < since:
        raise ConfigError(f"{where}: until = {until} is before since = {since}; swap or correct them")
    named = where.replace(str(path), path.name)
    calendar, calendar_fault = _calendar(named, entry.get("calendar"))
    asset_class = _choice(where, entry, "asset_class", ASSET_CLASSES)
    return Instrument(
        id=instrument_id,
        name=_name(where, entry, "name", instrument_id),
        asset_class=asset_class,
        calendar=calendar,
        quote_currency=_currency(where, entry, "quote_currency"),
        return_basis=_choice(where, entry, "return_basis", RETURN_BASES, default="price"),
        since=since,
        sources=_sources(where, named, entry.get("sources")),
        proxy_for=_name(where, entry, "proxy_for", ""),
        synthetic=_choice(where, entry, "synthetic", SYNTHETIC, default="no"),
        negative_prices=_flag(where, entry.get("negative_prices", False)),
        until=until,
        base_currency=_base(where, entry, asset_class),
        calendar_fault=calendar_fault,
    )


def _calendar(where: str, value: object) -> tuple[str, str]:
    """The calendar's name and no fault, or `INVALID` and the fault."""
    if isinstance(value, str) and _CALENDAR.fullmatch(value):
        return value, ""
    text = f"{where}: calendar = {str(value)[:60]!r} must match {_CALENDAR.pattern}, such as XNYS or 24/7"
    return INVALID, printable(text)


def _text(where: str, entry: dict[str, Any], key: str, pattern: re.Pattern[str], default: str = "") -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(f"{where}: {key} = {str(value)[:60]!r} must match {pattern.pattern}")
    return value


def _base(where: str, entry: dict[str, Any], asset_class: str) -> str:
    if "base_currency" not in entry:
        return ""
    if asset_class != "currency":
        raise ConfigError(f'{where}: base_currency is for asset_class = "currency"; remove it')
    code = _currency(where, entry, "base_currency")
    if code == _currency(where, entry, "quote_currency"):
        raise ConfigError(f"{where}: base_currency and quote_currency are both {code}; correct one")
    return code


def _currency(where: str, entry: dict[str, Any], key: str) -> str:
    code = _text(where, entry, key, _CURRENCY, default=PIVOT)
    if code not in CURRENCIES:
        close = get_close_matches(code, sorted(CURRENCIES), n=3, cutoff=0.6)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise ConfigError(f"{where}: {key} = {code!r} is no code of ISO 4217 or of crypto{hint}")
    return code


def _name(where: str, entry: dict[str, Any], key: str, default: str) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or len(value) > 200 or not (value.isprintable() or value == ""):
        raise ConfigError(f"{where}: {key} must be printable text of at most 200 characters")
    return value


def _choice(
    where: str, entry: dict[str, Any], key: str, choices: tuple[str, ...], default: str | None = None
) -> str:
    value = entry.get(key, default)
    if value not in choices:
        raise ConfigError(f"{where}: {key} = {str(value)[:60]!r} must be one of {', '.join(choices)}")
    return str(value)


def _date(where: str, key: str, value: object) -> date:
    if type(value) is not date:
        raise ConfigError(f"{where}: {key} = {str(value)[:60]!r} must be a date such as 2011-08-18")
    return value


def _flag(where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: negative_prices must be true or false")
    return value


def _sources(where: str, named: str, value: object) -> tuple[SourceRef, ...]:
    if not isinstance(value, list) or not value:
        raise ConfigError(f'{where}: sources must be a list such as [{{ source = "yahoo", symbol = "SPY" }}]')
    return tuple(_source(where, named, item) for item in value)


def _source(where: str, named: str, item: object) -> SourceRef:
    """An entry of `sources`. `named` is its place without the folder, for what the lake records."""
    if not isinstance(item, dict) or set(item) != {"source", "symbol"}:
        raise ConfigError(f"{where}: each of sources needs exactly source and symbol")
    source, symbol = item["source"], item["symbol"]
    known = isinstance(source, str) and _SOURCE.fullmatch(source) is not None
    usable = isinstance(symbol, str) and 0 < len(symbol) <= 80 and symbol.isprintable()
    if known and usable:
        return SourceRef(source, symbol)
    fault = (
        f"{named}: symbol must be printable text of 1 to 80 characters"
        if known
        else f"{named}: source {str(source)[:60]!r} must match {_SOURCE.pattern}, such as yahoo"
    )
    return SourceRef(source if known else INVALID, symbol if usable else "", printable(fault))
