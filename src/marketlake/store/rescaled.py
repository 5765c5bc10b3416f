"""Whole answers on another scale: every look-back bar differs from the stored one by the same factor.

A vendor that adjusts its history for something it does not name (a split without an event, another unit)
looks like a revision of every bar. It is not one: such an answer is put aside.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from ..errors import QuarantinedError, SourceError
from .merge import match

_NOISE: Final = 1e-6
_SPREAD: Final = 1e-4
_OTHER_SOURCE: Final = 0.2
"""Two sources of one price differ by far less than a fifth."""


def rescaled(stored: pa.Table, incoming: pa.Table) -> dict[str, SourceError]:
    """The instruments whose overlap is on another scale, with the error; both tables have schema `BAR`."""
    at, found = match(stored, incoming)
    known, again = stored.take(pa.array(at[found])), incoming.filter(pa.array(found))
    ids = again["instrument_id"].to_numpy(zero_copy_only=False)
    same = known["source"].to_numpy(zero_copy_only=False) == again["source"].to_numpy(zero_copy_only=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = again["close"].to_numpy() / known["close"].to_numpy()
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])) if len(ids) else np.empty(0, int)
    refused: dict[str, SourceError] = {}
    for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
        factor = _common_factor(ratio[start:end], bool(same[start:end].all()))
        if factor is not None:
            refused[ids[start]] = QuarantinedError(
                f"{ids[start]}: all {end - start} sessions that are stored already came back times "
                f"{factor:.6g}, and no split says why; the answer was put aside. "
                "Check the vendor's unit and splits, then backfill the instrument"
            )
    return refused


def _common_factor(ratio: np.ndarray, same_source: bool) -> float | None:
    factor = float(np.median(ratio))
    if not same_source:
        return factor if abs(factor - 1) > _OTHER_SOURCE else None
    if len(ratio) < 2 or not np.all(np.abs(ratio - 1) > _NOISE):
        return None
    return factor if float(np.ptp(ratio)) < _SPREAD * abs(factor) else None
