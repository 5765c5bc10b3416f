"""From served rows to bars as traded: one row a finished session, in the instrument's own currency.

Works on the rows of many instruments and sources together and never depends on which source it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..model.calendars import Calendar, Days, load_calendar
from ..model.errors import QuarantinedError, SourceError
from ..model.instruments import Instrument
from ..model.schema import BAR, SERVED

PRICES: Final = ("open", "high", "low", "close")
NORMALISED: Final = pa.schema([BAR.field(name) for name in (*SERVED.names[:9], "source", "close_at")])
"""A bar before the store adds when it was known and observed."""

MINOR_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "GBp": ("GBP", 0.01),
    "GBX": ("GBP", 0.01),
    "ZAc": ("ZAR", 0.01),
    "ILA": ("ILS", 0.01),
}
DOLLAR_STABLECOINS: Final = frozenset({"USDT", "USDC"})
"""Taken as dollars where the instrument is declared in USD; the difference is a few basis
points."""

NOT_LISTED: Final = "not in instruments.toml any more"
"""The message for an instrument that was planned or fetched before its entry was removed."""
_EQUAL: Final = 1e-6
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """What was requested for one instrument, and which source answered."""

    instrument: Instrument
    source: str
    start: date
    end: date
    at: datetime
    """When the answer was given: what was not finished then is not finished in it."""
    vendor_time: datetime | None = None
    """The same by the vendor's clock; None where it does not tell."""

    @cached_property
    def calendar(self) -> Calendar:
        """The instrument's calendar, known to the year of the answer."""
        return load_calendar(self.instrument.calendar, self.at.date())

    @cached_property
    def last(self) -> date:
        """The last requested session that was finished by then."""
        return min(self.end, self.calendar.last_finished(self.at))

    @cached_property
    def due(self) -> Days:
        """The finished sessions of the instrument's life in the window."""
        end = min(self.last, self.instrument.until)
        return self.calendar.sessions(max(self.start, self.instrument.since), max(end, date.min))


Event = tuple[str, date]
"""The instrument and the session of a dividend or split."""


@dataclass(frozen=True)
class Normalised:
    """Bars ready for the checks, the conflicting rows, and the instruments refused whole."""

    bars: pa.Table
    """Schema `NORMALISED`, sorted by instrument and session, one row each."""
    conflicts: pa.Table
    """Schema `NORMALISED`: rows of a session that was served twice with different prices."""
    refused: Mapping[str, SourceError]


def normalise(
    served: pa.Table, windows: Mapping[str, Window], settled: Collection[Event] = frozenset()
) -> Normalised:
    """Undo units and split adjustment, settle events, drop what is unfinished or outside the
    window, and the dividends of total returns, which are in the prices.

    `served` has schema `SERVED`; every instrument in it has a window. The events in `settled` stay
    where they are: their sessions are stored with them.
    """
    refused, units = _units(served, windows)
    served = served.filter(pc.invert(pc.is_in(served["instrument_id"], pa.array(list(refused), pa.string()))))
    rows = _Rows.sorted(served, units)
    rows = rows.unadjusted().with_events_settled(settled)
    total = [windows[name].instrument.return_basis == "total" for name in rows.ids]
    rows = rows.without_dividends(np.array(total, dtype=bool))
    keep, close_at = _finished(rows, windows)
    rows, close_at = rows.where(keep), close_at[keep]
    repeat, conflict = rows.repeats()
    table = _table(rows, windows, close_at)
    bars = table.filter(pa.array(~(repeat | conflict)))
    return Normalised(bars, table.filter(pa.array(conflict)), refused)


@dataclass(frozen=True)
class _Rows:
    """Columns as numpy arrays, sorted by instrument and session."""

    ids: list[str]
    code: npt.NDArray[np.int64]
    session: npt.NDArray[np.datetime64]
    values: dict[str, npt.NDArray[np.float64]]
    adjusted: Mask

    @classmethod
    def sorted(cls, served: pa.Table, units: Mapping[str, float]) -> _Rows:
        coded = pc.dictionary_encode(served["instrument_id"].combine_chunks())
        names = coded.dictionary.to_pylist()
        ids = sorted(names)
        place_of = {name: place for place, name in enumerate(ids)}
        place = np.array([place_of[name] for name in names], dtype=np.int64)
        code = place[coded.indices.to_numpy()] if len(served) else np.empty(0, np.int64)
        session = served["session"].to_numpy().astype("datetime64[D]")
        order = np.lexsort((session, code))
        unit = np.array([units.get(name, 1.0) for name in ids])[code] if len(served) else np.empty(0)
        values = {name: served[name].to_numpy().astype(float)[order] for name in SERVED.names[2:9]}
        for name in (*PRICES, "dividend"):
            values[name] = values[name] * unit[order]
        adjusted = served["split_adjusted"].to_numpy().astype(bool)[order]
        return cls(ids, code[order], session[order], values, adjusted)

    def where(self, keep: Mask) -> _Rows:
        values = {name: column[keep] for name, column in self.values.items()}
        return _Rows(self.ids, self.code[keep], self.session[keep], values, self.adjusted[keep])

    def unadjusted(self) -> _Rows:
        """Prices and dividends times, volume by, the product of all later splits of the
        instrument."""
        factor = np.ones(len(self.code))
        for code in np.unique(self.code[self.values["split"] != 1.0]):
            mine = slice(*np.searchsorted(self.code, [code, code + 1]))
            split = self.values["split"][mine]
            factor[mine] = _later_splits(self.session[mine], split)
        factor[~self.adjusted] = 1.0
        values = dict(self.values)
        for name in (*PRICES, "dividend"):
            values[name] = values[name] * factor
        values["volume"] = values["volume"] / factor
        return _Rows(self.ids, self.code, self.session, values, self.adjusted)

    def with_events_settled(self, settled: Collection[Event]) -> _Rows:
        """Rows that carry only an event give it to the instrument's next session with a price, unless
        it is settled.

        A dividend that passes a split on its way is then per share after the split.
        """
        priced, day = ~np.isnan(self.values["close"]), self.day_numbers()
        values = {name: column.copy() for name, column in self.values.items()}
        for row in np.flatnonzero(~priced):
            first, after = np.searchsorted(day, [day[row], day[row] + 1])
            at = first + int(np.argmax(priced[first:]))
            stays = day[at] != day[row] and self._event_of(int(row)) in settled
            if priced[at] and self.code[at] == self.code[row] and not stays:
                target = slice(*np.searchsorted(day, [day[at], day[at] + 1]))
                passed = np.prod(self.values["split"][after : at + 1])
                # as served: what an event without a price was given itself must not be handed on
                values["dividend"][target] += self.values["dividend"][row] / passed
                values["split"][target] *= self.values["split"][row]
        return _Rows(self.ids, self.code, self.session, values, self.adjusted).where(priced)

    def _event_of(self, row: int) -> Event:
        return self.ids[self.code[row]], self.session[row].astype(object)

    def without_dividends(self, instruments: Mask) -> _Rows:
        """Of these instruments; one flag for each of `ids`."""
        dividend = np.where(instruments[self.code], 0.0, self.values["dividend"])
        return replace(self, values=self.values | {"dividend": dividend})

    def day_numbers(self) -> npt.NDArray[np.int64]:
        """Counts up by one at each new session or instrument."""
        new = (self.code[1:] != self.code[:-1]) | (self.session[1:] != self.session[:-1])
        return np.cumsum(np.append(False, new))[: len(self.code)]

    def repeats(self) -> tuple[Mask, Mask]:
        """Rows that repeat the next row of their session, and rows of a session served with two
        prices."""
        same, day = np.zeros(len(self.code), dtype=bool), self.day_numbers()
        same[:-1] = day[1:] == day[:-1]
        agree = same.copy()
        for name in (*PRICES, "split", "dividend"):
            column = self.values[name]
            agree[:-1] &= np.isclose(column[1:], column[:-1], rtol=_EQUAL, atol=0, equal_nan=True)
        conflict = np.isin(day, day[same & ~agree])
        return agree & ~conflict, conflict


def without_price(served: pa.Table) -> pa.Table:
    """The served events that have no price; they go to the next session."""
    return served.filter(pc.and_(pc.is_null(served["close"], nan_is_null=True), has_event(served)))


def events_stored(moved: pa.Table, stored: pa.Table) -> set[Event]:
    """Those of the moved events that are stored on their own session."""
    return _keys(moved) & _keys(stored.filter(has_event(stored))) if len(moved) else set()


def has_event(rows: pa.Table) -> pa.ChunkedArray:
    """Which rows have a split or a dividend."""
    return pc.or_(pc.not_equal(rows["split"], 1.0), pc.not_equal(rows["dividend"], 0.0))


def _keys(rows: pa.Table) -> set[Event]:
    return set(zip(rows["instrument_id"].to_pylist(), rows["session"].to_pylist(), strict=True))


def spans(ids: npt.NDArray[Any]) -> Iterator[tuple[str, slice]]:
    """Each instrument and its rows, in a column where they are together."""
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))[: len(ids)]
    for start, end in zip(starts, np.append(starts[1:], len(ids))[: len(starts)], strict=True):
        yield ids[start], slice(start, end)


def _later_splits(session: npt.NDArray[Any], split: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Product of the splits of strictly later sessions, per row.

    A session served twice splits once.
    """
    last_of_day = np.append(session[1:] != session[:-1], True)
    days, day_of = np.unique(session, return_inverse=True)
    daily = np.ones(len(days))
    for row in np.flatnonzero(split != 1.0):
        if last_of_day[row] or split[row] != split[row + 1]:
            daily[day_of[row]] *= split[row]
    later = np.append(np.cumprod(daily[::-1])[::-1][1:], 1.0)
    result: npt.NDArray[np.float64] = later[day_of]
    return result


def _units(
    served: pa.Table, windows: Mapping[str, Window]
) -> tuple[dict[str, SourceError], dict[str, float]]:
    refused: dict[str, SourceError] = {}
    units: dict[str, float] = {}
    pairs = served.select(["instrument_id", "currency"]).group_by(["instrument_id", "currency"]).aggregate([])
    for instrument_id, currency in zip(
        *(pairs[n].to_pylist() for n in ("instrument_id", "currency")), strict=True
    ):
        declared = windows[instrument_id].instrument.quote_currency
        major, unit = MINOR_UNITS.get(currency, (currency, 1.0))
        stands_in = currency in DOLLAR_STABLECOINS and declared == "USD"
        if major not in (declared, None) and not stands_in:
            refused[instrument_id] = QuarantinedError(
                f"{instrument_id}: served in {str(currency)[:12]!r}, declared in {declared}; "
                "nothing was stored. Correct quote_currency or the symbol in instruments.toml"
            )
        elif units.setdefault(instrument_id, unit) != unit:
            refused[instrument_id] = QuarantinedError(
                f"{instrument_id}: served in two units; nothing was stored"
            )
    return refused, units


def _finished(rows: _Rows, windows: Mapping[str, Window]) -> tuple[Mask, npt.NDArray[Any]]:
    requested = [windows[name] for name in rows.ids]
    start, last = (
        np.array(days, "datetime64[D]")
        for days in ([w.start for w in requested], [w.last for w in requested])
    )
    close_at = np.zeros(len(rows.code), dtype="datetime64[us]")
    venues = {(w.calendar.name, w.at.year): w.calendar for w in requested}
    place = {key: number for number, key in enumerate(venues)}
    venue = np.array([place[w.calendar.name, w.at.year] for w in requested], np.int64)[rows.code]
    for key, calendar in venues.items():
        own = venue == place[key]
        close_at[own] = calendar.close_at(rows.session[own])
    return (rows.session >= start[rows.code]) & (rows.session <= last[rows.code]), close_at


def _table(rows: _Rows, windows: Mapping[str, Window], close_at: npt.NDArray[Any]) -> pa.Table:
    ids = pa.array(rows.ids, pa.string()).take(pa.array(rows.code))
    sources = pa.array([windows[i].source for i in rows.ids], pa.string()).take(pa.array(rows.code))
    columns: dict[str, Any] = {"instrument_id": ids, "session": rows.session}
    columns |= {name: pa.array(column, from_pandas=True) for name, column in rows.values.items()}
    columns |= {"source": sources, "close_at": pa.array(close_at).cast(pa.timestamp("us", tz="UTC"))}
    return pa.table(columns, schema=NORMALISED)
