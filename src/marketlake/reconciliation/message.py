"""What was found about two sources, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .cause import (
    AGREES,
    CURRENCY,
    DAY_SHIFT,
    DIFFERS,
    MISSING,
    NOT_COMPARED,
    SPLIT,
    UNIT,
    Causes,
)
from .panel import Panel

_CONSTANT_BP: Final = 100.0
"""A factor that strays less than this, or the tolerance, is called constant."""


@dataclass(frozen=True)
class Finding:
    """Two sources of one instrument, day by day."""

    panel: Panel
    a: str
    b: str
    causes: Causes
    shift: int
    factor: float | None
    spread_bp: float | None

    def text(self, cause: str) -> str:
        """The sentence for the commonest cause; empty when they agree."""
        return _SENTENCES[cause](self)

    @property
    def ratio(self) -> str:
        known = "of an unknown factor" if self.factor is None else f"x{self.factor:.6g}"
        return f"{self.b} is {known} of {self.a}"

    @property
    def constant(self) -> bool:
        """Whether one factor covers every session that both have."""
        limit = max(_CONSTANT_BP, self.panel.tolerance_bp)
        both = np.isfinite(self.panel.close[self.a]) & np.isfinite(self.panel.close[self.b])
        off = not (self.causes[both] == AGREES).any()
        return off and self.spread_bp is not None and self.spread_bp <= limit

    def on(self, cause: str) -> str:
        """The first session with the cause, and how many more have it."""
        at = np.flatnonzero(self.causes == cause)
        more = f" and {len(at) - 1} more" if len(at) > 1 else ""
        return f"{self.panel.days[at[0]]}{more}"


def _unit(found: Finding) -> str:
    if found.constant:
        return f"{found.ratio}: another unit"
    return f"{found.b} is in another unit than {found.a} on {found.on(UNIT)}"


def _differs(found: Finding) -> str:
    if found.constant and found.factor != 1.0:
        return f"{found.ratio} throughout: a restatement, or another currency"
    return f"{found.b} differs on {found.on(DIFFERS)}"


def _missing(found: Finding) -> str:
    lacking = [s for s in (found.a, found.b) if found.panel.missing[s][found.causes == MISSING].any()]
    return f"{' and '.join(lacking)} without {found.on(MISSING)}"


def _currency(found: Finding) -> str:
    foreign = found.panel.subject.foreign
    refused = [f"{source} {foreign[source]}" for source in (found.a, found.b) if source in foreign]
    if refused:
        return f"{'; '.join(refused)}; {found.ratio}"
    rate = found.panel.rate_between(found.panel.close[found.a], found.panel.close[found.b])
    return f"{found.ratio} and follows the exchange rate {rate}: another currency"


def _day_shift(found: Finding) -> str:
    early = "early" if found.shift > 0 else "late"
    return f"{found.b} labels its days one {early}: moved by {found.shift:+d} they agree with {found.a}"


def _split(found: Finding) -> str:
    return f"{found.b} and {found.a} disagree over a split, as on {found.on(SPLIT)}"


_SENTENCES: Final[Mapping[str, Callable[[Finding], str]]] = {
    AGREES: lambda found: "",
    NOT_COMPARED: lambda found: "no session that both have",
    CURRENCY: _currency,
    DAY_SHIFT: _day_shift,
    UNIT: _unit,
    SPLIT: _split,
    DIFFERS: _differs,
    MISSING: _missing,
}
