"""Check normalised bars with the SQL texts below `engine/sql/check`.

A `fail` puts rows, or the whole answer of an instrument, in quarantine; a `warn` becomes a finding.
The texts read the bars slice by slice, next to facts of the instruments and the sessions of their
calendars.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..engine.checks import FAILS, SERVED_FAILS, SERVED_WARNS, WARNS, WHOLE, checks
from ..engine.duck import in_memory
from ..engine.sql_text import statement
from ..model.calendars import load_calendar
from ..model.errors import QuarantinedError, SourceError
from ..model.schema import FINDING, QUARANTINE, SERVED, UTC_INSTANT
from .merge import before_first
from .normalise import NORMALISED, PRICES, Window

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
        ("vendor_date", pa.date32()),
    ]
)
_LOOKED_AT: Final = ("place", "subject", "session", *PRICES, "volume", "dividend", "split")
_NO_PLACE: Final = -1
"""The place of a stored row among the rows to check."""

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def subjects(names: Sequence[str], windows: Mapping[str, Window]) -> pa.Table:
    """A row an instrument; its number is its place in `names`, those without a bar come after
    them."""
    every = [*names, *sorted(set(windows) - set(names))]
    rows = ((place, name, *_facts(windows[name])) for place, name in enumerate(every))
    return pa.Table.from_pylist([dict(zip(_SUBJECT.names, row, strict=True)) for row in rows], _SUBJECT)


def _facts(window: Window) -> tuple[str, str, bool, date | None]:
    instrument = window.instrument
    zone = ZoneInfo(window.calendar.zone)
    vendor_date = window.vendor_time.astimezone(zone).date() if window.vendor_time else None
    return instrument.asset_class, instrument.calendar, instrument.negative_prices, vendor_date


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


def quarantined(rows: pa.Table, reason: str, run_id: str, windows: Mapping[str, Window]) -> pa.Table:
    """Rows with the columns of a bar as rows of `quarantine`."""
    return _with(rows, QUARANTINE, windows, reason=reason, run_id=run_id)


def noted(rows: pa.Table, check: str, windows: Mapping[str, Window]) -> pa.Table:
    """Rows with a message as rows of `finding`."""
    return _with(rows, FINDING, windows, check=check)


def served_at(rows: pa.Table, windows: Mapping[str, Window]) -> pa.Array:
    """The moment of each row's answer."""
    return _of_window(rows, [window.at for window in _windows(rows, windows)], UTC_INSTANT)


def _with(rows: pa.Table, schema: pa.Schema, windows: Mapping[str, Window], **constants: str) -> pa.Table:
    """Add the constants, when each row was served and by whom."""
    columns: dict[str, Any] = {n: pa.repeat(pa.scalar(value), len(rows)) for n, value in constants.items()}
    columns["observed_at"] = served_at(rows, windows)
    columns["source"] = _of_window(rows, [window.source for window in _windows(rows, windows)], pa.string())
    return pa.table([columns[n] if n in columns else rows[n] for n in schema.names], schema=schema)


def _windows(rows: pa.Table, windows: Mapping[str, Window]) -> list[Window]:
    names = rows["instrument_id"].combine_chunks().dictionary_encode().dictionary
    return [windows[name] for name in names.to_pylist()]


def _of_window(rows: pa.Table, values: list[Any], kind: pa.DataType) -> pa.Array:
    """Each row's value, of one value an instrument in order of appearance."""
    ids = rows["instrument_id"].combine_chunks().dictionary_encode()
    return pa.array(values, kind).take(ids.indices)


@dataclass(frozen=True)
class Checked:
    """Bars that passed, quarantined rows (`QUARANTINE`), oddities (`FINDING`), instruments refused
    whole."""

    bars: pa.Table
    quarantine: pa.Table
    findings: pa.Table
    refused: Mapping[str, SourceError]


@dataclass
class _Found:
    """What the checks have found so far."""

    windows: Mapping[str, Window]
    run_id: str
    quarantine: list[pa.Table] = field(default_factory=lambda: [QUARANTINE.empty_table()])
    findings: list[pa.Table] = field(default_factory=lambda: [FINDING.empty_table()])
    refused: dict[str, SourceError] = field(default_factory=dict)

    def refuse(self, rows: pa.Table, reason: str) -> None:
        self.quarantine.append(quarantined(rows, reason, self.run_id, self.windows))

    def note(self, rows: pa.Table, name: str) -> None:
        self.findings.append(noted(rows, name, self.windows))


@dataclass(frozen=True)
class Context:
    """What the checks read next to the bars."""

    served: pa.Table = field(default_factory=SERVED.empty_table)
    """Schema `SERVED`: all rows as they came."""
    foreign: Collection[str] = ()
    """The instruments that normalise refused for their currency."""
    history: pa.Table = field(default_factory=NORMALISED.empty_table)
    """Stored bars of the same instruments; those before an instrument's first row are neighbours
    of its rows and are not judged."""
    pending: pa.Table = field(default_factory=QUARANTINE.empty_table)
    """Quarantined rows with an event."""


def check(
    bars: pa.Table,
    conflicts: pa.Table,
    windows: Mapping[str, Window],
    run_id: str,
    context: Context | None = None,
) -> Checked:
    """Split normalised bars (sorted by instrument and session) into those to store and those to
    quarantine.

    `conflicts` are rows of sessions that were served twice with different prices.
    """
    around = context or Context()
    found = _Found(windows, run_id)
    names = bars["instrument_id"].combine_chunks().dictionary_encode()
    known = {
        "subject": subjects(names.dictionary.to_pylist(), windows),
        "conflict": numbered(conflicts),
        "served": numbered(around.served),
        "foreign_answer": pa.table({"instrument_id": pa.array(sorted(around.foreign), pa.string())}),
        "calendar_session": sessions(bars, windows),
    }
    bars = with_pending(bars, around.history, around.pending)
    history = _before(bars, around.history)
    with in_memory(known) as connection:
        for name in SERVED_FAILS:
            found.refuse(_answer(connection, name, "*"), name)
        for name in SERVED_WARNS:
            found.note(_answer(connection, name, "*"), name)
        good = [NORMALISED.empty_table()]
        good += [
            _checked(connection, _Slice(part, history, around.history), found)
            for part in slices(bars, names.indices)
        ]
    together = pa.concat_tables(good).combine_chunks()
    return Checked(
        together, pa.concat_tables(found.quarantine), pa.concat_tables(found.findings), found.refused
    )


@dataclass(frozen=True)
class _Slice:
    """Rows to check, stored rows before them, and all stored rows; both of any instruments."""

    rows: pa.Table
    history: pa.Table
    stored: pa.Table

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the relation `checked` of the rows and of the stored ones before them."""
        own = pc.is_in(self.history["subject"], self.rows["subject"].unique())
        rows = [table.select(_LOOKED_AT) for table in (self.rows, self.history.filter(own))]
        connection.register("unchecked", pa.concat_tables(rows))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {statement('check_input/checked')}")


def _checked(connection: duckdb.DuckDBPyConnection, slice_: _Slice, found: _Found) -> pa.Table:
    """The bars of a slice that pass; what does not is added to what was found."""
    part = slice_.rows
    slice_.prepare(connection)
    failed, reasons = np.zeros(len(part), dtype=bool), np.full(len(part), "", dtype=object)
    for name in WHOLE:
        failed |= _refuse(part, _rows(connection, name, part), name, failed, found)
    for name in FAILS:
        fresh = _mask(_rows(connection, name, part), len(part)) & ~failed
        found.refuse(part.filter(pa.array(fresh)), name)
        failed |= fresh
        reasons[fresh] = name
    good = part
    if failed.any():
        # a quarantined row is no neighbour
        kept = _events_carried(slice_, reasons, failed).filter(pa.array(~failed))
        good = numbered(kept.drop_columns("place"))
        replace(slice_, rows=good).prepare(connection)
    for name in WARNS:
        found.note(_rows(connection, name, good), name)
    return good.select(NORMALISED.names)


def _before(bars: pa.Table, history: pa.Table) -> pa.Table:
    """The stored rows before the first row of each instrument, numbered like it."""
    ids = bars["instrument_id"].combine_chunks().dictionary_encode()
    names, codes = ids.dictionary.to_pylist(), ids.indices.to_numpy()
    history = history.filter(pc.is_in(history["instrument_id"], pa.array(names, pa.string())))
    subject = pc.index_in(history["instrument_id"], pa.array(names, pa.string())).cast(pa.int32())
    first = bars["session"].to_numpy().astype("datetime64[D]")[np.searchsorted(codes, np.arange(len(names)))]
    earlier = history["session"].to_numpy().astype("datetime64[D]") < first[subject.to_numpy()]
    place = pa.repeat(pa.scalar(_NO_PLACE, pa.int64()), len(history))
    numbered_rows = history.append_column("subject", subject).append_column("place", place)
    return numbered_rows.filter(pa.array(earlier))


def with_pending(bars: pa.Table, history: pa.Table, pending: pa.Table) -> pa.Table:
    """Bars whose first row also has the events of quarantined sessions between it and the stored
    row before it.

    Such a session was left out of the answer, and its split still applies.
    """
    if not len(pending):
        return bars
    at, first = before_first(history, bars)
    starts, ends = bars.take(pa.array(first)), history.take(pa.array(at))
    limits = zip(first.tolist(), ends["session"].to_pylist(), starts["session"].to_pylist(), strict=True)
    between = dict(zip(starts["instrument_id"].to_pylist(), limits, strict=True))
    split, dividend = (bars[name].to_numpy().copy() for name in ("split", "dividend"))
    latest = {
        (row["instrument_id"], row["session"]): row for row in pending.sort_by("observed_at").to_pylist()
    }
    for (name, day), row in sorted(latest.items(), reverse=True):
        place, last, start = between.get(name, (_NO_PLACE, day, day))
        if last < day < start:
            _carry(split, dividend, place, _believed(row["reason"], row["split"], row["dividend"]))
    return _with_events(bars, split, dividend)


def _events_carried(slice_: _Slice, reasons: npt.NDArray[Any], failed: Mask) -> pa.Table:
    """Rows in which the events of quarantined rows are those of the instrument's next good row.

    A dividend that passes a split on its way is then per share after the split. An event that is
    itself the reason is not carried, nor that of a session that is stored with its event.
    """
    part = slice_.rows
    subject = part["subject"].to_numpy()
    split, dividend = (part[name].to_numpy().copy() for name in ("split", "dividend"))
    for row in np.flatnonzero(failed & (reasons != "") & ((split != 1) | (dividend != 0)))[::-1]:
        later = np.flatnonzero(~failed[row:] & (subject[row:] == subject[row]))
        if len(later) and not _is_stored(slice_.stored, part, row):
            events = _believed(reasons[row], split[row], dividend[row])
            _carry(split, dividend, row + int(later[0]), events)
    return _with_events(part, split, dividend)


def _carry(split: Floats, dividend: Floats, place: int, events: tuple[float, float]) -> None:
    """Add the split and dividend of an earlier session to the row at `place`, in place."""
    own_split, own_dividend = events
    dividend[place] += own_dividend / split[place]
    split[place] *= own_split


def _is_stored(stored: pa.Table, part: pa.Table, row: int) -> bool:
    key = [pc.equal(stored[name], part[name][row]) for name in ("instrument_id", "session")]
    return bool(pc.any(pc.and_(*key)).as_py())


def _believed(reason: str, split: float, dividend: float) -> tuple[float, float]:
    """The split and the dividend of a quarantined row that are not the reason themselves."""
    return (
        1.0 if reason == "split_ratio" or not split > 0 else split,
        dividend if reason != "dividend_size" and 0 <= dividend < math.inf else 0.0,
    )


def _with_events(rows: pa.Table, split: Floats, dividend: Floats) -> pa.Table:
    own = {"split": pa.array(split), "dividend": pa.array(dividend)}
    return pa.table([own.get(name, rows[name]) for name in rows.column_names], schema=rows.schema)


def _refuse(part: pa.Table, rows: pa.Table, name: str, failed: Mask, found: _Found) -> Mask:
    """Quarantine the whole answers in which the check found a fault; returns their rows."""
    if not len(rows):
        return np.zeros(len(part), dtype=bool)
    remedy = next(check.remedy for check in checks() if check.name == name)
    for instrument_id, message in zip(
        *(rows[n].to_pylist() for n in ("instrument_id", "message")), strict=True
    ):
        found.refused.setdefault(
            instrument_id,
            QuarantinedError(
                f"{instrument_id}: {message}; the whole answer is in quarantine. {_sentence(remedy)}"
            ),
        )
    ids = rows["instrument_id"].unique().to_pylist()
    whole = np.isin(part["instrument_id"].to_numpy(zero_copy_only=False), ids) & ~failed
    found.refuse(part.filter(pa.array(whole)), name)
    return np.asarray(whole)


def _rows(connection: duckdb.DuckDBPyConnection, name: str, part: pa.Table) -> pa.Table:
    """The rows of a slice that a check finds, with its message."""
    # a text that cannot word its finding must not stop the others of the batch
    found = _answer(connection, name, "place, coalesce(message, '') AS message")
    return part.take(found["place"]).append_column("message", found["message"])


def _answer(connection: duckdb.DuckDBPyConnection, name: str, columns: str) -> pa.Table:
    text = f"SELECT {columns} FROM ({statement(f'check/{name}')}) WHERE place >= 0 ORDER BY place"  # noqa: S608 (our own texts)
    return connection.execute(text).to_arrow_table()


def _mask(rows: pa.Table, count: int) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[rows["place"].to_numpy()] = True
    return mask


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
