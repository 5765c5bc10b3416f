"""Everything that is measured, by lake and step."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from . import home
from .homes import LAST_YEAR, Home, Taken, unfilled

DAILY: Final = ("plan", "store", "marts", "build")
"""The steps of a daily run, without asking vendors and keeping what they answer."""
CORRECTED: Final = LAST_YEAR - 10


@dataclass
class Results:
    """What each step took, by lake; those of a round are lists, a round each."""

    small: Home
    large: Home
    shallow: Home
    rounds: dict[tuple[str, str], list[Taken]] = field(default_factory=dict)
    once: dict[tuple[str, str], Taken] = field(default_factory=dict)

    def seconds(self, lake: Home, *steps: str) -> list[float]:
        """Of each round, the steps together."""
        taken = [self.rounds[str(lake), step] for step in steps]
        return [sum(each["seconds"] for each in one) for one in zip(*taken, strict=True)]

    def median(self, lake: Home, *steps: str) -> float:
        return statistics.median(self.seconds(lake, *steps))

    def add(self, lake: Home, step: str, taken: Taken) -> None:
        self.rounds.setdefault((str(lake), step), []).append(taken)


def measure(small: Home, large: Home, shallow: Home, rounds: int) -> Results:
    """Daily runs in turn, round by round; what takes long once."""
    found = Results(small, large, shallow)
    for number in range(rounds):
        for lake in (large, shallow, small):
            _daily(found, lake, rare=number == rounds - 1 and lake is not shallow)
    for lake in (small, large):
        _whole(found, lake)
        found.once[str(lake), "size"] = lake.step("size")
    for lake in (large, shallow):
        _reverified(found, lake)
    return found


def _daily(found: Results, lake: Home, *, rare: bool) -> None:
    with lake.copied() as copy:
        # once before it counts: what is read stands in the system's cache for every step, and for the floor
        copy.step("copy", LAST_YEAR)
        found.add(lake, "floor", copy.step("copy", LAST_YEAR))
        for step in DAILY:
            found.add(lake, step, copy.step(step))
        if rare:
            found.once[str(lake), "corrected floor"] = copy.step("copy", CORRECTED)
            copy.step("correction", lake.folder / "data", f"{CORRECTED}-06-16")
            _once(found, lake, copy, "corrected", ("store", "marts"))
            found.once[str(lake), "all floor"] = copy.step("copy")
            home.configure(copy.folder, lake.first_year, lake.symbols, one_more=True)
            copy.step("one more", lake.folder / "data")
            _once(found, lake, copy, "one more", ("store", "marts"))


def _whole(found: Results, lake: Home) -> None:
    """A first load, and the rebuilding of what it stored from its answers."""
    waiting = unfilled(lake)
    with waiting.copied() as copy:
        _once(found, lake, copy, "whole", ("store", "size", "replay"))


def _reverified(found: Results, lake: Home) -> None:
    with lake.copied(waiting=False) as copy:
        found.once[str(lake), "reverified answers"] = copy.step(
            "answers", lake.folder / "data", reverify_days=30
        )
        _once(found, lake, copy, "reverified", ("store", "marts"))


def _once(found: Results, lake: Home, copy: Home, what: str, steps: Iterable[str]) -> None:
    for step in steps:
        found.once[str(lake), f"{what} {step}"] = copy.step(step)
