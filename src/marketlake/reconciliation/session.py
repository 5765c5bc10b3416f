"""A session's consensus: the median of the sources, who is furthest from it, who is off and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .cause import AGREES, CURRENCY, MISSING, NOTHING, Causes
from .closes import Closes, deviation
from .panel import Mask, Panel

_LEAST: Final = {CURRENCY: -1.0, MISSING: -2.0}
"""What has no deviation is named after what has."""


@dataclass(frozen=True)
class _Consensus:
    """By session; rows of the matrices are sources of the declared currency, most trusted first."""

    sources: list[str]
    close: Closes
    """Matrix."""
    trusted: list[str]
    value: Closes


def session_rows(panel: Panel) -> list[dict[str, Any]]:
    """Rows of `reconciliation` without run and moment: sessions of which two sources say something."""
    domestic = [source for source in panel.close if source not in panel.subject.foreign]
    if not domestic or len(panel.close) < 2:
        return []
    agreed = _consensus(panel, domestic)
    causes = {s: panel.compare(agreed.value, s, panel.missing[s])[0] for s in panel.close}
    apart = deviation(agreed.value, agreed.close)
    said = np.sum([cause != NOTHING for cause in causes.values()], axis=0)
    rows = np.flatnonzero(np.isfinite(agreed.value) & (said >= 2))
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


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
