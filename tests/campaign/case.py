"""One case of the fault campaign: fault, target, time and frequency, all derived from one seed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

import numpy as np

from marketlake.simulator.fault import PARAMS, Fault

from .damage import DAMAGES
from .world import AFFECTED, SOURCES, VARIANTS, World, world

SITUATIONS = ("first_load", "daily", "backfill")
REPLY_KINDS = (
    *("429", "403", "451", "500", "502", "503", "504", "404", "hang", "reset"),
    *("truncated", "html", "empty", "trickle", "redirect", "huge"),
)
ANOTHER_SERIES = ("recycled", "mislabelled", "zone")
"""What serves the figures of another company or another day."""
WRONG_VALUES = (
    *("restated", "unit", "unfinished", "unadjusted", "spike", "dividends"),
    *("recycled", "mislabelled", "reinvested", "zone"),
)
"""What serves figures that are not the market's."""
GAPS = ("missing", "nulls", "history")
KINDS = tuple(kind for kind in PARAMS if kind != "shifted")
"""Dates shifted by a day cannot be told from right ones on a calendar of every day: see
tests/ingest/test_faults.py."""


@dataclass(frozen=True)
class Case:
    """The name identifies the case: the same name gives the same case."""

    kind: str
    source: str
    situation: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.source}:{self.situation}:{self.seed}"

    @classmethod
    def parse(cls, name: str) -> Case:
        kind, source, situation, seed = name.split(":")
        return cls(kind, source, situation, int(seed))


@dataclass(frozen=True)
class Drawn:
    """The parameters drawn from a case's seed."""

    case: Case
    world: World
    at: datetime
    """When the fault strikes."""
    after: datetime
    """When, the fault being over, the next run comes."""
    window: tuple[date, date | None] | None
    """What a backfill asks for."""
    strike: str
    """The affected instrument's id, `*` for all of the source, or one of Yahoo's helpers."""
    times: int | None
    probability: float
    params: Mapping[str, float | str]
    fallback: bool

    @property
    def affected(self) -> tuple[str, ...]:
        """The ids that the fault may affect."""
        if self.strike == "*" or self.case.source == "ecb":
            return self.world.own
        return (AFFECTED,) if self.strike == AFFECTED else ()

    @property
    def always(self) -> bool:
        """Whether the fault applies to every matching request."""
        return self.times is None and self.probability == 1

    @property
    def leaves_gaps(self) -> bool:
        """Whether a good answer may lack sessions.

        An archive of Binance that is not found is taken for one from before the listing.
        """
        return self.case.kind in GAPS or (self.case.source == "binance-archive" and self.case.kind == "404")

    def fault(self) -> Fault:
        """The fault for the simulator."""
        symbol = self.strike
        if symbol == AFFECTED:
            symbol = "*" if self.case.source == "ecb" else self.world.get(AFFECTED).sources[0][1]
        return Fault(
            self.case.kind,
            self.case.source,
            symbol,
            self.times,
            self.probability,
            self.case.seed,
            self.params,
        )


def all_cases(runs: int, seed: int, kinds: Collection[str] = (), sources: Collection[str] = ()) -> list[Case]:
    """Every kind x source x situation in turn, with new seeds each round, until there are `runs`.

    `kinds` and `sources` restrict the cases.
    """
    combined = [
        (kind, source, situation)
        for source in SOURCES
        for kind in (DAMAGES if source == "files" else KINDS)
        for situation in SITUATIONS
        if (not kinds or kind in kinds) and (not sources or source in sources)
    ]
    Random(seed).shuffle(combined)
    return [Case(*combined[n % len(combined)], seed * 1_000_000 + n) for n in range(runs)]


def draw(case: Case) -> Drawn:
    """Draw all parameters of the case from its seed."""
    random = Random(case.name)
    place = world(case.source, random.randrange(VARIANTS))
    days_later = random.choice([1, 1, 1, 2, 3, 5, 9, 20])
    at = place.loaded + timedelta(days=days_later)
    after = datetime.combine(at.date(), random.choice([time(12), time(23, 30)]), at.tzinfo)
    after += timedelta(days=random.choice([1, 1, 2, 4]))
    fallback = random.random() < 0.2
    helper = case.source == "yahoo" and case.kind in REPLY_KINDS and random.random() < 0.15
    times, probability = _frequency(case, random)
    return Drawn(
        case=case,
        world=place.with_fallback() if fallback else place,
        at=at,
        after=after,
        window=_window(case, place, random) if case.situation == "backfill" else None,
        strike=random.choice(["crumb", "cookie"]) if helper else _target(case, random),
        times=times,
        probability=probability,
        params={} if case.source == "files" else _params(case, place, at, random),
        fallback=fallback,
    )


def _target(case: Case, random: Random) -> str:
    """One or all instruments; FRED's series differ in their sessions, so a restatement picks one
    of them."""
    alone = case.source == "fred" and case.kind == "restated"
    return AFFECTED if alone else random.choice([AFFECTED, AFFECTED, "*"])


def _frequency(case: Case, random: Random) -> tuple[int | None, float]:
    if random.random() < 0.5:
        return None, 1.0
    if random.random() < 0.3:
        return None, random.choice([0.3, 0.6])
    return random.choice([1, 2, 3, 4]), 1.0


def _window(case: Case, place: World, random: Random) -> tuple[date, date | None]:
    """Starts at the beginning or later; ends some sessions after the lake's first session, or
    now."""
    start = place.first + timedelta(days=random.choice([0, 0, 40]))
    beyond = place.loaded_from + timedelta(days=40 if case.source != "fred" else 200)
    return start, random.choice([None, beyond])


def _params(case: Case, place: World, at: datetime, random: Random) -> dict[str, float | str]:
    where = random.choice(["head", "middle", "tail", "random"])
    few, all_or_few = float(random.choice([1, 2, 3])), float(random.choice([1, 5, 5000]))
    many = float(random.choice([500, 5000]))
    keep, length = random.uniform(0, 0.99), random.choice(["declared", "actual"])
    gaps: dict[str, float | str] = {"count": few if random.random() < 0.6 else many, "where": where}
    unit: list[dict[str, float | str]] = [
        {"factor": 100.0},
        {"factor": 0.01},
        {"label": "EUR", "factor": 1.0},
    ]
    wait = random.choice([None, None, 0.0, 1.0, 20.0, 3600.0])
    chosen: dict[str, dict[str, float | str]] = {
        "429": {} if wait is None else {"retry_after": wait},
        "hang": {"seconds": 60.0},
        "truncated": {"keep": keep, "length": length},
        "trickle": {"seconds": 0.2},
        "huge": {"bytes": 5e6},
        "nulls": gaps,
        "missing": gaps,
        "duplicates": {"count": all_or_few, "where": where},
        "unadjusted": {
            "scope": random.choice(["history", "day"]),
            "events": random.choice(["kept", "dropped"]),
        },
        "unit": random.choice(unit),
        "unfinished": {"fraction": random.choice([0.0, 0.3, 0.9])},
        "recycled": {"level": random.choice([0.5, 60.0, 9000.0])},
        "mislabelled": {"sessions": random.choice([1.0, -1.0])},
        "zone": {"zone": random.choice(["Pacific/Auckland", "Pacific/Honolulu"])},
        "reinvested": {"events": random.choice(["kept", "dropped"])},
        "restated": _restated(case, place, at, random),
        "spike": {
            "factor": random.choice([0.3, 0.7, 1.4, 3.0, 100.0]),
            "field": random.choice(["bar", "bar", "close", "high", "low", "open"]),
            "count": few,
            "where": where,
        },
        "dividends": random.choice([{"factor": 100.0}, {"factor": 0.01}, {"factor": 1.0, "again": 4.0}]),
        "history": _history(place, random),
    }
    return chosen.get(case.kind, {})


def _history(place: World, random: Random) -> dict[str, float | str]:
    """A source that begins later, or that stopped some sessions before the lake was loaded."""
    known = place.get(AFFECTED).truth.days
    last = int(np.searchsorted(known, np.datetime64(place.loaded.date())))
    if random.random() < 0.5:
        return {"to": str(known[last - random.randrange(1, 30)])}
    return {"from": str(known[random.randrange(1, last)])}


def _restated(case: Case, place: World, at: datetime, random: Random) -> dict[str, float | str]:
    """In a history some sessions in the middle; in a daily response some or all of the
    look-back."""
    percent = round(random.uniform(0.5, 15), 2) * random.choice([1, -1])
    if case.situation == "daily" and random.random() < 0.3:
        return {"percent": percent}
    known = place.get(AFFECTED).truth.days
    last = int(np.searchsorted(known, np.datetime64(place.loaded.date())))
    if case.situation == "daily":
        first = last - random.randrange(1, 9)
    else:
        first = int(np.searchsorted(known, np.datetime64(place.loaded_from))) + random.randrange(2, 6)
    end = min(first + random.randrange(0, 4), len(known) - 1)
    return {"percent": percent, "from": str(known[first]), "to": str(known[end])}
