"""Series as few bytes that decode to the very same numbers.

A column of numbers becomes whole numbers (prices with few decimals, or the bits of a 32-bit float,
which is what most vendors send), each less the one before, laid out byte by byte so that gzip finds
what repeats. What is neither is kept as 64-bit floats. `page/decode.js` is the other half.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..engine.reader import DuckReader
from ..engine.sql_text import statement

_PLACES: Final = range(9)
_LARGEST: Final = 2**51
"""Whole numbers below it, and their differences, are exact in the page's 64-bit floats."""

ROOM: Final = 200_000
"""Bars that are embedded day by day: with them the page is about 1 MB."""
_KEPT: Final = 20
"""Years that are embedded in any case."""

Row = dict[str, Any]
Numbers = npt.NDArray[Any]
"""Of 64-bit floats or whole numbers."""


@dataclass
class Pack:
    """Columns on their way into the page, each with the number by which the JSON header refers to
    it."""

    parts: list[bytes] = field(default_factory=list)
    kinds: list[list[Any]] = field(default_factory=list)

    def add(self, values: Numbers) -> int:
        """Keep a column; returns its number."""
        kind, part = _encoded(values)
        self.kinds.append(kind)
        self.parts.append(part)
        return len(self.kinds) - 1

    def text(self, header: dict[str, Any]) -> str:
        """Header and columns as base64 of gzip; the same input gives the same text."""
        head = json.dumps(header | {"columns": self.kinds}, separators=(",", ":"), allow_nan=False).encode()
        content = len(head).to_bytes(4, "little") + head + b"".join(self.parts)
        return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def first_year(reader: DuckReader, needed: int, room: int = ROOM) -> int | None:
    """The year from which the page has prices, so that there is room for them; None: all years.

    It leaves out what is more than 20 years old, and nothing from `needed` on.
    """
    rows = reader.records(statement("report/report_year"))
    return kept_from({row["year"]: row["bars"] for row in rows}, needed, room)


def kept_from(counts: Mapping[int, int], needed: int, room: int) -> int | None:
    """The first year to keep of bars counted by year."""
    left, first = sum(counts.values()), None
    for year in range(min(counts, default=0), min(max(counts, default=0) - _KEPT + 1, needed)):
        if left <= room:
            break
        left -= counts.get(year, 0)
        first = year + 1
    return first


def since(first: int | None) -> date:
    """The first day of a page that begins with a year: its returns run from the December before."""
    return date.min if first is None else date(first - 1, 12, 1)


def read_instruments(reader: DuckReader, start: date) -> list[Row]:
    """Those that can be compared, in the order of `instruments.toml`, with how many bars they have."""
    return reader.records(statement("report/report_instrument"), {"since": start})


def daily(instruments: Sequence[Row], first: Collection[str], room: int = ROOM) -> set[str]:
    """The ids whose every day is embedded: `first` and currencies, then in order while there is
    room."""
    always = {i["id"] for i in instruments if i["id"] in first or i["asset_class"] == "currency"}
    chosen, left = set(always), room - sum(i["bars"] for i in instruments if i["id"] in always)
    for instrument in instruments:
        if instrument["id"] not in chosen and instrument["bars"] <= left:
            chosen.add(instrument["id"])
            left -= instrument["bars"]
    return chosen


def embed(
    reader: DuckReader,
    pack: Pack,
    instruments: Sequence[Row],
    days_of: Collection[str],
    start: date,
) -> list[Row]:
    """Put all series from `start` on into the pack; returns the instruments with where theirs are.

    Those of which only the ends of months are published have both.
    """
    ids = [i["id"] for i in instruments]
    anchored = {i["id"] for i in instruments if i["synthetic"] == "daily"}
    by_day = dict(_series(reader, "report_bar", [i for i in ids if i in days_of], start))
    monthly = [i for i in ids if i not in days_of or i in anchored]
    by_month = {name: _months(pack, one) for name, one in _series(reader, "report_month", monthly, start)}
    return [
        instrument
        | (_days(pack, by_day[name]) if name in by_day else by_month[name])
        | ({"by_month": by_month[name]} if name in anchored else {})
        for instrument in instruments
        for name in (instrument["id"],)
    ]


def calendars(reader: DuckReader, pack: Pack) -> dict[str, int]:
    """The sessions of every calendar, put into the pack."""
    table = reader.numpy(statement("report/report_calendar"))
    return {name: pack.add(columns["day"]) for name, columns in _by(table, "calendar")}


def _encoded(values: Numbers) -> tuple[list[Any], bytes]:
    """[kind, count, bytes a number, decimal places], and the bytes."""
    if not len(values):
        return ["whole", 0, 0, 0], b""
    if np.issubdtype(values.dtype, np.integer):
        return _differences("whole", values.astype(np.int64), 0)
    # what is too large for a kind is infinite in it, and so not equal
    with np.errstate(over="ignore", invalid="ignore"):
        for places in _PLACES:
            scaled = np.round(values * 10.0**places)
            if np.all(np.abs(scaled) < _LARGEST) and np.array_equal(scaled / 10.0**places, values):
                return _differences("whole", scaled.astype(np.int64), places)
        single = values.astype(np.float32)
    if np.array_equal(single.astype(np.float64), values):
        return _differences("single", single.view(np.int32).astype(np.int64), 0)
    return ["double", len(values), 8, 0], _planes(values.astype("<f8").view("<u8"), 8)


def _differences(kind: str, whole: npt.NDArray[np.int64], places: int) -> tuple[list[Any], bytes]:
    change = np.diff(whole, prepend=0)
    # the sign goes into the lowest bit: small changes of either sign stay small numbers
    unsigned = np.where(change < 0, -2 * change - 1, 2 * change).astype("<u8")
    width = max(1, (int(unsigned.max()).bit_length() + 7) // 8)
    return [kind, len(whole), width, places], _planes(unsigned, width)


def _planes(values: npt.NDArray[np.uint64], width: int) -> bytes:
    """All lowest bytes, then all second ones, and so on."""
    return values.view(np.uint8).reshape(len(values), 8)[:, :width].T.tobytes()


def _series(
    reader: DuckReader, name: str, wanted: list[str], start: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    table = reader.numpy(statement(f"report/{name}"), {"wanted": wanted, "since": start})
    return _by(table, "instrument_id")


def _by(table: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The columns of each run of equal keys, as arrays."""
    names = table[key]
    columns = {name: np.asarray(values) for name, values in table.items() if name != key}
    bounds = np.flatnonzero(np.r_[True, names[1:] != names[:-1], True]) if len(names) else np.empty(0, int)
    for start, end in pairwise(bounds):
        yield str(names[start]), {name: values[start:end] for name, values in columns.items()}


def _days(pack: Pack, columns: Mapping[str, Any]) -> Row:
    return {
        "day": pack.add(columns["day"]),
        "close": pack.add(columns["close"]),
        "dividend": _events(columns["dividend"], 0.0),
        "split": _events(columns["split"], 1.0),
    }


def _events(values: Any, usual: float) -> list[list[float]]:
    """[place, value] wherever something happened."""
    return [[int(place), float(values[place])] for place in np.flatnonzero(values != usual)]


def _months(pack: Pack, columns: Mapping[str, Any]) -> Row:
    names = ("day", "price", "total", "sessions")
    return {"monthly": True} | {name: pack.add(columns[name]) for name in names}
