"""A currency that nobody named: the ratio of two sources moves as a stored exchange rate does.

A constant ratio proves nothing, whatever its size: the ratio must lie at the rate, and what is left of its
movement once the rate is taken out must be less than half.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from .closes import Closes

Mask = npt.NDArray[np.bool_]

_FEWEST: Final = 10
"""Sessions on which both sources and the rate must be there."""
_NEAR_BP: Final = 100.0
"""A fixing and a close of the same day are hours apart."""
_LEFT_OVER: Final = 0.5


def rate_between(reference: Closes, closes: Closes, rates: Mapping[str, Closes]) -> str | None:
    """The id of the rate by which one of the two is the other; None for none."""
    positive = (reference > 0) & (closes > 0)
    apart = {
        name: distance
        for name, rate in rates.items()
        for distance in _distances(reference, closes, rate, positive & (rate > 0))
        if distance <= _NEAR_BP
    }
    return min(apart, key=lambda name: apart[name], default=None)


def _distances(reference: Closes, closes: Closes, rate: Closes, at: Mask) -> list[float]:
    """Median distance in basis points from the rate and from its inverse, where the movements are alike."""
    if at.sum() < _FEWEST:
        return []
    ratio, rate = np.log(closes[at] / reference[at]), np.log(rate[at])
    left = (ratio - rate, ratio + rate)
    return [
        float(np.median(np.abs(rest)) * 1e4) for rest in left if np.ptp(rest) <= _LEFT_OVER * np.ptp(ratio)
    ]
