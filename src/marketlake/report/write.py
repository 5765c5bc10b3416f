"""Keeping the page beside `market.duckdb`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..store.files import write_bytes
from .document import report

PAGE: Final = "report.html"


def write_report(lake: Path, path: Path | None = None) -> Path:
    """Write the page of a lake, whole or not at all, to `path` (`<lake>/report.html`); returns where.

    Raises as `report`, and `LakeWriteError` when the disk refuses.
    """
    place = (path or lake / PAGE).resolve()
    write_bytes(place, report(lake).encode())
    return place
