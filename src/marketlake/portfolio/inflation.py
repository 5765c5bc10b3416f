"""What consumer prices did between sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..calendars import Days
from ..query.listing import Listed
from . import arrow
from .known import Known
from .plan import Floats

_OVERDUE: Final = 62
"""Days after which a monthly figure is no longer the last: a month, and one that was skipped."""
_MONTH: Final = np.timedelta64(1, "M")


@dataclass(frozen=True)
class Deflator:
    """A consumer price index: each value with its month's first day and the day on which it was published."""

    id: str
    synthetic: str
    months: Days
    published: Days
    values: Floats

    def levels(self, days: Days, whole_years: bool) -> Floats:
        """Prices on each of a window's days over those on its first; not a number where none are known.

        In a window of whole years the first and the last day have their Decembers' prices and the days
        between the month before's; in any other each day has the last value published by it.
        """
        if not len(self.values):
            return np.full(len(days), np.nan)
        found = self._of_months(days) if whole_years else self._published_by(days)
        relative: Floats = found / found[0]
        return relative

    def _of_months(self, days: Days) -> Floats:
        wanted = days.astype("datetime64[M]")
        wanted[1:-1] -= _MONTH
        months = self.months.astype("datetime64[M]")
        place = np.searchsorted(months, wanted, side="right") - 1
        late = (wanted - months[place]).astype(np.int64)
        allowed = np.ones(len(days), dtype=np.int64)
        # a month may be skipped on the way, a December may not
        allowed[[0, -1]] = 0
        return self._values(place, (place >= 0) & (late >= 0) & (late <= allowed))

    def _published_by(self, days: Days) -> Floats:
        """None when the next value is overdue too: an index that has ended says nothing of later prices."""
        order = np.argsort(self.published, kind="stable")
        newest = np.maximum.accumulate(order)
        come = np.searchsorted(self.published[order], days, side="right") - 1
        place = newest[come]
        age = (days - self.published[place]).astype(np.int64)
        return self._values(place, (come >= 0) & (age <= _OVERDUE))

    def _values(self, place: npt.NDArray[np.intp], there: npt.NDArray[np.bool_]) -> Floats:
        return np.where(there, self.values[place], np.nan)


def read_deflator(known: Known, index: Listed) -> Deflator:
    """All values of a consumer price index."""
    table = known.closes(index.id)
    return Deflator(
        index.id,
        index.synthetic,
        arrow.days(table["session"]),
        arrow.days_of_instants(table["known_at"]),
        arrow.floats(table["close"]),
    )
