"""How the end of a fetch and the verdict on a claim are coloured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import NotFoundError
from .terminal import BAD, GOOD, STALE

_ODD: Final = frozenset({"never fetched", "delisted", NotFoundError.outcome})


def paint_outcome(column: str, row: Mapping[str, Any]) -> str:
    """A failure is red; what was never fetched, or is gone, yellow."""
    # imported here: half a second that completion has not
    from ..schema import GOOD_OUTCOMES

    outcome = row["outcome"]
    if column not in {"outcome", "message"} or outcome in GOOD_OUTCOMES:
        return ""
    return STALE if outcome in _ODD else BAD


def paint_verdict(column: str, row: Mapping[str, Any]) -> str:
    """What holds is green, what does not red, what no longer does yellow."""
    word = str(row.get(column) or "").partition(",")[0]
    return {"holds": GOOD, "does not hold": BAD, "holds no longer": STALE}.get(word, "")


def paint_status(column: str, row: Mapping[str, Any]) -> str:
    """As `paint_outcome`, and what is behind the calendar is stale."""
    if column in {"sessions_due", "last_session"}:
        return STALE if row["sessions_due"] else ""
    return paint_outcome(column, row)
