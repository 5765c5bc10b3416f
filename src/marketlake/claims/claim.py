"""Public claims in forms that can be checked against the stored returns: the rows of table `claim`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import ClassVar, Final

PRO_RATA: Final = "pro-rata"
REBALANCING: Final[Mapping[str, int | None]] = {"never": None, "monthly": 1, "quarterly": 3, "yearly": 12}
"""Months from one rebalancing to the next."""
_READ_AS: Final = ("yearly", "monthly", "never")


def named(*texts: str) -> tuple[str, ...]:
    """The instruments in ids, and in plans as people write them: 60 SPY, 40 AGG."""
    return tuple(part.split()[-1] for text in texts for part in text.split(","))


@dataclass(frozen=True)
class Claim:
    """What every claim has; each kind of check adds to it."""

    kind: ClassVar[str]
    id: str
    statement: str
    source: str
    published: str
    """When the claim was made: a year, a month or a date, as in 2025, 2025-08 or 2025-08-07."""
    first_year: int
    last_year: int

    @property
    def of_years(self) -> int:
        """Length of the span in years."""
        return self.last_year - self.first_year + 1


@dataclass(frozen=True)
class WinsClaim(Claim):
    """`a` returned more than `b` in at least `at_least` of the calendar years."""

    kind: ClassVar[str] = "calendar_year_wins"
    a: str
    b: str
    at_least: int
    alternatives: tuple[str, ...] = ()
    """Instruments that could as well have been meant by b."""


@dataclass(frozen=True)
class SleeveClaim(Claim):
    """With `share` of it in the sleeve, `plan` had more return per risk than without; fractions."""

    kind: ClassVar[str] = "sleeve_improves"
    plan: Mapping[str, float]
    """Target weights without the sleeve, by instrument."""
    sleeve: str
    share: float
    rebalance: str = "yearly"
    funded_by: str = PRO_RATA
    """Where the sleeve's share comes from: all holdings, or the one named."""
    alternatives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By holding or sleeve, the instruments that could as well have been meant by it."""

    def readings(self) -> Iterator[PlanReading]:
        """The claim's own plan, then every other one that its words may mean."""
        rebalance = dict.fromkeys((self.rebalance, *_READ_AS))
        fundings = dict.fromkeys((self.funded_by, PRO_RATA, *self.plan))
        possible = [one for one in fundings if one == PRO_RATA or self.plan[one] >= self.share]
        for (variant, names), when, funded_by in product(enumerate(self._variants()), rebalance, possible):
            yield PlanReading(self, variant, names, when, funded_by)

    def _variants(self) -> Iterator[dict[str, str]]:
        """Which instrument stands for which: the claim's own, then with one of them exchanged."""
        own = {name: name for name in (*self.plan, self.sleeve)}
        yield own
        for name, others in self.alternatives.items():
            yield from (own | {name: other} for other in others)


@dataclass(frozen=True)
class PlanReading:
    """One plan that a claim about a sleeve may mean."""

    claim: SleeveClaim
    variant: int
    """Counts the sets of instruments; the claim's own is 0."""
    names: Mapping[str, str]
    rebalance: str
    funded_by: str
    """A name of the claim's own plan, also where another instrument stands for it."""

    @property
    def sleeve(self) -> str:
        return self.names[self.claim.sleeve]

    @property
    def plan(self) -> str:
        """As people write it: 60 SPY, 40 AGG."""
        return ", ".join(f"{weight * 100:g} {self.names[name]}" for name, weight in self.claim.plan.items())

    def weights(self) -> Iterator[tuple[str, float, float]]:
        """Each instrument with its target weight with the sleeve and without it."""
        share = self.claim.share
        for name, weight in self.claim.plan.items():
            own = share if name == self.funded_by else 0.0
            given_up = weight * share if self.funded_by == PRO_RATA else own
            yield self.names[name], weight - given_up, weight
        yield self.sleeve, share, 0.0
