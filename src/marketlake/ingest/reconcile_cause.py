"""Why two sources differ: tolerances, unit factors, exchange rates, shifted labels, splits.

Every rule works on the closes of two sources as arrays, one element a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..model.calendars import Days

UNITS: Final = tuple(
    power
    for factor in (10.0, 100.0, 1e3, 1e4, 1e6, 1e8, 31.1034768, 32.1507466)
    for power in (factor, 1 / factor)
)
"""Factors between units: powers of ten (pence, satoshi), grams in a troy ounce, ounces in a
kilogram."""
QUOTE: Final = pa.schema(
    [
        pa.field("instrument_id", pa.string(), nullable=False),
        pa.field("session", pa.date32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("close", pa.float64(), nullable=False),
        pa.field("split", pa.float64(), nullable=False),
        pa.field("stored", pa.bool_(), nullable=False),
    ]
)
"""A source's word on a session, as traded; one row an instrument, session and source."""
_UNITS: Final = np.array(UNITS)
_DUST: Final = 1e-6
"""Basis points that floating point may add to a difference that lies on the limit."""
_FEWEST_RATES: Final = 10
"""Sessions on which both sources and the rate must be there."""
_NEAR_BP: Final = 100.0
"""A fixing and a close of the same day are hours apart."""
_LEFT_OVER: Final = 0.5
_FEWEST: Final = 5
"""Sessions that must be comparable under the shifted labels."""
_AGREEING: Final = 0.9
_BETTER_BY: Final = 0.2
_CORRELATED: Final = 0.8
_UNLIKE: Final = 4.0
"""By so much closer to 1 must the correlation be than under the same labels."""
AGREES, DIFFERS, DAY_SHIFT, UNIT = "agrees", "differs", "day_shift", "unit"
CURRENCY, SPLIT, MISSING, NOT_COMPARED = "currency", "split", "missing_session", "not_compared"
NOTHING: Final = ""
"""Neither source has the session, or one may lack it: nothing to say."""

Closes = npt.NDArray[np.float64]
"""NaN where there is none."""
Mask = npt.NDArray[np.bool_]
Causes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Tolerance:
    """A limit in basis points and why it is that."""

    bp: float
    reason: str


TOLERANCES: Final[Mapping[str, Tolerance]] = {
    "crypto": Tolerance(100.0, "every venue has its own price, and stablecoins stand in for dollars"),
    "equity": Tolerance(10.0, "one official close, rounded to a cent"),
    "fund": Tolerance(10.0, "one official close, rounded to a cent"),
    "index": Tolerance(10.0, "one publisher, rounded to two digits"),
    "bond": Tolerance(25.0, "settlements and last trades are minutes apart"),
    "metal": Tolerance(50.0, "settlement, last trade and fixing are hours apart"),
    "currency": Tolerance(100.0, "a fixing in the afternoon and a close in New York are hours apart"),
    "rate": Tolerance(100.0, "a yield of 0.50 rounded to two digits is known to 1 % of itself"),
    "inflation": Tolerance(2.0, "one publisher, rounded to one to three digits"),
}
"""By asset class."""


@dataclass(frozen=True)
class Subject:
    """One instrument and the window in which its sources are compared."""

    asset_class: str
    sources: Sequence[str]
    """All that are compared, most trusted first."""
    start: date
    end: date
    calendar: Days
    """Sessions of the window by the instrument's calendar."""
    later_split: float = 1.0
    """Product of the stored splits after the window."""
    rates: Mapping[str, Mapping[date, float]] = field(default_factory=dict)
    """Closes of the stored exchange rates in the window."""
    foreign: Mapping[str, str] = field(default_factory=dict)
    """By source, why its currency was refused; its closes are as served."""
    unanswered: Mapping[str, str] = field(default_factory=dict)
    """By source, outcome and message where it gave nothing to compare."""


def deviation(reference: Closes, closes: Closes) -> Closes:
    """Of `closes` from `reference` in basis points of its size.

    Infinite from a reference of nothing.
    """
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
    """Median distance in basis points from the rate and from its inverse, where the movements are
    alike."""
    if at.sum() < _FEWEST_RATES:
        return []
    ratio, rate = np.log(closes[at] / reference[at]), np.log(rate[at])
    left = (ratio - rate, ratio + rate)
    return [
        float(np.median(np.abs(rest)) * 1e4) for rest in left if np.ptp(rest) <= _LEFT_OVER * np.ptp(ratio)
    ]


@dataclass(frozen=True)
class Alignment:
    """How one source's labels lie to another's."""

    shift: int
    """Days (or sessions) to add to its labels; 0 where they are the same or the result is
    inconclusive."""
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


@dataclass(frozen=True)
class Evidence:
    """What is known next to the two closes of each day."""

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
        splits = both & (factor != 1.0)
        causes[splits & (is_factor(ratio, factor, limit) | is_factor(ratio, 1 / factor, limit))] = SPLIT
    causes[agreeing] = AGREES
    return causes
