"""What the checks read beside the rows: facts of the instruments, their calendars, the slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..calendars import load_calendar
from ..normalise import Window

_NONE: Final = np.empty(0, "datetime64[D]")
_SLICE: Final = 250_000
"""Rows checked together, at least: about 60 MB; an instrument is never cut."""
_CODED: Final = pa.dictionary(pa.int32(), pa.string())
_SUBJECT: Final = pa.schema(
    [
        ("subject", pa.int32()),
        ("instrument_id", pa.string()),
        ("asset_class", _CODED),
        ("calendar", _CODED),
        ("signed", pa.bool_()),
        ("told_on", pa.date32()),
        ("before", pa.float64()),
    ]
)


def subjects(names: Sequence[str], windows: Mapping[str, Window], before: Mapping[str, float]) -> pa.Table:
    """A row an instrument; its number is its place in `names`, those without a bar come after them."""
    every = [*names, *sorted(set(windows) - set(names))]
    rows = [(place, name, *_facts(windows[name]), before.get(name)) for place, name in enumerate(every)]
    columns = zip(*rows, strict=True) if rows else ([] for _ in _SUBJECT)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, _SUBJECT, strict=True)], _SUBJECT)


def _facts(window: Window) -> tuple[str, str, bool, date | None]:
    instrument = window.instrument
    zone = ZoneInfo(window.calendar.zone)
    told_on = window.told_at.astimezone(zone).date() if window.told_at else None
    return instrument.asset_class, instrument.calendar, instrument.negative_prices, told_on


def sessions(bars: pa.Table, windows: Mapping[str, Window]) -> pa.Table:
    """Every session of the calendars between the first and the last bar: calendar, session."""
    until = {w.instrument.calendar: w.at.date() for w in sorted(windows.values(), key=lambda w: w.at)}
    bounds = pc.min_max(bars["session"]).as_py()
    days = {
        name: load_calendar(name, at).sessions(bounds["min"], bounds["max"]) if len(bars) else _NONE
        for name, at in until.items()
    }
    names = np.repeat(np.array(list(days), dtype=object), [len(own) for own in days.values()])
    together = np.concatenate([_NONE, *days.values()])
    return pa.table({"calendar": pa.array(names, pa.string()), "session": pa.array(together, pa.date32())})


def numbered(rows: pa.Table) -> pa.Table:
    """Rows with their place."""
    return rows.append_column("place", pa.array(np.arange(len(rows))))


def slices(bars: pa.Table, subject: pa.Array) -> Iterator[pa.Table]:
    """Sorted bars cut between instruments, each row with its place in the slice and its subject."""
    codes = subject.to_numpy()
    ends = np.append(np.flatnonzero(codes[1:] != codes[:-1]) + 1, len(codes))
    start = 0
    while start < len(bars):
        end = int(ends[min(int(np.searchsorted(ends, start + _SLICE)), len(ends) - 1)])
        part = bars.slice(start, end - start).append_column("subject", subject.slice(start, end - start))
        yield numbered(part)
        start = end
