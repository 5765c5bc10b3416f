"""Daily closes in memory, as a peer is handed them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from .lakes import Lake
from .synthetic import names

_TEXT = """
    SELECT instrument_id, session, price_index FROM return_index
    WHERE instrument_id >= $first AND instrument_id <= $last AND price_index IS NOT NULL
    ORDER BY instrument_id, session
"""


def closes(lake: Lake, sample: int) -> pd.DataFrame:
    """The first `sample` instruments, a column each, adjusted for splits; from the bars, not the marts."""
    chosen = names(lake.job.symbols)[:sample]
    with lake.connect() as connection:
        rows = connection.execute(_TEXT, {"first": chosen[0], "last": chosen[-1]}).df()
    return rows.pivot(index="session", columns="instrument_id", values="price_index")


def within(stored: pd.DataFrame, window: tuple[date, date]) -> pd.DataFrame:
    """The window's closes and the one before them that its first return runs from."""
    first, last = map(pd.Timestamp, window)
    begin = max(stored.index.searchsorted(first) - 1, 0)
    return stored.iloc[begin : stored.index.searchsorted(last, side="right")]
