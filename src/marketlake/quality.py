"""Checks on normalised bars: what fails is put aside with its reason, what is odd is noted and stored.

A failed row goes to `quarantine`:

- not_positive: a price is zero, negative or not finite (unless the instrument allows it), or a volume or
  dividend is negative
- split_ratio: a split is not within 1:1000 to 1000:1
- dividend_size: the dividend is not smaller than the close before it, per share of before
- unit_spike: the close is 20 times both its neighbours, or a 20th of them (a unit mistaken for a day); the
  newest row's neighbours are the two before it, so a true jump of that size is stored a session late
- split_not_applied: at a split of 1.8 or more the prices jump by that very ratio, so the history before it
  was not adjusted, or twice; the whole answer is put aside
- served_twice: the session was served twice with different prices

An odd row is stored and noted in `finding`:

- close_outside_range: the close lies outside low..high (settlements of futures do)
- off_calendar: the session is not on the instrument's calendar
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .calendars import load_calendar
from .errors import QuarantinedError, SourceError
from .normalise import PRICES, Window, spans
from .schema import FINDING, QUARANTINE, UTC_INSTANT

_SPIKE: Final = 20.0
_SPLIT_LIMIT: Final = 1000.0
_TELLING_SPLIT: Final = 1.8
_SPLIT_MATCH: Final = 0.25
_RANGE_SLACK: Final = 1e-4
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """Bars that passed, rows put aside (`QUARANTINE`), oddities (`FINDING`), instruments refused whole."""

    bars: pa.Table
    quarantine: pa.Table
    findings: pa.Table
    refused: Mapping[str, SourceError]


def check(bars: pa.Table, conflicts: pa.Table, windows: Mapping[str, Window], run_id: str) -> Checked:
    """Split normalised bars (sorted by instrument and session) into those to store and those to put aside."""
    ids = bars["instrument_id"].to_numpy(zero_copy_only=False)
    column = {name: bars[name].to_numpy() for name in (*PRICES, "volume", "dividend", "split")}
    signed = np.isin(ids, [i for i, window in windows.items() if window.instrument.negative_prices])
    refused = _splits_not_applied(ids, bars["session"], column)
    failures = {
        "not_positive": _not_positive(column, signed),
        "split_ratio": ~((column["split"] <= _SPLIT_LIMIT) & (column["split"] >= 1 / _SPLIT_LIMIT)),
        "dividend_size": _dividend_size(ids, column),
        "unit_spike": _unit_spike(ids, column) & ~signed,
    }
    failed = np.isin(ids, list(refused))
    aside = [put_aside(bars.filter(pa.array(failed)), "split_not_applied", run_id, windows)]
    for name, mask in failures.items():
        aside.append(put_aside(bars.filter(pa.array(mask & ~failed)), name, run_id, windows))
        failed = failed | mask
    aside.append(put_aside(conflicts, "served_twice", run_id, windows))
    good = bars.filter(pa.array(~failed))
    return Checked(good, pa.concat_tables(aside), _findings(good, windows), refused)


def _not_positive(column: Mapping[str, Any], signed: Mask) -> Mask:
    bad = ~np.isfinite(column["close"])
    for name in PRICES:
        bad |= np.isinf(column[name]) | ((column[name] <= 0) & ~signed)
    for name in ("volume", "dividend"):
        bad |= np.isinf(column[name]) | (column[name] < 0)
    return np.asarray(bad)


def _dividend_size(ids: npt.NDArray[Any], column: Mapping[str, Any]) -> Mask:
    per_share_before = column["dividend"] * column["split"]
    too_large = per_share_before >= np.abs(_before(ids, column["close"]))
    return np.asarray(too_large & (column["dividend"] > 0))


def _before(ids: npt.NDArray[Any], close: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The instrument's close before, infinite for its first row."""
    before = np.full(len(close), np.inf)
    before[1:][ids[1:] == ids[:-1]] = close[:-1][ids[1:] == ids[:-1]]
    return before


def _unit_spike(ids: npt.NDArray[Any], column: Mapping[str, Any]) -> Mask:
    """A row's neighbours are the one before and the one after; the newest row's are the two before it."""
    close, split = column["close"], column["split"]
    newest = np.append(ids[1:] != ids[:-1], True)[: len(ids)]
    first = np.append(True, newest[:-1])[: len(ids)]
    with np.errstate(all="ignore"):
        up = close * split / _before(ids, close)
        up[first] = np.nan
        two_up = up * _before(ids, up)
        down = np.append(close[:-1] / close[1:] / split[1:], np.nan)[: len(ids)]
    down[newest] = two_up[newest]
    spike = ((up > _SPIKE) & (down > _SPIKE)) | ((up < 1 / _SPIKE) & (down < 1 / _SPIKE))
    return np.asarray(spike)


def _splits_not_applied(
    ids: npt.NDArray[Any], sessions: pa.ChunkedArray, column: Mapping[str, Any]
) -> dict[str, SourceError]:
    """A true split leaves close x split / close before near 1; near 1/split or split, it was mishandled."""
    split, refused = column["split"], dict[str, SourceError]()
    before = _before(ids, column["close"])
    for row in np.flatnonzero((split >= _TELLING_SPLIT) | (split <= 1 / _TELLING_SPLIT)):
        change = column["close"][row] * split[row] / before[row] if before[row] else 0.0
        for mistake, how in ((1 / split[row], "not applied"), (split[row], "applied twice")):
            if abs(np.log(max(change, 1e-12) / mistake)) < _SPLIT_MATCH:
                refused[ids[row]] = QuarantinedError(
                    f"{ids[row]}: the split of {split[row]:g} on {sessions[row]} was {how} to the prices "
                    "before it; the whole answer was put aside. The next run asks again; if the vendor stays "
                    "with it, list another source before it in instruments.toml"
                )
    return refused


def put_aside(rows: pa.Table, reason: str, run_id: str, windows: Mapping[str, Window]) -> pa.Table:
    """Rows with the columns of a bar as rows of `quarantine`."""
    return _with(rows, QUARANTINE, windows, reason=reason, run_id=run_id)


def _findings(bars: pa.Table, windows: Mapping[str, Window]) -> pa.Table:
    close, low, high = (bars[name] for name in ("close", "low", "high"))
    slack = pc.multiply(pc.abs(close), _RANGE_SLACK)
    outside = pc.or_(pc.greater(close, pc.add(high, slack)), pc.less(close, pc.subtract(low, slack)))
    odd = {
        "close_outside_range": pc.fill_null(outside, False),
        "off_calendar": pa.array(_off_calendar(bars, windows)),
    }
    messages = {
        "close_outside_range": "the close lies outside the day's low and high",
        "off_calendar": "served on a day that is not a session of the instrument's calendar",
    }
    found = [
        _with(bars.filter(mask), FINDING, windows, check=name, message=messages[name])
        for name, mask in odd.items()
    ]
    return pa.concat_tables(found)


def _off_calendar(bars: pa.Table, windows: Mapping[str, Window]) -> Mask:
    ids = bars["instrument_id"].to_numpy(zero_copy_only=False)
    days = bars["session"].to_numpy().astype("datetime64[D]")
    result = np.zeros(len(bars), dtype=bool)
    for instrument_id, mine in spans(ids):
        window = windows[instrument_id]
        calendar = load_calendar(window.instrument.calendar, window.at.date())
        result[mine] = ~calendar.is_session(days[mine])
    return result


def _with(rows: pa.Table, schema: pa.Schema, windows: Mapping[str, Window], **constants: str) -> pa.Table:
    """Add the constants and when each row was served."""
    columns = {name: pa.repeat(pa.scalar(value), len(rows)) for name, value in constants.items()}
    columns["observed_at"] = served_at(rows, windows)
    return pa.table([columns[n] if n in columns else rows[n] for n in schema.names], schema=schema)


def served_at(rows: pa.Table, windows: Mapping[str, Window]) -> pa.Array:
    """The moment of each row's answer."""
    ids = rows["instrument_id"].combine_chunks().dictionary_encode()
    moments = [windows[name].at for name in ids.dictionary.to_pylist()]
    return pa.array(moments, UTC_INSTANT).take(ids.indices)
