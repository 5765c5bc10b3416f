"""Keeping the page beside `market.duckdb`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..store.batches import publish_page
from ..store.disk import write_bytes
from .document import report

PAGE: Final = "report.html"


def write_report(lake: Path, path: Path | None = None) -> Path:
    """Write the page of a lake, whole or not at all, to `path` (`<lake>/report.html`); returns where.

    Raises as `report`, and `LakeWriteError` when the disk refuses.
    """
    content = report(lake).encode()
    if path is None:
        publish_page(lake, PAGE, content)
        return (lake / PAGE).resolve()
    write_bytes(path.resolve(), content)
    return path.resolve()
