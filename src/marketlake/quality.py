"""Checks on normalised bars: what fails is put aside with its reason, what is odd is noted and stored.

A failed row goes to `quarantine`:

- not_positive: a price is zero, negative or not finite (unless the instrument allows it), or a volume or
  dividend is negative
- split_ratio: a split is not within 1:1000 to 1000:1
- dividend_size: the dividend is not smaller than the close before
- unit_spike: the close is 20 times both its neighbours, or a 20th of them (a unit mistaken for a day)
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
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .calendars import load_calendar
from .errors import QuarantinedError, SourceError
from .normalise import PRICES, Window
from .schema import FINDING, QUARANTINE

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


def check(
    bars: pa.Table, conflicts: pa.Table, windows: Mapping[str, Window], run_id: str, observed_at: datetime
) -> Checked:
    """Split normalised bars (sorted by instrument and session) into those to store and those to put aside."""
    ids = bars["instrument_id"].to_numpy(zero_copy_only=False)
    column = {name: bars[name].to_numpy() for name in (*PRICES, "volume", "dividend", "split")}
    refused = _splits_not_applied(ids, bars["session"].to_pylist(), column)
    failures = {
        "not_positive": _not_positive(ids, column, windows),
        "split_ratio": ~((column["split"] <= _SPLIT_LIMIT) & (column["split"] >= 1 / _SPLIT_LIMIT)),
        "dividend_size": column["dividend"] >= np.abs(_before(ids, column["close"])),
        "unit_spike": _unit_spike(ids, column["close"]),
    }
    failed = np.isin(ids, list(refused))
    aside = [put_aside(bars.filter(pa.array(failed)), "split_not_applied", run_id, observed_at)]
    for name, mask in failures.items():
        aside.append(put_aside(bars.filter(pa.array(mask & ~failed)), name, run_id, observed_at))
        failed = failed | mask
    aside.append(put_aside(conflicts, "served_twice", run_id, observed_at))
    good = bars.filter(pa.array(~failed))
    return Checked(good, pa.concat_tables(aside), _findings(good, windows, observed_at), refused)


def _not_positive(ids: npt.NDArray[Any], column: Mapping[str, Any], windows: Mapping[str, Window]) -> Mask:
    allowed = np.isin(ids, [i for i, window in windows.items() if window.instrument.negative_prices])
    bad = ~np.isfinite(column["close"])
    for name in PRICES:
        bad |= np.isinf(column[name]) | ((column[name] <= 0) & ~allowed)
    for name in ("volume", "dividend"):
        bad |= column[name] < 0
    return np.asarray(bad)


def _before(ids: npt.NDArray[Any], close: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The instrument's close before, infinite for its first row."""
    before = np.full(len(close), np.inf)
    before[1:][ids[1:] == ids[:-1]] = close[:-1][ids[1:] == ids[:-1]]
    return before


def _unit_spike(ids: npt.NDArray[Any], close: npt.NDArray[np.float64]) -> Mask:
    spike = np.zeros(len(close), dtype=bool)
    if len(close) < 3:
        return spike
    inside = (ids[2:] == ids[1:-1]) & (ids[1:-1] == ids[:-2])
    with np.errstate(divide="ignore", invalid="ignore"):
        up, down = close[1:-1] / close[:-2], close[1:-1] / close[2:]
    spike[1:-1] = inside & (((up > _SPIKE) & (down > _SPIKE)) | ((up < 1 / _SPIKE) & (down < 1 / _SPIKE)))
    return spike


def _splits_not_applied(
    ids: npt.NDArray[Any], sessions: list[Any], column: Mapping[str, Any]
) -> dict[str, SourceError]:
    """A true split leaves close x split / close before near 1; near 1/split or split, it was mishandled."""
    split, refused = column["split"], dict[str, SourceError]()
    before = _before(ids, column["close"])
    for row in np.flatnonzero((split >= _TELLING_SPLIT) | (split <= 1 / _TELLING_SPLIT)):
        change = column["close"][row] * split[row] / before[row]
        for mistake, how in ((1 / split[row], "not applied"), (split[row], "applied twice")):
            if abs(np.log(max(change, 1e-12) / mistake)) < _SPLIT_MATCH:
                refused[ids[row]] = QuarantinedError(
                    f"{ids[row]}: the split of {split[row]:g} on {sessions[row]} was {how} to the prices "
                    "before it; the whole answer was put aside. Wait for the vendor or list another source"
                )
    return refused


def put_aside(rows: pa.Table, reason: str, run_id: str, observed_at: datetime) -> pa.Table:
    """Rows with the columns of a bar as rows of `quarantine`."""
    return _with_constants(rows, QUARANTINE, reason=reason, run_id=run_id, observed_at=observed_at)


def _findings(bars: pa.Table, windows: Mapping[str, Window], observed_at: datetime) -> pa.Table:
    close, low, high = (bars[name] for name in ("close", "low", "high"))
    slack = pc.multiply(pc.abs(close), _RANGE_SLACK)
    outside = pc.or_(pc.greater(close, pc.add(high, slack)), pc.less(close, pc.subtract(low, slack)))
    odd = {
        "close_outside_range": pc.fill_null(outside, False),
        "off_calendar": pa.array(_off_calendar(bars, windows, observed_at)),
    }
    messages = {
        "close_outside_range": "the close lies outside the day's low and high",
        "off_calendar": "served on a day that is not a session of the instrument's calendar",
    }
    found = [
        _with_constants(
            bars.filter(mask), FINDING, check=name, message=messages[name], observed_at=observed_at
        )
        for name, mask in odd.items()
    ]
    return pa.concat_tables(found)


def _off_calendar(bars: pa.Table, windows: Mapping[str, Window], now: datetime) -> Mask:
    code = bars["instrument_id"].combine_chunks().dictionary_encode()
    days = bars["session"].to_numpy().astype("datetime64[D]")
    result = np.zeros(len(bars), dtype=bool)
    for index, instrument_id in enumerate(code.dictionary.to_pylist()):
        mine = code.indices.to_numpy() == index
        calendar = load_calendar(windows[instrument_id].instrument.calendar, now.date())
        result[mine] = ~calendar.is_session(days[mine])
    return result


def _with_constants(rows: pa.Table, schema: pa.Schema, **constants: object) -> pa.Table:
    columns = [
        pa.repeat(pa.scalar(constants[field.name], field.type), len(rows))
        if field.name in constants
        else rows[field.name]
        for field in schema
    ]
    return pa.table(columns, schema=schema)
