"""The market of the mixed campaign with temporary faults, so that one run must fetch everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.campaign.mixed import mixed_world
from tests.campaign.world import World

from marketlake.simulator.fault import Fault

NOW = datetime(2024, 1, 22, 23, 30, tzinfo=UTC)
INSTRUMENTS = 500
LIMITS = {
    "yahoo": 10.0,
    **dict.fromkeys(("binance", "bitstamp", "coinbaseexchange", "fred", "kraken", "tiingo"), 4.0),
}
"""Requests a second: what the two workers may send each host together."""
_PASSING = ("503", "500", "429", "reset", "html", "truncated", "empty")
_BATCH = 50
"""As in a new lake: the ids of a batch together are longer than a label may be on Postgres."""


def write_home(home: Path, world: World) -> None:
    """Write the universe, the user's files and the limits."""
    world.write(home)
    limits = "\n".join(f"{source} = {rate}" for source, rate in LIMITS.items())
    (home / "marketlake.toml").write_text(
        f"batch_size = {_BATCH}\n[requests_per_second]\n{limits}\n'binance-archive' = 0\necb = 0\nfiles = 0\n"
    )


def world() -> World:
    return mixed_world(INSTRUMENTS)


def faults(held: World) -> list[Fault]:
    """Every fifth instrument fails once or twice; Yahoo and Bitstamp also fail at random."""
    return [
        *_single(held),
        Fault("503", "yahoo", probability=0.03),
        Fault("reset", "bitstamp", probability=0.03),
    ]


def _single(held: World) -> Iterator[Fault]:
    random = Random("cluster")
    supported_kinds = [each for each in held.held if each.sources[0][0] in LIMITS]
    for each in random.sample(supported_kinds, INSTRUMENTS // 5):
        kind = random.choice(_PASSING)
        yield Fault(kind, *each.sources[0], times=random.choice([1, 2]), params=_params(kind, random))


def _params(kind: str, random: Random) -> dict[str, float | str]:
    return {"retry_after": float(random.choice([-1, 0, 1]))} if kind == "429" else {}
