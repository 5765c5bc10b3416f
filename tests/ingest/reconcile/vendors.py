"""Generated series: random walks with a fixed seed, as files of a vendor or a user."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from marketlake.model.calendars import load_calendar

COINS = ("COIN", "TOKEN")
SHARES = ("SHARE", "SPLIT", "FLAT")
FIRST, LAST = date(2023, 10, 2), date(2024, 1, 31)
SPLIT_DAY = np.datetime64("2023-12-20")

Days = npt.NDArray[np.datetime64]
Closes = npt.NDArray[np.float64]


def closes(name: str, calendar: str) -> tuple[Days, Closes]:
    """Sessions and closes of a walk of 3 % a day; FLAT hardly moves."""
    days = load_calendar(calendar, LAST).sessions(FIRST, LAST)
    step = 0.00001 if name == "FLAT" else 0.03
    walk = np.random.default_rng(crc32(name.encode())).normal(0, step, len(days))
    level = 100 * np.exp(np.cumsum(walk))
    return days, level / np.where((name == "SPLIT") & (days >= SPLIT_DAY), 4.0, 1.0)


def write_series(
    path: Path, days: Days, level: Closes, *, split: bool = False, currency: str | None = None
) -> None:
    """Write the series as traded, with six digits; `split` adds a 4:1 split."""
    text = ["date,open,high,low,close,volume,split" + (",currency" if currency else "")]
    for day, close in zip(days, level, strict=True):
        ratio = 4.0 if split and day == SPLIT_DAY else 1.0
        price = f"{close:.6f}"
        row = f"{day},{price},{price},{price},{price},1000,{ratio}"
        text.append(row + (f",{currency}" if currency else ""))
    path.write_text("\n".join(text) + "\n")
