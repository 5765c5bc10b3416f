"""Day labels: whether a source says the same under labels that are one day early or late.

A shift is named when, under the shifted labels, the closes agree and so do the returns, and under the same
labels they do not. A price that hardly moves agrees under any label, so nothing is named for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..calendars import Days
from .closes import Closes, deviation, near_unit

_FEWEST: Final = 5
"""Sessions that must be comparable under the shifted labels."""
_AGREEING: Final = 0.9
_BETTER_BY: Final = 0.2
_CORRELATED: Final = 0.8
_UNLIKE: Final = 4.0
"""By so much closer to 1 must the correlation be than under the same labels."""


@dataclass(frozen=True)
class Alignment:
    """How one source's labels lie to another's."""

    shift: int
    """Days (or sessions) to add to its labels; 0 where they are the same or nothing can be said."""
    shifted: Closes
    """Its closes under the labels that fit, in the other's unit; as they are where `shift` is 0."""
    best_shift: int
    correlation: float
    shifted_correlation: float


@dataclass(frozen=True)
class _Fit:
    shift: int
    closes: Closes
    within: float
    compared: int
    correlation: float


def align(reference: Closes, other: Closes, days: Days, calendar: Days, tolerance_bp: float) -> Alignment:
    """Compare the labels of two sources; closes are one a day of `days`, NaN where there is none.

    Where every day agrees no other label is tried.
    """
    same = _fit(0, reference, other, tolerance_bp)
    if same.within == 1.0 and np.isfinite(other[np.isfinite(reference)]).all():
        return Alignment(0, other, 0, same.correlation, same.correlation)
    moved = [
        _fit(shift, reference, closes, tolerance_bp)
        for shift in (1, -1)
        for closes in (_by_day(other, days, shift), _by_session(other, days, calendar, shift))
    ]
    best = max(moved, key=lambda fit: (fit.within, np.nan_to_num(fit.correlation, nan=-2.0)))
    closest = max([same, *moved], key=lambda fit: np.nan_to_num(fit.correlation, nan=-2.0))
    named = _is_named(best, same)
    return Alignment(
        shift=best.shift if named else 0,
        shifted=best.closes if named else other,
        best_shift=best.shift if named else closest.shift,
        correlation=same.correlation,
        shifted_correlation=best.correlation if named else closest.correlation,
    )


def _is_named(shifted: _Fit, same: _Fit) -> bool:
    unlike = 0.0 if np.isnan(same.correlation) else same.correlation
    return (
        shifted.compared >= _FEWEST
        and shifted.within >= _AGREEING
        and shifted.within >= same.within + _BETTER_BY
        and shifted.correlation >= _CORRELATED
        and (1 - shifted.correlation) * _UNLIKE <= 1 - unlike
    )


def _fit(shift: int, reference: Closes, closes: Closes, tolerance_bp: float) -> _Fit:
    """Agreement of levels, whatever the unit, and correlation of returns."""
    both = np.isfinite(reference) & np.isfinite(closes)
    if not both.any():
        return _Fit(shift, closes, 0.0, 0, np.nan)
    a, b = reference[both], closes[both]
    unit, within = 1.0, _within(a, b, tolerance_bp)
    if not within:
        unit = near_unit(a, b, tolerance_bp)
        within = _within(a, b / unit, tolerance_bp)
    return _Fit(shift, closes / unit, within, len(a), _correlation(a, b))


def _within(a: Closes, b: Closes, tolerance_bp: float) -> float:
    return float(np.mean(np.abs(deviation(a, b)) <= tolerance_bp))


def _correlation(a: Closes, b: Closes) -> float:
    """Of logarithmic returns; NaN where one of them does not vary."""
    if len(a) < _FEWEST or (a <= 0).any() or (b <= 0).any():
        return np.nan
    x, y = np.diff(np.log(a)), np.diff(np.log(b))
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 1e-15 else np.nan


def _by_day(closes: Closes, days: Days, shift: int) -> Closes:
    """Labels moved by calendar days, as by a midnight in another zone."""
    return _relabelled(closes, days, days + np.timedelta64(shift, "D"))


def _by_session(closes: Closes, days: Days, calendar: Days, shift: int) -> Closes:
    """Labels moved along the calendar, as where a figure is stamped with its publication."""
    place = np.searchsorted(calendar, days)
    known = np.isin(days, calendar) & (place + shift >= 0) & (place + shift < len(calendar))
    target = np.full(len(days), np.datetime64("NaT", "D"))
    target[known] = calendar[place[known] + shift]
    return _relabelled(closes, days, target)


def _relabelled(closes: Closes, days: Days, target: Days) -> Closes:
    moved = np.full(len(days), np.nan)
    at = np.minimum(np.searchsorted(days, target), len(days) - 1)
    found = days[at] == target
    moved[at[found]] = closes[found]
    return moved
