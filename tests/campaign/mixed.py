"""Random faults on 500 instruments of all sources: several rounds, then one without faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from marketlake.ingest.runs import RunRow
from marketlake.simulator.fault import Fault

from . import checks
from .case import REPLY_KINDS
from .clock import PATIENCE_S, bound_access
from .expected import GOOD
from .injected import Params, explains
from .lakes import Key, Row, bars, expected_rows, same
from .market import euro_rates, every_day, new_york, only_closes, walk
from .strike import Site, run
from .world import Held, World

FIRST, LAST = date(2023, 11, 1), date(2024, 3, 29)
_SHARES = {
    "yahoo": 40,
    "tiingo": 10,
    "bitstamp": 12,
    "binance": 8,
    "binance-archive": 4,
    "coinbaseexchange": 8,
    "kraken": 8,
    "ecb": 4,
    "fred": 4,
    "files": 2,
}
"""Percent of the instruments by source."""
_RATES = ("USD", "JPY", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF")
_SLOW = ("hang", "trickle", "huge")
_ROUNDS = ("first_load", "daily", "daily", "backfill", "daily")


@dataclass(frozen=True)
class Rounds:
    """The rounds of one lake; `seed` determines all of it."""

    seed: int
    instruments: int


@dataclass(frozen=True)
class MixedResult:
    """The result of the rounds."""

    rounds: Rounds
    faults: Counter[str]
    outcomes: Counter[str]
    violations: tuple[str, ...]


@dataclass
class _State:
    """The faults injected so far."""

    world: World
    random: Random
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    injected: dict[str, list[tuple[str, Params]]] = field(default_factory=dict)
    """By instrument: every fault of its rows."""


def mixed(rounds: Rounds, site: Site) -> MixedResult:
    """Run the rounds and collect violations."""
    state = _State(mixed_world(rounds.instruments), Random(f"mixed/{rounds.seed}"))
    home = site.fresh()
    state.world.write(home)
    violations, at = list[str](), datetime(2024, 1, 22, 23, 30, tzinfo=UTC)
    bound_access(PATIENCE_S)
    for number, situation in enumerate(_ROUNDS):
        before = bars(home / "data")
        loaded = {name for name, _ in before} if situation == "daily" else set[str]()
        faults, affected = _faults(state, loaded, at)
        site.prepare(state.world, faults)
        window = (date(2023, 12, 1), None) if situation == "backfill" else None
        rows = run(site, home, at, window)
        state.outcomes += Counter(row["outcome"] for row in rows)
        ended = _checked(state, before, home / "data", rows, affected, at)
        violations += [f"round {number}, {situation}: {text}" for text in ended]
        at += timedelta(days=state.random.choice([1, 2, 3]))
    bound_access()
    site.prepare(state.world, [])
    last = run(site, home, at, None, 1)
    violations += [
        f"afterwards {r['instrument_id']}: {r['message'][:120]}" for r in last if r["outcome"] not in GOOD
    ]
    violations += checks.equal(bars(home / "data"), _truth(state.world, at), "afterwards")
    violations += checks.whole(home / "data")
    return MixedResult(rounds, state.faults, state.outcomes, tuple(violations))


def failed(rounds: Rounds, how: str) -> MixedResult:
    """The result of rounds that could not be run."""
    return MixedResult(rounds, Counter(), Counter(), (how,))


def mixed_world(count: int) -> World:
    """`count` instruments, distributed over all sources."""
    held: list[Held] = []
    for source, percent in _SHARES.items():
        held += [_held(source, n) for n in range(max(1, count * percent // 100))]
    return World("", FIRST, FIRST, datetime(2024, 1, 19, tzinfo=UTC), tuple(held))


def _held(source: str, number: int) -> Held:
    prefix = source.rpartition("-")[2].upper()[:4]
    name, seed = f"{prefix}{number:03d}", number * 1000 + len(source)
    if source in {"yahoo", "tiingo"}:
        days = new_york(FIRST, LAST)
        splits = {30: 4.0} if number % 5 == 0 else {}
        return Held(name, "equity", walk("XNYS", days, seed, splits), ((source, name),))
    if source == "ecb":
        quote = _RATES[number % len(_RATES)]
        return Held(name, "currency", euro_rates("EUR", quote, FIRST, LAST), ((source, f"EUR/{quote}"),))
    if source == "fred":
        truth = only_closes(walk("XNYS", new_york(FIRST, LAST), seed), next_day=True)
        return Held(name, "rate", truth, ((source, name),))
    truth = walk("24/7", every_day(FIRST, LAST), seed)
    quote = "USDT" if source in {"binance", "binance-archive"} else "USD"
    return Held(name, "crypto", truth, ((source, f"{name}.csv" if source == "files" else f"{name}/{quote}"),))


def _truth(world: World, at: datetime) -> dict[Key, Row]:
    return expected_rows({each.id: each.truth.until(at) for each in world.held})


def _faults(state: _State, loaded: set[str], at: datetime) -> tuple[list[Fault], set[str]]:
    """A fault for every fifth instrument, and sometimes one for a whole source.

    Wrong values only for `loaded` instruments: a history that begins on another scale cannot be
    detected.
    """
    random, faults = state.random, list[Fault]()
    supported_kinds = [each for each in state.world.held if each.sources[0][0] not in {"files", "ecb"}]
    chosen = random.sample(supported_kinds, len(state.world.held) // 5)
    for each in chosen:
        fault = _fault(each, each.id in loaded, at, random)
        faults.append(fault)
        if fault.kind not in REPLY_KINDS:
            state.injected.setdefault(each.id, []).append((fault.kind, fault.params))
    source = random.choice([*_SHARES])
    faults.append(Fault(random.choice(["503", "429", "reset", "html"]), source, probability=0.05))
    state.faults += Counter(fault.kind for fault in faults)
    everywhere = {each.id for each in state.world.held if each.sources[0][0] == source}
    return faults, {each.id for each in chosen} | everywhere


def _fault(each: Held, loaded: bool, at: datetime, random: Random) -> Fault:
    source, symbol = each.sources[0]
    rows = ("missing", "nulls", "duplicates")
    wrong = ("restated", "unfinished", "unit") if loaded else ()
    quick = [kind for kind in REPLY_KINDS if kind not in _SLOW or random.random() < 0.1]
    kind = random.choice([*quick, *rows, *wrong])
    times = random.choice([None, None, 1, 2, 3])
    return Fault(kind, source, symbol, times, 1.0, random.randrange(1000), _params(kind, each, at, random))


def _params(kind: str, each: Held, at: datetime, random: Random) -> dict[str, float | str]:
    if kind in {"missing", "nulls"}:
        return {"count": 2.0, "where": random.choice(["middle", "tail"])}
    if kind == "restated":
        session = str(random.choice(sorted(each.truth.until(at))[-9:]))
        return {"percent": 4.0, "from": session, "to": session}
    slow: dict[str, dict[str, float | str]] = {
        "hang": {"seconds": 60.0},
        "trickle": {"seconds": 0.2},
        "huge": {"bytes": 5e6},
        "429": {"retry_after": float(random.choice([-1, 0, 5]))},
    }
    return slow.get(kind, {})


def _checked(
    state: _State,
    before: Mapping[Key, Row],
    root: Path,
    rows: Sequence[RunRow],
    affected: set[str],
    at: datetime,
) -> Iterator[str]:
    after, truth = bars(root), _truth(state.world, at)
    yield from checks.nothing_lost(before, after)
    yield from checks.changed_only_with_revision(before, after, root)
    yield from checks.whole(root)
    yield from _explained(state, after, truth)
    for row in rows:
        on_hold = row["message"].startswith("not requested")
        if row["outcome"] not in GOOD and row["instrument_id"] not in affected and not on_hold:
            yield f"{row['instrument_id']} was not affected: {row['outcome']}: {row['message'][:120]}"
        if row["outcome"] not in GOOD and not row["message"]:
            yield f"{row['instrument_id']}: {row['outcome']} without a word"


def _explained(state: _State, after: Mapping[Key, Row], truth: Mapping[Key, Row]) -> Iterator[str]:
    by_id: dict[str, dict[date, Row]] = {}
    for (name, day), row in truth.items():
        by_id.setdefault(name, {})[day] = row
    for (name, day), row in after.items():
        own = by_id[name]
        if day in own and same(row, own[day]):
            continue
        if day not in own or not any(explains(k, p, day, row, own) for k, p in state.injected.get(name, ())):
            yield f"invented: {name} {day} holds {row}, the market said {own.get(day)}"
            return
