"""Naming why a source says something else: unit, split, day label, currency, or nothing that has a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .closes import Closes, deviation, is_factor, is_unit

AGREES, DIFFERS, DAY_SHIFT, UNIT = "agrees", "differs", "day_shift", "unit"
CURRENCY, SPLIT, MISSING, NOT_COMPARED = "currency", "split", "missing_session", "not_compared"
NOTHING: Final = ""
"""Neither source has the session, or one may lack it: nothing to say."""

Causes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Evidence:
    """What is known beside the two closes of each day."""

    tolerance_bp: float
    splits: tuple[Closes, ...]
    """For each day what a mishandled split would multiply by, as each source tells its splits."""
    shifted: Closes | None
    """The closes under labels a day early or late, where those fit."""
    foreign: bool
    """The source serves another currency."""
    missing: npt.NDArray[np.bool_]
    """Days that one of the two lacks amid its own."""


def name_causes(reference: Closes, closes: Closes, evidence: Evidence) -> Causes:
    """A cause for each day, `NOTHING` where there is nothing to compare."""
    limit, both = evidence.tolerance_bp, np.isfinite(reference) & np.isfinite(closes)
    causes = np.full(len(closes), NOTHING, dtype=object)
    causes[both] = DIFFERS
    causes[evidence.missing] = MISSING
    if evidence.foreign:
        causes[both] = CURRENCY
        return causes
    agreeing = both & (np.abs(deviation(reference, closes)) <= limit)
    if evidence.shifted is not None:
        fits = np.abs(deviation(reference, evidence.shifted)) <= limit
        # at an edge of the window there is nothing to move there
        beyond = both & np.isnan(evidence.shifted)
        causes[((both | evidence.missing) & fits) | beyond] = DAY_SHIFT
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = closes / reference
    causes[both & is_unit(ratio, limit)] = UNIT
    for factor in evidence.splits:
        told = both & (factor != 1.0)
        causes[told & (is_factor(ratio, factor, limit) | is_factor(ratio, 1 / factor, limit))] = SPLIT
    causes[agreeing] = AGREES
    return causes
