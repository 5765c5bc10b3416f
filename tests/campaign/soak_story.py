"""A planned year of a market: trades, restatements and faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import numpy as np

from marketlake.simulator.fault import Fault

from .market import Truth, every_day, new_york, walk
from .world import Held

FIRST, OPENING = date(2022, 12, 1), date(2023, 3, 1)
"""Where histories begin, and the first day on which the lake is run."""
_DEAD = ("html", "empty", "truncated", "404", "403", "redirect")
"""An answer that cannot be used, or none, however often it is asked for."""
_STUMBLES = ("429", "500", "503", "reset", "html", "empty")
_LATE_SESSIONS = 60
ARCHIVES = "binance-archive"
_SHARES = ("yahoo", "tiingo")
_SOURCES = {4: "tiingo", 14: "tiingo", 6: ARCHIVES, 9: "bitstamp", 19: "kraken"}
"""By the last digits of an instrument's number; Yahoo serves the others."""
_TURN_DAYS = 45
"""More than the thirty days within which every whole history is asked for again."""


@dataclass(frozen=True)
class Restatement:
    """From a day on, the vendor serves another close for an earlier session."""

    on: date
    instrument_id: str
    session: date
    factor: float
    late: bool
    """Whether it is beyond the look-back, so that only the whole history's turn finds it."""


@dataclass(frozen=True)
class Wrong:
    """A fault in an instrument's response on one day."""

    kind: str
    fault: Fault
    session: date | None = None


@dataclass(frozen=True)
class Story:
    days: tuple[date, ...]
    held: tuple[Held, ...]
    listed_on: Mapping[str, date]
    until: Mapping[str, date]
    restatements: tuple[Restatement, ...]
    wrong: Mapping[tuple[date, str], Wrong]
    outages: frozenset[date]
    """Days on which Yahoo is down for all."""

    def history(self, each: Held, on: date) -> Truth:
        """The instrument's history as its vendor serves it on a day."""
        own = [r for r in self.restatements if r.instrument_id == each.id and r.on <= on]
        return restated(each.truth, own) if own else each.truth

    def faults(self, on: date) -> list[Fault]:
        down = [Fault("503", "yahoo")] if on in self.outages else []
        return down + [wrong.fault for (day, _), wrong in self.wrong.items() if day == on]


def at(day: date) -> datetime:
    """The time of the daily run."""
    return datetime.combine(day, time(23, 30), UTC)


def restated(truth: Truth, changes: list[Restatement]) -> Truth:
    values = {name: column.copy() for name, column in truth.values.items()}
    for change in changes:
        row = int(np.searchsorted(truth.days, np.datetime64(change.session)))
        for name in ("open", "high", "low", "close"):
            values[name][row] *= change.factor
    return replace(truth, values=values)


def story(instruments: int, days: int, seed: int) -> Story:
    """Generate a story; the same arguments give the same story."""
    random = Random(f"soak/{seed}/{instruments}/{days}")
    opened = tuple(new_york(OPENING, OPENING + timedelta(days=2 * days + 20)).astype(object).tolist()[:days])
    listed_on, until = _lives(instruments, opened, random)
    held = tuple(
        _held(n, opened, listed_on.get(_id(n)), until.get(_id(n)), random) for n in range(instruments)
    )
    outages = frozenset(random.sample(opened[3:-3], max(1, days // 60)))
    quiet = {*outages, *opened[-2:]}
    changes = [_change(each, day, random) for day in opened[2:-2] for each in random.sample(held, 2)]
    latest = {(c.instrument_id, c.session): c for c in changes if c is not None}
    wrong = {
        (day, each.id): _wrong(each, day, random)
        for day in opened[2:]
        if day not in quiet
        for each in random.sample(held, max(1, instruments // 12))
    }
    return Story(
        opened, held, listed_on, until, (*latest.values(), *_late(held, opened, random)), wrong, outages
    )


def _id(number: int) -> str:
    return f"I{number:03d}"


def _lives(count: int, opened: tuple[date, ...], random: Random) -> tuple[dict[str, date], dict[str, date]]:
    """Listing and delisting dates: some are listed within the year, one is delisted."""
    late = {_id(n): opened[random.randrange(2, len(opened) // 2)] for n in range(1, 1 + max(1, count // 20))}
    return late, {_id(0): opened[len(opened) * 2 // 3]}


def _held(
    number: int, opened: tuple[date, ...], listed: date | None, until: date | None, random: Random
) -> Held:
    seed, name, source = random.randrange(2**32), _id(number), _source(number)
    if source not in _SHARES:
        truth = walk("24/7", every_day(listed or FIRST, opened[-1] + timedelta(days=3)), seed)
        quote = "USDT" if source == ARCHIVES else "USD"
        return Held(name, "crypto", truth, ((source, f"{name}/{quote}"),))
    days = new_york(listed or FIRST, until or opened[-1] + timedelta(days=5))
    splits = {}
    if random.random() < 0.5:
        # within the year, so that the vendor restates all stored rows
        row = random.randrange(min(len(days) - 1, 30), len(days))
        splits[row] = random.choice([2.0, 3.0, 4.0, 20.0, 0.1, 0.05, 1.5])
    return Held(name, "equity", walk("XNYS", days, seed, splits), ((source, name),))


def _source(number: int) -> str:
    return _SOURCES.get(number % 20, "yahoo")


def _change(each: Held, day: date, random: Random) -> Restatement | None:
    """A correction of one of the latest sessions."""
    known = [s for s in each.truth.until(at(day)) if s < day][-8:]
    if len(known) < 8:
        return None
    factor = 1 + random.choice([-1, 1]) * random.uniform(0.001, 0.02)
    return Restatement(day, each.id, random.choice(known[:-1]), factor, late=False)


def _late(held: tuple[Held, ...], opened: tuple[date, ...], random: Random) -> list[Restatement]:
    """Corrections of old sessions, early enough that a reverification follows before the end."""
    days = [day for day in opened[10:] if (opened[-1] - day).days > _TURN_DAYS]
    if not days:
        return []
    chosen = []
    for each in random.sample(held[len(held) // 10 :], max(1, len(held) // 10)):
        day = random.choice(days)
        known = sorted(each.truth.until(at(day)))[20:-_LATE_SESSIONS]
        if known:
            chosen.append(Restatement(day, each.id, random.choice(known), 1.015, late=True))
    return chosen


def _wrong(each: Held, day: date, random: Random) -> Wrong:
    source, symbol = each.sources[0]
    known = [s for s in each.truth.until(at(day))][-6:]
    # a fault of the last row applies to each archive, and an archive of a day has one row
    of_rows = ["restated"] if source == ARCHIVES else ["restated", "unfinished", "missing"]
    kind = random.choice(["dead", "stumble", *of_rows])
    if kind == "dead" or not known:
        return Wrong("dead", Fault(random.choice(_DEAD), source, symbol))
    if kind == "stumble":
        return Wrong(kind, Fault(random.choice(_STUMBLES), source, symbol, times=2))
    if kind == "unfinished":
        return Wrong(kind, Fault(kind, source, symbol, params={"fraction": 0.5}))
    if kind == "missing":
        return Wrong(kind, Fault(kind, source, symbol, params={"count": 1.0, "where": "tail"}))
    session = random.choice(known)
    params = {"percent": 3.0, "from": str(session), "to": str(session)}
    return Wrong(kind, Fault(kind, source, symbol, params=params), session)
