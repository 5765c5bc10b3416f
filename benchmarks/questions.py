"""What is asked of a lake, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from .lakes import Lake

FLOOR: Final = "SELECT sum(close) FROM bar WHERE asset_class = 'equity'"
"""What it takes merely to read the closes of the same bars."""
CALENDAR_YEARS: Final = """
    SELECT instrument_id, year, simple_return, quality FROM calendar_year_return
    WHERE basis = 'price' AND convention = 'year_end'
"""


def scoreboard(window: tuple[date, date]) -> str:
    """As one asks it: by years where they are whole."""
    first, last = window
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"FROM scoreboard_years({first.year}, {last.year})"
    return by_days(window)


def by_days(window: tuple[date, date]) -> str:
    first, last = window
    return f"FROM scoreboard(DATE '{first}', DATE '{last}')"


def questions(lake: Lake) -> Mapping[str, str]:
    """By name."""
    return {
        "floor": FLOOR,
        "whole years": scoreboard(lake.whole_years),
        "whole years by days": by_days(lake.whole_years),
        "calendar years": CALENDAR_YEARS,
        "any dates": scoreboard(lake.any_dates),
    }
