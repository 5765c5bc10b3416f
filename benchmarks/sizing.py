"""How much for how many instruments? From what the benchmarks measured: `python -m benchmarks.sizing`.

The constants are those of README.md's tables, for two shared cores; what they come to stands in
docs/sizing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from marketlake.settings import Settings

from .tables import table

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
YEARS: Final = 20
SESSIONS: Final = 252
BARS: Final = YEARS * SESSIONS

DAILY_S: Final = 0.0
"""Processor seconds an instrument and day: plan, store, marts, `market.duckdb`."""
FETCH_S: Final = 0.0
"""The same of a request: client, checks of the answer, keeping it."""
LOAD_S: Final = 0.0
"""Processor seconds a history of 20 years: stored, with its marts."""
BAR_BYTES: Final[Mapping[str, float]] = {"raw/": 0.0, "bars": 0.0, "marts": 0.0, "`market.duckdb`": 0.0}
MEMORY_MB: Final[Mapping[int, float]] = {1_000: 0, 10_000: 0}
"""The largest of a run's steps."""
MOST_LISTED: Final = 150_000
"""Instruments that `instruments.toml` holds, in at most 32 MiB."""
CORE_HOUR_USD: Final = 0.04
GIGABYTE_MONTH_USD: Final = 0.023
"""Prices to reckon with, of no particular vendor: put in your own."""

_NOWHERE: Final = Path()
_HEADS: Final = ("instruments", *(f"{size:,}" for size in SIZES))


def by_size() -> str:
    """A column a size, for one source of daily bars."""
    rows: Mapping[str, Callable[[int], str]] = {
        "requests a day": lambda n: f"{n:,}",
        **{
            f"hours a day at {rate:g} requests a second ({names})": lambda n, rate=rate: _hours(n / rate)  # type: ignore[misc]
            for rate, names in _rates().items()
        },
        "bars": lambda n: f"{n * BARS:,}",
        **{
            f"disk for {name}": lambda n, size=size: _bytes(n * BARS * size)
            for name, size in BAR_BYTES.items()
        },  # type: ignore[misc]
        "disk in all, 20 years": lambda n: _bytes(_disk(n)),
        "disk a year more": lambda n: _bytes(_disk(n) / YEARS),
        "processor time a day, fetching": lambda n: _minutes(n * FETCH_S),
        "processor time a day, everything else": lambda n: _minutes(n * DAILY_S),
        "processor time of the first load": lambda n: _minutes(n * LOAD_S),
        "lakes (an `instruments.toml` lists 150,000)": lambda n: str(-(-n // MOST_LISTED)),
        "USD a month: processor, disk": lambda n: f"{_processor_usd(n):,.2f}, {_disk_usd(n):,.2f}",
    }
    return table(_HEADS, [[said, *map(figure, SIZES)] for said, figure in rows.items()])


def by_interval() -> str:
    """What a year of 10,000 instruments would take; the lake holds days."""
    each = {"day": 1, "hour": 7, "minute": 390}
    rows = [
        [
            name,
            f"{SESSIONS * bars:,}",
            f"{10_000 * SESSIONS * bars:,}",
            _bytes(10_000 * SESSIONS * bars * _bar()),
        ]
        for name, bars in each.items()
    ]
    return table(["bars of a", "an instrument and year", "10,000 instruments", "disk a year"], rows)


def _rates() -> dict[float, str]:
    """The sources' usual limits, the quickest last."""
    named: dict[float, list[str]] = {}
    live = Settings(home=_NOWHERE, lake=_NOWHERE)
    for source in ("ecb", "fred", "bitstamp", "yahoo", "binance", "coinbaseexchange"):
        named.setdefault(live.rate(source), []).append(source)
    return {rate: ", ".join(names) for rate, names in sorted(named.items())}


def _bar() -> float:
    return sum(BAR_BYTES.values())


def _disk(instruments: int) -> float:
    return instruments * BARS * _bar()


def _processor_usd(instruments: int) -> float:
    return instruments * (FETCH_S + DAILY_S) / 3600 * CORE_HOUR_USD * SESSIONS / 12


def _disk_usd(instruments: int) -> float:
    return _disk(instruments) / 1e9 * GIGABYTE_MONTH_USD


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:,.1f}" if hours < 100 else f"{hours:,.0f}"


def _minutes(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"


def _bytes(size: float) -> str:
    unit, factor = ("TB", 1e12) if size >= 1e12 else ("GB", 1e9) if size >= 1e9 else ("MB", 1e6)
    return f"{size / factor:,.3g} {unit}"


if __name__ == "__main__":
    print(by_size(), by_interval(), sep="\n\n")
