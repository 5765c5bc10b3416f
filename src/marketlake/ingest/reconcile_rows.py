"""The rows of `reconciliation` and `reconciliation_pair`, from the panels of all instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ..model.schema import RECONCILIATION, RECONCILIATION_PAIR
from .reconcile_cause import (
    AGREES,
    CURRENCY,
    DAY_SHIFT,
    MISSING,
    NOT_COMPARED,
    NOTHING,
    Causes,
    Closes,
    Subject,
    deviation,
)
from .reconcile_panel import Finding, Mask, Panel, panels

_LEAST: Final = {CURRENCY: -1.0, MISSING: -2.0}
"""What has no deviation is named after what has."""


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
    """A named shift explains every day.

    Else the commonest cause, the first in time among equals.
    """
    off = Counter(cause for cause in causes if cause not in {AGREES, NOTHING})
    if shifted and DAY_SHIFT in off:
        return DAY_SHIFT
    if off:
        return str(off.most_common(1)[0][0])
    return AGREES if (causes == AGREES).any() else NOT_COMPARED


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class _Consensus:
    """By session; rows of the matrices are sources of the declared currency, most trusted first."""

    sources: list[str]
    close: Closes
    """Matrix."""
    trusted: list[str]
    value: Closes


def session_rows(panel: Panel) -> list[dict[str, Any]]:
    """Rows of `reconciliation` without run and moment: sessions of which two sources say
    something."""
    domestic = [source for source in panel.close if source not in panel.subject.foreign]
    if not domestic or len(panel.close) < 2:
        return []
    agreed = _consensus(panel, domestic)
    causes = {s: panel.compare(agreed.value, s, panel.missing[s])[0] for s in panel.close}
    apart = deviation(agreed.value, agreed.close)
    named = np.sum([cause != NOTHING for cause in causes.values()], axis=0)
    rows = np.flatnonzero(np.isfinite(agreed.value) & (named >= 2))
    return [_row(panel, agreed, causes, apart, int(at)) for at in rows]


def _consensus(panel: Panel, domestic: list[str]) -> _Consensus:
    """The median of three or more; of one or two the trusted one's close."""
    close = np.array([panel.close[source] for source in domestic])
    stored = np.array([panel.stored[source] for source in domestic])
    have = np.isfinite(close)
    first = np.where(stored.any(axis=0), stored.argmax(axis=0), have.argmax(axis=0))
    trusted = np.take_along_axis(close, first[None], axis=0)[0]
    value = trusted.copy()
    many = have.sum(axis=0) > 2
    value[many] = np.nanmedian(close[:, many], axis=0)
    return _Consensus(domestic, close, [domestic[place] for place in first], value)


def _row(
    panel: Panel, agreed: _Consensus, causes: Mapping[str, Causes], apart: Closes, at: int
) -> dict[str, Any]:
    own: Mask = np.isfinite(agreed.close[:, at])
    sources = [source for source, has in zip(agreed.sources, own, strict=True) if has]
    here = dict(zip(sources, apart[own, at].tolist(), strict=True))
    off = {source: cause[at] for source, cause in causes.items() if cause[at] not in {AGREES, NOTHING}}
    worst = max(off, key=lambda source: _weight(here.get(source), off[source]), default=None)
    furthest = max(here, key=lambda source: abs(here[source])) if len(here) > 1 else None
    consensus, agreeing = float(agreed.value[at]), sum(causes[s][at] == AGREES for s in sources)
    spread = float(np.ptp(agreed.close[own, at])) / abs(consensus) * 1e4 if furthest and consensus else None
    listed = len(panel.subject.sources)
    silent = [f"{source}: {why.split(':')[0]}" for source, why in panel.subject.unanswered.items()]
    return {
        "instrument_id": panel.instrument_id,
        "session": panel.days[at].item(),
        "sources": ", ".join(sources),
        "compared": len(sources),
        "trusted_source": agreed.trusted[at],
        "consensus_close": consensus,
        "dispersion_bp": spread,
        "furthest_source": furthest if furthest and here[furthest] else None,
        "deviation_bp": _finite(here[furthest]) if furthest else None,
        "tolerance_bp": panel.tolerance_bp,
        "confidence": agreeing / listed,
        "cause": off[worst] if worst else AGREES,
        "off": ", ".join(f"{source}: {cause}" for source, cause in off.items()),
        "not_compared": ", ".join(silent),
    }


def _weight(bp: float | None, cause: str) -> float:
    return abs(bp) if bp is not None and cause not in _LEAST else _LEAST.get(cause, 0.0)


@dataclass(frozen=True)
class Reconciled:
    """What the sources of some instruments say of the same sessions."""

    sessions: pa.Table
    """Schema `RECONCILIATION`."""
    pairs: pa.Table
    """Schema `RECONCILIATION_PAIR`."""


def reconcile(quotes: pa.Table, subjects: Mapping[str, Subject], run_id: str, at: datetime) -> Reconciled:
    """Compare the quotes (schema `QUOTE`) of each subject; `at` is when they were requested."""
    sessions, pairs = list[dict[str, Any]](), list[dict[str, Any]]()
    for panel in panels(quotes, subjects):
        sessions += session_rows(panel)
        pairs += pair_rows(panel)
    run = {"run_id": run_id, "observed_at": at}
    return Reconciled(
        pa.Table.from_pylist([run | row for row in sessions], schema=RECONCILIATION),
        pa.Table.from_pylist([run | row for row in pairs], schema=RECONCILIATION_PAIR),
    )
