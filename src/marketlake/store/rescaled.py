"""Whole answers on another scale: every look-back bar differs from the stored one by the same factor.

A vendor that adjusts its history for something it does not name (a split without an event, another unit)
looks like a revision of every bar. It is not one: such an answer is put aside. Where a whole history came
back, all before the adjustment differs and the rest does not: a long beginning tells as much as the whole.
A few rows may differ otherwise: one of the stored values may be wrong, or corrected in the same answer.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import QuarantinedError, SourceError
from ..normalise import spans
from .merge import match

_NOISE: Final = 1e-6
_SPREAD: Final = 1e-4
_LONG_BEGINNING: Final = 11
"""More than a day's window holds: fewer rows at its head may be a correction."""
_OTHER_SOURCE: Final = 0.2
"""Two sources of a price differ by far less than a fifth; no vendor corrects two sessions by the same."""
_MOST: Final = 0.5
_NEARLY_ALL: Final = 0.8
"""The share of what differs that has the factor: more than half where it is large, else nearly all."""


def rescaled(stored: pa.Table, incoming: pa.Table) -> dict[str, SourceError]:
    """The instruments whose overlap is on another scale, with the error; both tables have schema `BAR`."""
    known, again = _moved(stored, incoming)
    ids = again["instrument_id"].to_numpy(zero_copy_only=False)
    same, ratio = _same_source(known, again), _ratio(known, again)
    refused: dict[str, SourceError] = {}
    for instrument_id, rows in spans(ids):
        mine, own = ratio[rows], same[rows]
        factor = _common_factor(mine[own]) or _other_factor(mine[~own])
        if factor is not None:
            refused[instrument_id] = QuarantinedError(
                f"{instrument_id}: the sessions that are stored already came back times "
                f"{factor:.6g}, and no split says why; the answer was put aside. "
                "The next run asks again; if the vendor stays with it, list the series under a new id"
            )
    return refused


def _moved(stored: pa.Table, incoming: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The overlap of the instruments in which any row tells something: as stored, and as it came in."""
    at, found = match(stored, incoming)
    known, again = stored.take(pa.array(at[found])), incoming.filter(pa.array(found))
    # not "differs": a ratio that is no number tells something too
    agrees = _same_source(known, again) & (np.abs(_ratio(known, again) - 1) <= _NOISE)
    ids = again["instrument_id"]
    mine = pc.is_in(ids, ids.filter(pa.array(~agrees)).combine_chunks())
    return known.filter(mine), again.filter(mine)


def _same_source(known: pa.Table, again: pa.Table) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.equal(known["source"], again["source"]))


def _ratio(known: pa.Table, again: pa.Table) -> npt.NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(again["close"].to_numpy() / known["close"].to_numpy())


def _common_factor(ratio: npt.NDArray[np.float64]) -> float | None:
    """The factor by which all rows of one source differ; a large one need not be that of all."""
    differs = np.abs(ratio - 1) > _NOISE
    changed = ratio[differs]
    if len(changed) < 2 or not np.isfinite(ratio).all():
        return None
    factor = float(np.median(changed))
    agree = np.abs(changed - factor) < _SPREAD / 2 * abs(factor)
    beginning = bool(differs[: len(changed)].all())
    whole = len(changed) == len(ratio) or (beginning and len(changed) > _LONG_BEGINNING)
    large = abs(factor - 1) > _OTHER_SOURCE
    telling = (large and agree.mean() > _MOST) or (whole and agree.mean() >= _NEARLY_ALL)
    return factor if telling and agree.sum() > 1 else None


def _other_factor(ratio: npt.NDArray[np.float64]) -> float | None:
    """By how much another source's rows differ, where that is beyond belief."""
    if not len(ratio) or not np.isfinite(ratio).all():
        return None
    factor = float(np.median(ratio))
    return factor if abs(factor - 1) > _OTHER_SOURCE else None
