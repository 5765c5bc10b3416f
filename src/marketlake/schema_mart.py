"""The marts: tables that follow from the bars, partitioned like them; most questions read these instead.

Levels are of the year alone: what one unit held since the session before the year's first is worth, so that
a change of one year's bars changes no other year's levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from .schema_field import field

_ID: Final = field("instrument_id", pa.string(), "our name of the instrument")
_KEY: Final = field("instrument_key", pa.int64(), "the name as a number, which groups faster")
_FLOAT: Final = pa.float64()


def _levels(basis: str) -> list[pa.Field]:
    return [
        field(f"first_{basis}", _FLOAT, f"{basis} level of the first session; NaN: no figure"),
        field(f"last_{basis}", _FLOAT, f"{basis} level of the last session; NaN: no figure"),
        field(f"december_{basis}", _FLOAT, f"mean {basis} level of December's sessions", nullable=True),
        field(f"start_{basis}", _FLOAT, f"{basis} level at the end of the year before", nullable=True),
    ]


DAILY_RETURN: Final = pa.schema(
    [
        _ID,
        field("session", pa.date32(), "trading day, a label on the instrument's calendar"),
        _KEY,
        field("start_session", pa.date32(), "session the return runs from; null at the first", nullable=True),
        field("first_of_year", pa.bool_(), "whether it is the first session of its year"),
        field("last_of_year", pa.bool_(), "whether it is the last session of its year that is stored"),
        field("price_return", _FLOAT, "return without dividends; null at the first session", nullable=True),
        field("total_return", _FLOAT, "return, dividends reinvested at the ex-date's close", nullable=True),
        field("riskless", _FLOAT, "what the bill earned over the same days; null without one", nullable=True),
        field("price_level", _FLOAT, "level within the year, without dividends", nullable=True),
        field("price_high", _FLOAT, "highest price_level of the year so far", nullable=True),
        field("price_low_ahead", _FLOAT, "lowest price_level of the year from here on", nullable=True),
        field("total_level", _FLOAT, "level within the year, dividends reinvested", nullable=True),
        field("total_high", _FLOAT, "highest total_level of the year so far", nullable=True),
        field("total_low_ahead", _FLOAT, "lowest total_level of the year from here on", nullable=True),
    ]
)
YEAR_STATE: Final = pa.schema(
    [
        _ID,
        _KEY,
        field("basis", pa.string(), "price or total"),
        field("returns", pa.int32(), "number of returns that end in the year"),
        field("mean_return", _FLOAT, "their mean", nullable=True),
        field("m2", _FLOAT, "sum of (return - mean)^2", nullable=True),
        field("m3", _FLOAT, "sum of (return - mean)^3", nullable=True),
        field("m4", _FLOAT, "sum of (return - mean)^4", nullable=True),
        field("downside", _FLOAT, "sum of min(return, 0)^2", nullable=True),
        field("positive", pa.int32(), "number of returns above 0"),
        field("worst_return", _FLOAT, "lowest return", nullable=True),
        field("best_return", _FLOAT, "highest return", nullable=True),
        field("excess_returns", pa.int32(), "number of returns for which the bill's is known"),
        field("mean_excess", _FLOAT, "mean of return - riskless", nullable=True),
        field("excess_m2", _FLOAT, "sum of (excess - mean)^2", nullable=True),
        field("excess_downside", _FLOAT, "sum of min(excess, 0)^2", nullable=True),
        field("start_session", pa.date32(), "session the first return runs from", nullable=True),
        field("first_session", pa.date32(), "first session"),
        field("last_session", pa.date32(), "last session"),
        field("first_growth", _FLOAT, "1 + return of the first session; 1 where it has none"),
        field("first_level", _FLOAT, "level of the first session"),
        field("last_level", _FLOAT, "level of the last session"),
        field("low_level", _FLOAT, "lowest level"),
        field("high_level", _FLOAT, "highest level"),
        field("drawdown", _FLOAT, "lowest level / highest before it - 1, from the first session on"),
    ]
)
YEAR_LEVEL: Final = pa.schema(
    [
        _ID,
        field("calendar", pa.string(), "exchange MIC, 24/7, TARGET or MONTHLY"),
        field("first_session", pa.date32(), "first stored session"),
        field("last_session", pa.date32(), "last stored session"),
        field("first_december_session", pa.date32(), "first stored session of December", nullable=True),
        field("calendar_first", pa.date32(), "first that the calendar knows", nullable=True),
        field("calendar_last", pa.date32(), "last that the calendar knows", nullable=True),
        field("calendar_first_december", pa.date32(), "first of December that it knows", nullable=True),
        field("sessions", pa.int32(), "stored sessions that the calendar knows"),
        field("december_sessions", pa.int32(), "those of December"),
        field("first_close", _FLOAT, "close of the first session, as traded"),
        field("last_close", _FLOAT, "close of the last session, as traded"),
        field("first_rate", _FLOAT, "exchange rate of the first session; 1 in the own currency"),
        field("last_rate", _FLOAT, "exchange rate of the last session; 1 in the own currency"),
        field("december_rate", _FLOAT, "mean exchange rate of December", nullable=True),
        *_levels("price"),
        *_levels("total"),
        *_levels("vendor"),
    ]
)
YEAR_CLOSE: Final = pa.schema(
    [
        _ID,
        field("session", pa.date32(), "last session, up to the year's end, with a close above 0"),
        field("close", _FLOAT, "its close, per share as counted at the year's end"),
    ]
)

MARTS: Final[Mapping[str, pa.Schema]] = {
    "daily_return": DAILY_RETURN,
    "year_state": YEAR_STATE,
    "year_level": YEAR_LEVEL,
    "year_close": YEAR_CLOSE,
}
