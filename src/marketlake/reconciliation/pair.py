"""Two sources over the whole window: how far apart, by what factor, under which labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from .cause import AGREES, CURRENCY, DAY_SHIFT, MISSING, NOT_COMPARED, NOTHING, Causes
from .closes import Closes, deviation
from .message import Finding
from .panel import Panel


def pair_rows(panel: Panel) -> Iterator[dict[str, Any]]:
    """Rows of `reconciliation_pair` without run and moment, one for each two listed sources."""
    for a, b in combinations(panel.subject.sources, 2):
        row = _compared(panel, a, b) if a in panel.close and b in panel.close else _not_compared(panel, a, b)
        yield {
            "instrument_id": panel.instrument_id,
            "source_a": a,
            "source_b": b,
            "first_session": panel.subject.start,
            "last_session": panel.subject.end,
            "tolerance_bp": panel.tolerance_bp,
            **row,
        }


def _not_compared(panel: Panel, a: str, b: str) -> dict[str, Any]:
    silent = [source for source in (a, b) if source not in panel.close]
    text = "; ".join(f"{source} {panel.subject.unanswered.get(source, 'no rows')}" for source in silent)
    return {"sessions": 0, "best_shift": 0, "missing_sessions": 0, "cause": NOT_COMPARED, "message": text}


def _compared(panel: Panel, a: str, b: str) -> dict[str, Any]:
    reference, closes = panel.close[a], panel.close[b]
    missing = _missing(panel, a, b)
    causes, found = panel.compare(reference, b, missing)
    if a in panel.subject.foreign:
        causes[np.isfinite(reference) & np.isfinite(closes)] = CURRENCY
    both = np.isfinite(reference) & np.isfinite(closes)
    apart, days = deviation(reference, closes)[both], panel.days[both]
    cause = _commonest(causes, shifted=bool(found.shift))
    row: dict[str, Any] = {
        "sessions": int(both.sum()),
        "best_shift": found.best_shift,
        "correlation": _finite(found.correlation),
        "shifted_correlation": _finite(found.shifted_correlation),
        "missing_sessions": int((causes == MISSING).sum()),
        "cause": cause,
        **_factor(reference[both], closes[both]),
    }
    if both.any():
        worst = int(np.argmax(np.abs(apart)))
        row |= {
            "median_bp": _finite(float(np.median(np.abs(apart)))),
            "largest_bp": _finite(float(apart[worst])),
            "largest_session": days[worst].item() if apart[worst] else None,
            "within": float(np.mean(causes[both] == AGREES)),
        }
    finding = Finding(panel, a, b, causes, found.shift, row["factor"], row["factor_spread_bp"])
    return row | {"message": finding.text(cause)}


def _missing(panel: Panel, a: str, b: str) -> Any:
    """Sessions that one of the two has and the other lacks amid its own."""
    has_a, has_b = np.isfinite(panel.close[a]), np.isfinite(panel.close[b])
    return (panel.missing[a] & has_b) | (panel.missing[b] & has_a)


def _factor(reference: Closes, closes: Closes) -> dict[str, float | None]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = closes / reference
    if not len(ratio) or not np.isfinite(ratio).all() or not np.median(ratio):
        return {"factor": None, "factor_spread_bp": None}
    factor = float(np.median(ratio))
    return {"factor": factor, "factor_spread_bp": float(np.abs(ratio / factor - 1).max() * 1e4)}


def _commonest(causes: Causes, *, shifted: bool) -> str:
    """A named shift explains every day; else the commonest cause, the first in time among equals."""
    off = Counter(cause for cause in causes if cause not in {AGREES, NOTHING})
    if shifted and DAY_SHIFT in off:
        return DAY_SHIFT
    if off:
        return str(off.most_common(1)[0][0])
    return AGREES if (causes == AGREES).any() else NOT_COMPARED


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
