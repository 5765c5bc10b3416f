"""The instruments of a case: three of one source, and one of another that must not be affected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from random import Random

import numpy as np

from marketlake.simulator.market import Market

from .market import (
    Days,
    Truth,
    csv_text,
    euro_rates,
    every_day,
    every_month,
    new_york,
    only_closes,
    served,
    walk,
)

SOURCES = (
    *("yahoo", "tiingo", "bitstamp", "binance", "binance-archive", "coinbaseexchange", "kraken"),
    *("ecb", "fred", "files"),
)
VARIANTS = 6
LAST = date(2024, 8, 30)
AFFECTED, BYSTANDER = "A", "Z"


@dataclass(frozen=True)
class Held:
    """An instrument and its vendor symbols, in order of trust."""

    id: str
    asset_class: str
    truth: Truth
    sources: tuple[tuple[str, str], ...]

    def entry(self, since: date) -> str:
        """The entry in `instruments.toml`."""
        listed = ", ".join(
            f'{{ source = "{source}", symbol = "{symbol}" }}' for source, symbol in self.sources
        )
        return (
            f'[[instrument]]\nid = "{self.id}"\nasset_class = "{self.asset_class}"\nquote_currency = '
            f'"{self.currency}"\ncalendar = "{self.truth.calendar}"\nsince = {since}\nsources = [{listed}]\n'
        )

    @property
    def currency(self) -> str:
        return self.sources[0][1].partition("/")[2] if self.sources[0][0] == "ecb" else "USD"


@dataclass(frozen=True)
class World:
    """One variant of a source's market."""

    source: str
    first: date
    """Where every history begins."""
    loaded_from: date
    """Where it begins in a lake that a backfill extends."""
    loaded: datetime
    """When the lake that is there was loaded."""
    held: tuple[Held, ...]

    @property
    def own(self) -> tuple[str, ...]:
        """The ids that the source serves."""
        return tuple(each.id for each in self.held if each.sources[0][0] == self.source)

    def get(self, instrument_id: str) -> Held:
        return next(each for each in self.held if each.id == instrument_id)

    def with_fallback(self) -> World:
        """The same world with a fallback source for the affected instrument."""
        changed = [replace(each, sources=(*each.sources, _fallback(each))) for each in self.held[:1]]
        return replace(self, held=(*changed, *self.held[1:]))

    @cached_property
    def market(self) -> Market:
        return served({key: each.truth for each in self.held for key in (*each.sources, _fallback(each))})

    def write(self, home: Path, since: date | None = None) -> None:
        """Write the universe and the user's files; histories begin at `since`, or at their first
        session."""
        (home / "files").mkdir(parents=True, exist_ok=True)
        text = "\n".join(each.entry(since or self.first) for each in self.held)
        (home / "instruments.toml").write_text(text)
        for each in self.held:
            (home / "files" / f"{each.id}.csv").write_text(csv_text(each.truth))


def _fallback(each: Held) -> tuple[str, str]:
    """A source with the same values: the user's file, or Yahoo when the file itself is affected."""
    return ("yahoo", f"{each.id}-USD") if each.sources[0][0] == "files" else ("files", f"{each.id}.csv")


@cache
def world(source: str, variant: int) -> World:
    """Generate a world from its variant; every third has histories longer than a page of any
    exchange."""
    random = Random(f"{source}/{variant}")
    first = date(2021, 2, 1) if variant % 3 == 1 else date(2023, 7, 3)
    loaded_on = date(2024, 1, 12) + timedelta(days=random.randrange(120))
    loaded = datetime.combine(loaded_on, random.choice([time(12), time(23, 30)]), UTC)
    if source == "kraken":
        # it serves only its latest 720 candles
        first = max(first, loaded_on - timedelta(days=600))
    held = tuple(_held(source, name, first, loaded_on, random) for name in ("A", "B", "C"))
    bystander = _held("bitstamp" if source == "files" else "files", BYSTANDER, first, loaded_on, random)
    return World(
        source, first, loaded_on - timedelta(days=60 if source != "fred" else 300), loaded, (*held, bystander)
    )


def _held(source: str, name: str, first: date, loaded_on: date, random: Random) -> Held:
    seed = random.randrange(2**32)
    if source in {"yahoo", "tiingo"}:
        days = new_york(first, LAST)
        truth = walk("XNYS", days, seed, _splits(days, loaded_on, random))
        return Held(name, "equity", truth, ((source, f"{name}{name}{name}"),))
    if source == "ecb":
        base, quote = {"A": ("EUR", "USD"), "B": ("EUR", "JPY"), "C": ("GBP", "CHF")}[name]
        return Held(name, "currency", euro_rates(base, quote, first, LAST), ((source, f"{base}/{quote}"),))
    if source == "fred":
        return Held(name, "rate", _series(name, first, seed), ((source, f"SERIES{name}"),))
    truth = walk("24/7", every_day(first, LAST), seed)
    quote = "USDT" if source in {"binance", "binance-archive"} else "USD"
    symbol = f"{name}.csv" if source == "files" else f"{name}{name}X/{quote}"
    return Held(name, "crypto", truth, ((source, symbol),))


def _series(name: str, first: date, seed: int) -> Truth:
    """A monthly series, a daily one, and one of whole numbers."""
    if name == "A":
        start = first.replace(year=first.year - 2)
        return only_closes(walk("MONTHLY", every_month(start, LAST), seed))
    days = new_york(first, LAST)
    return only_closes(walk("XNYS", days, seed), next_day=True, decimals=3 if name == "B" else 0)


def _splits(days: Days, loaded_on: date, random: Random) -> Mapping[int, float]:
    """One old split, and perhaps one in the look-back or in the next days."""
    at = int(np.searchsorted(days, np.datetime64(loaded_on)))
    chosen = {at - random.randrange(80, 110): random.choice([2.0, 4.0, 0.1, 3.0])}
    if random.random() < 0.6:
        chosen[at + random.choice([-6, -4, -2, 2, 3])] = random.choice([2.0, 5.0, 0.25])
    return chosen
