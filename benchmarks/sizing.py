"""How much for how many instruments? From what the benchmarks measured: `python -m benchmarks.sizing`.

The constants are those of README.md's tables, for two shared cores; what they come to stands in
docs/sizing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from marketlake.model.settings import Settings

from .tables import table

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
YEARS: Final = 20
SESSIONS: Final = 252
BARS: Final = YEARS * SESSIONS

DAILY_S: Final = 0.0035
"""Processor seconds an instrument and day: plan, store, marts, `market.duckdb`."""
FETCH_S: Final = 0.005
"""The same of a request: the client, the checks of its answer, keeping it; the simulator's part is in it."""
LOAD_S: Final = 0.046
"""Processor seconds a history of 20 years: stored, with its marts."""
BAR_BYTES: Final = 50.8
"""For each stored bar: itself 15.1, marts 30.8, `market.duckdb` 4.9."""
HISTORY_BYTES: Final = 11.3
"""In raw/, for each bar of a history that came in one answer."""
ANSWER_BYTES: Final = 480.0
"""In raw/ and `run`, for a day's answer of twelve sessions."""
MEMORY: Final[Mapping[int, str]] = {
    1_000: "0.8 GB",
    10_000: "1 GB",
    100_000: "2.7 GB",
    1_000_000: "2.7 GB each",
}
"""The largest of a run's steps; of a million, of each of its lakes."""
MOST_LISTED: Final = 150_000
"""Instruments that `instruments.toml` holds, in at most 32 MiB."""
CORE_HOUR_USD: Final = 0.04
GIGABYTE_MONTH_USD: Final = 0.023
"""Prices to reckon with, of no particular vendor: put in your own."""

_DAY_S: Final = 86_400
_NOWHERE: Final = Path()
_SOURCES: Final = ("ecb", "fred", "bitstamp", "yahoo", "binance", "coinbaseexchange")


def by_size() -> str:
    """A column a size, for one source of daily bars that serves a history in one request."""
    hours = {
        f"hours a day at {rate:g} requests a second ({names})": partial(_hours, rate)
        for rate, names in _rates().items()
    }
    rows: Mapping[str, Callable[[int], str]] = {
        "requests a day": lambda n: f"{n:,}",
        **hours,
        "bars of 20 years": lambda n: f"{n * BARS:,}",
        "disk after the first load": lambda n: _bytes(_loaded(n)),
        "disk a year more; of it answers in raw/": lambda n: f"{_bytes(_year(n))}; {_bytes(_answers(n))}",
        "processor time a day: fetching; all else": lambda n: f"{_time(n * FETCH_S)}; {_time(n * DAILY_S)}",
        "processor time of storing a first load": lambda n: _time(n * LOAD_S),
        "memory of the largest step": lambda n: MEMORY[n],
        "one worker is enough; of a core it takes": lambda n: f"{n * (FETCH_S + DAILY_S) / _DAY_S:.2%}",
        "sources side by side at 2 a second, 20 hours a day": lambda n: str(-(-n // (2 * 20 * 3600))),
        "lakes (`instruments.toml` lists up to 150,000)": lambda n: str(-(-n // MOST_LISTED)),
        "USD a month: processor; disk": lambda n: f"{_processor_usd(n):,.2f}; {_disk_usd(n):,.2f}",
    }
    heads = ["instruments", *(f"{size:,}" for size in SIZES)]
    return table(heads, [[said, *map(figure, SIZES)] for said, figure in rows.items()])


def by_interval() -> str:
    """What a year of 10,000 instruments would take; the lake holds days."""
    rows = [
        [
            name,
            f"{SESSIONS * each:,}",
            f"{10_000 * SESSIONS * each:,}",
            _bytes(10_000 * SESSIONS * each * BAR_BYTES),
        ]
        for name, each in {"day": 1, "hour": 7, "minute": 390}.items()
    ]
    return table(["bars of a", "an instrument and year", "10,000 instruments", "disk a year"], rows)


def _rates() -> dict[float, str]:
    """The sources' usual limits, the quickest last."""
    named: dict[float, list[str]] = {}
    live = Settings(home=_NOWHERE, lake=_NOWHERE)
    for source in _SOURCES:
        named.setdefault(live.rate(source), []).append(source)
    return {rate: ", ".join(names) for rate, names in sorted(named.items())}


def _loaded(instruments: int) -> float:
    return instruments * BARS * (BAR_BYTES + HISTORY_BYTES)


def _answers(instruments: int) -> float:
    return instruments * SESSIONS * ANSWER_BYTES


def _year(instruments: int) -> float:
    return instruments * SESSIONS * BAR_BYTES + _answers(instruments)


def _processor_usd(instruments: int) -> float:
    return instruments * (FETCH_S + DAILY_S) / 3600 * CORE_HOUR_USD * SESSIONS / 12


def _disk_usd(instruments: int) -> float:
    return _loaded(instruments) / 1e9 * GIGABYTE_MONTH_USD


def _hours(rate: float, requests: int) -> str:
    hours = requests / rate / 3600
    return f"{hours:,.1f}" if hours < 100 else f"{hours:,.0f}"


def _time(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"


def _bytes(size: float) -> str:
    unit, factor = ("TB", 1e12) if size >= 1e12 else ("GB", 1e9) if size >= 1e9 else ("MB", 1e6)
    return f"{size / factor:,.3g} {unit}"


if __name__ == "__main__":
    print(by_size(), by_interval(), sep="\n\n")
