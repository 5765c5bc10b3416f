"""Dividends of the sample's funds: such that reinvesting them gives the published total return."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ...calendars import Days
from ..series import Floats

QUARTERLY: Final = (3, 6, 9, 12)
MONTHLY: Final = tuple(range(1, 13))
_LAST_DECIMALS: Final = 10


def ex_dates(days: Days, months: tuple[int, ...], after_day: int) -> npt.NDArray[np.intp]:
    """Rows of the first session after `after_day` in each of these months, the first row excepted."""
    month = days.astype("datetime64[M]")
    late = (days - month.astype("datetime64[D]")).astype(int) >= after_day
    paying = np.isin(month.astype(int) % 12 + 1, months) & late
    rows = np.flatnonzero(paying)
    first_of_month = rows[np.unique(month[rows], return_index=True)[1]]
    return first_of_month[first_of_month > 0]


def reinvested(
    days: Days, close: Floats, rows: npt.NDArray[np.intp], total_return: dict[int, float]
) -> Floats:
    """Dividends on `rows` so that (close + dividend) / previous close multiplies to 1 + the year's return.

    `total_return` holds fractions by year. Each of a year's dividends is the same share of the ex-date's
    close, in tenths of a cent; the last one takes up the rounding.
    """
    dividend = np.zeros(len(days))
    year_of = days.astype("datetime64[Y]").astype(int) + 1970
    for year, wanted in total_return.items():
        inside = np.flatnonzero(year_of == year)
        price_ratio = close[inside[-1]] / close[inside[0] - 1]
        paid = rows[year_of[rows] == year]
        growth = (1 + wanted) / price_ratio
        dividend[paid] = np.round(close[paid] * (growth ** (1 / len(paid)) - 1), 3)
        rest = growth / np.prod(1 + dividend[paid[:-1]] / close[paid[:-1]])
        dividend[paid[-1]] = np.round(close[paid[-1]] * (rest - 1), _LAST_DECIMALS)
    return dividend


def share_of_close(close: Floats, rows: npt.NDArray[np.intp], fraction: float) -> Floats:
    """A dividend of `fraction` of the close on each of `rows`, in cents."""
    dividend = np.zeros(len(close))
    dividend[rows] = np.round(close[rows] * fraction, 2)
    return dividend
