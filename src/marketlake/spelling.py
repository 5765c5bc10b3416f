"""What a mistyped name may have been meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """The ids that look like it, else those that there are to choose from."""
    ids = list(known)
    close = get_close_matches(name[:40].upper(), ids, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(ids[:40])}"
