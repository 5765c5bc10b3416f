"""Variants measured in turn, round by round, so that what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SPELL_S: Final = 0.5
"""What answers sooner is asked again for so long: a call right after other work says little."""


@dataclass(frozen=True)
class Timing:
    """Seconds of each round, by the clock and of all cores together."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return statistics.median(self.wall)

    @property
    def cpu_seconds(self) -> float:
        return statistics.median(self.cpu)


@dataclass(frozen=True)
class Ratio:
    """One variant over another of the same rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, one: Timing, other: Timing, factor: float = 1.0) -> Ratio:
        """Of the clock's seconds; `factor` where the two did different amounts of work."""
        pairs = sorted(factor * a / b for a, b in zip(one.wall, other.wall, strict=True))
        return cls(statistics.median(pairs), pairs[0], pairs[-1])

    @classmethod
    def between(cls, one: Sequence[float], other: Sequence[float]) -> Ratio:
        """Of what was measured round by round."""
        return cls.of(Timing(tuple(one), ()), Timing(tuple(other), ()))

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.low)} to {_short(self.high)})"


def once(run: Callable[[], object]) -> Timing:
    return spell(run, 0)


def spell(run: Callable[[], object], seconds: float) -> Timing:
    """The mean of consecutive calls, of at least one and for at least `seconds`."""
    wall, cpu = time.perf_counter(), time.process_time()
    calls = 0
    while calls == 0 or time.perf_counter() - wall < seconds:
        run()
        calls += 1
    return Timing(((time.perf_counter() - wall) / calls,), ((time.process_time() - cpu) / calls,))


def in_turn(
    variants: Mapping[str, Callable[[], object]], rounds: int, seconds: float = SPELL_S
) -> dict[str, Timing]:
    """Every variant for a spell each round; a first round, reading files and loading code, does not count."""
    taken = [{name: spell(run, seconds) for name, run in variants.items()} for _ in range(rounds + 1)][1:]
    return {name: _together([each[name] for each in taken]) for name in variants}


def _together(timings: list[Timing]) -> Timing:
    return Timing(tuple(t.wall[0] for t in timings), tuple(t.cpu[0] for t in timings))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
