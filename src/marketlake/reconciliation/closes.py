"""Arithmetic on closes: deviations in basis points, and the unit that a ratio stands for."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from .tolerance import UNITS

Closes = npt.NDArray[np.float64]
"""NaN where there is none."""
_UNITS: Final = np.array(UNITS)
_DUST: Final = 1e-6
"""Basis points that floating point may add to a difference that lies on the limit."""


def deviation(reference: Closes, closes: Closes) -> Closes:
    """Of `closes` from `reference` in basis points of its size; infinite from a reference of nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (closes - reference) / np.abs(reference) * 1e4
    return np.where((closes == reference) | (np.abs(apart) < _DUST), 0.0, apart)


def is_factor(ratio: Closes, factor: Closes, tolerance_bp: float) -> npt.NDArray[np.bool_]:
    """Where a ratio is that factor, to the tolerance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(ratio / factor - 1) * 1e4 <= tolerance_bp + _DUST)


def is_unit(ratio: Closes, tolerance_bp: float) -> npt.NDArray[np.bool_]:
    """Where a ratio is one between two units."""
    return np.asarray(is_factor(ratio[:, None], _UNITS, tolerance_bp).any(axis=1))


def near_unit(reference: Closes, closes: Closes, tolerance_bp: float) -> float:
    """The unit factor that most of `closes` are of `reference`, roughly; 1 where it is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.array(np.median(closes / reference))
    # days that lie a label apart differ by more than a tolerance, units by far more than a fifth
    near = is_factor(ratio, _UNITS, max(tolerance_bp, 500.0))
    return float(_UNITS[near][0]) if near.any() else 1.0
