"""Rows collected by parsers: column lists per instrument, one Arrow table at the end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from ..model.errors import SourceError
from ..model.schema import SERVED
from .contract import Page, Parsed, unexpected

EPOCH: Final = date(1970, 1, 1).toordinal()
DAY_MS: Final = 86_400_000
_LISTS: Final = ("session", "open", "high", "low", "close", "volume", "dividend", "split")
_DOUBLES: Final = _LISTS[1:]


@dataclass
class Rows:
    """The rows of one instrument in the vendor's order; all lists have equal length."""

    session: list[int] = field(default_factory=list)
    """Days since 1970-01-01."""
    open: list[float | None] = field(default_factory=list)
    high: list[float | None] = field(default_factory=list)
    low: list[float | None] = field(default_factory=list)
    close: list[float | None] = field(default_factory=list)
    volume: list[float | None] = field(default_factory=list)
    dividend: list[float] = field(default_factory=list)
    split: list[float] = field(default_factory=list)
    currency: str | None = None
    split_adjusted: bool = False
    zone: str = ""
    """The time zone that the vendor names; empty for none."""
    capital_gain: list[float | None] = field(default_factory=list)
    """Part of each dividend; empty where the vendor tells of none."""


def closes(sessions: list[int], values: list[float | None], currency: str | None) -> Rows:
    """Rows of a series with one number per day; days without a number are dropped."""
    known = [(day, value) for day, value in zip(sessions, values, strict=True) if value is not None]
    missing: list[float | None] = [None] * len(known)
    return Rows(
        session=[day for day, _ in known],
        open=missing,
        high=missing,
        low=missing,
        close=[value for _, value in known],
        volume=missing,
        dividend=[0.0] * len(known),
        split=[1.0] * len(known),
        currency=currency,
    )


def parse_each(pages: Sequence[Page], read: Callable[[list[Page]], Rows]) -> Parsed:
    """Read every instrument's pages with `read`; an error fails only its instrument."""
    by_instrument: dict[str, list[Page]] = {}
    for page in pages:
        by_instrument.setdefault(page.request.instrument_id, []).append(page)
    good: dict[str, Rows] = {}
    failed: dict[str, SourceError] = {}
    with no_collection():
        for instrument_id, own in by_instrument.items():
            try:
                good[instrument_id] = read(own)
            except SourceError as error:
                failed[instrument_id] = error
            except Exception as error:  # an unforeseen defect fails one instrument, not the run
                failed[instrument_id] = unexpected(own[-1].request, error)
        zones = {name: rows.zone for name, rows in good.items() if rows.zone}
        return Parsed(_table(good), failed, zones)


def _table(good: Mapping[str, Rows]) -> pa.Table:
    counts = [len(rows.session) for rows in good.values()]
    columns = {name: _flat([getattr(rows, name) for rows in good.values()]) for name in _LISTS}
    arrays = {name: pa.array(columns[name], pa.float64()) for name in _DOUBLES}
    arrays["session"] = pa.array(columns["session"], pa.int32()).cast(pa.date32())
    arrays["instrument_id"] = _repeat(list(good), counts, pa.string())
    arrays["currency"] = _repeat([rows.currency for rows in good.values()], counts, pa.string())
    arrays["capital_gain"] = _gains(list(good.values()))
    arrays["split_adjusted"] = _repeat([rows.split_adjusted for rows in good.values()], counts, pa.bool_())
    return pa.Table.from_arrays([arrays[name] for name in SERVED.names], schema=SERVED)


def _gains(instruments: Sequence[Rows]) -> pa.Array:
    """The column, which hardly an instrument has."""
    if not any(rows.capital_gain for rows in instruments):
        return pa.nulls(sum(len(rows.session) for rows in instruments), pa.float64())
    return pa.array(
        _flat([rows.capital_gain or [None] * len(rows.session) for rows in instruments]), pa.float64()
    )


def _flat(lists: Sequence[list[float | None]]) -> list[float | None]:
    result: list[float | None] = []
    for values in lists:
        result.extend(values)
    return result


def _repeat(values: Sequence[object], counts: Sequence[int], kind: pa.DataType) -> pa.Array:
    index = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return pa.array(values, kind).take(pa.array(index))


@contextmanager
def no_collection() -> Iterator[None]:
    """Disable garbage collection within the context; may be nested.

    Parsing and storing leave no reference cycles. The collector would take a twentieth of the time
    of storing a day, and more than half of that of parsing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
