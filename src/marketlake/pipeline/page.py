"""Keeping the report in step with market.duckdb."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from ..errors import MarketlakeError
from ..report import PAGE, write_report
from ..settings import Settings

_log: Final = logging.getLogger(__name__)


def refresh_report(settings: Settings, rebuilt: bool) -> Path | None:
    """Write `report.html` where the database was rebuilt or the page is not there; returns the page's place.

    None where no page can be made, which is logged: bars and database are whole, and no run fails for it.
    """
    page = settings.lake / PAGE
    if not rebuilt and page.exists():
        return page
    try:
        return write_report(settings.lake)
    except MarketlakeError as error:
        _log.warning("no report: %s", error)
        return None
