"""What consumer prices did between two sessions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..calendars import Days
from ..query import prices
from ..query.listing import Listed
from . import arrow
from .plan import Floats

_OVERDUE: Final = 62
"""Days after which a monthly figure is no longer the last: a month, and one that was skipped."""


@dataclass(frozen=True)
class Deflator:
    """A consumer price index: each value with its month's first day and the day on which it was published."""

    id: str
    synthetic: str
    months: Days
    published: Days
    values: Floats

    def ratio(self, start: np.datetime64, end: np.datetime64, whole_years: bool) -> float | None:
        """Prices at `end` over prices at `start`; None where the index does not reach.

        Between ends of years December over December, otherwise the last values published by each day.
        """
        pick = self._december if whole_years else self._last_published
        before, after = pick(start), pick(end)
        return None if before is None or after is None else after / before

    def _december(self, day: np.datetime64) -> float | None:
        december = day.astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(11, "M")
        found = self.values[self.months.astype("datetime64[M]") == december]
        return float(found[-1]) if len(found) else None

    def _last_published(self, day: np.datetime64) -> float | None:
        """None when the next value is overdue too: an index that has ended says nothing of later prices."""
        known = self.published <= day
        if not known.any():
            return None
        if (day - self.published[known][-1]).astype(np.int64) > _OVERDUE:
            return None
        return float(self.values[known][-1])


def read_deflator(lake: Path, index: Listed) -> Deflator:
    """All values of a consumer price index."""
    table = prices(lake, [index.id])
    return Deflator(
        index.id,
        index.synthetic,
        arrow.days(table["session"]),
        arrow.days_of_instants(table["known_at"]),
        arrow.floats(table["close"]),
    )
