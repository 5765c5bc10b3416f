"""The bytes of a CSV or Parquet file as rows."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import MalformedError
from .contract import Page, plain
from .rows import EPOCH, Rows

_DATES: Final = ("session", "date", "datetime", "time", "timestamp", "observation_date", "open_time")
_NAMES: Final = {
    **{name: name for name in ("open", "high", "low", "close", "volume", "currency", "split", "dividend")},
    "dividends": "dividend",
    "stock splits": "split",
}
_FIGURES: Final = ("open", "high", "low", "close", "volume", "dividend", "split")
_MOST_ROWS: Final = 2_000_000
_MILLISECONDS_FROM: Final = 100_000_000_000
"""Seconds reach this number in the year 5138, milliseconds did in 1973."""
_COMPACT_DATE: Final = len("20241231")
_MISSING: Final = frozenset({"", "nan", "null", "na", "n/a", "none", "."})

_Column = Sequence[Any]


def read_table(page: Page) -> Rows:
    """The rows of one file; `MalformedError` names the column or line that cannot be read."""
    name = page.request.symbol
    try:
        is_parquet = page.body[:4] == b"PAR1"
        header, columns = _parquet(page.body) if is_parquet else _csv(page.body)
        return _rows(header, columns)
    except (ValueError, OverflowError, csv.Error, pa.ArrowException, OSError) as wrong:
        raise MalformedError(
            f"{name!r} cannot be read: {plain(str(wrong)[:200])}; correct the file"
        ) from wrong


def _csv(body: bytes) -> tuple[list[str], list[_Column]]:
    lines = [line for line in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")) if line]
    if not lines:
        raise ValueError("it is empty")
    header, first = _header(lines)
    for number, line in enumerate(lines[first:], first + 1):
        if len(line) != len(header):
            raise ValueError(f"line {number} has {len(line)} fields, the header {len(header)}")
    rows = lines[first:]
    return header, list(zip(*rows, strict=True)) if rows else [()] * len(header)


def _header(lines: list[list[str]]) -> tuple[list[str], int]:
    """The header and the index of the first line of data; yfinance writes three lines of header."""
    header = [name.strip() for name in lines[0]]
    if len(lines) < 2 or header[0] != "Price" or lines[1][0] != "Ticker":
        return header, 1
    if len(set(lines[1][1:])) > 1:
        raise ValueError("it holds several tickers; write one file for each")
    return ["Date", *header[1:]], 3


def _parquet(body: bytes) -> tuple[list[str], list[_Column]]:
    # imported here: a run without Parquet files does without
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(body))
    if file.metadata.num_rows > _MOST_ROWS:
        raise ValueError(f"{file.metadata.num_rows} rows are more than {_MOST_ROWS}")
    wanted = [name for name in file.schema_arrow.names if name.lower() in {*_DATES, *_NAMES}]
    table = file.read(columns=wanted)
    return wanted, [_as_dates(column).to_pylist() for column in table.columns]


def _as_dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Time stamps as the dates they show in their own zone; other columns as they are."""
    if not pa.types.is_timestamp(column.type):
        return column
    shown = column if column.type.tz is None else pc.local_timestamp(column)
    return shown.cast(pa.date32(), safe=False)


def _rows(header: list[str], columns: list[_Column]) -> Rows:
    names = [name.strip().lower() for name in header]
    for name in set(names) & {*_DATES, *_NAMES}:
        if names.count(name) > 1:
            raise ValueError(f"column {name!r} is there twice")
    found = {_NAMES[name]: column for name, column in zip(names, columns, strict=True) if name in _NAMES}
    dates = next((columns[names.index(name)] for name in _DATES if name in names), None)
    if dates is None or "close" not in found:
        raise ValueError(f"it needs a column date and a column close; it has {', '.join(names)[:100]}")
    values = {name: _figures(name, found.get(name), len(dates)) for name in _FIGURES}
    kept = [position for position in range(len(dates)) if _is_row(values, position)]
    own = {name: [column[position] for position in kept] for name, column in values.items()}
    return Rows(
        session=[_day(dates[position], position + 1) for position in kept],
        open=own["open"],
        high=own["high"],
        low=own["low"],
        close=own["close"],
        volume=own["volume"],
        dividend=[value or 0.0 for value in own["dividend"]],
        split=[value or 1.0 for value in own["split"]],
        currency=_currency(found.get("currency", ())),
        split_adjusted="stock splits" in names,
    )


def _is_row(values: dict[str, list[float | None]], position: int) -> bool:
    """Whether there is a close, or an event whose date must not be lost; 0 is how files say none."""
    return values["close"][position] is not None or any(
        values[name][position] for name in ("dividend", "split")
    )


def _figures(name: str, column: _Column | None, count: int) -> list[float | None]:
    if column is None:
        return [None] * count
    return [_figure(value, name, number) for number, value in enumerate(column, 1)]


def _figure(value: Any, name: str, number: int) -> float | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in _MISSING):
        return None
    try:
        figure = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"column {name!r}, row {number}: {str(value)[:40]!r} is no number") from None
    if math.isinf(figure) or (name == "split" and figure < 0):
        raise ValueError(f"column {name!r}, row {number}: {str(value)[:40]!r} is no number")
    return None if math.isnan(figure) else figure


def _day(value: Any, number: int) -> int:
    """Days since 1970 of a date as it stands there, whatever its time zone."""
    try:
        return _as_date(value).toordinal() - EPOCH
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError(f"row {number}: {str(value)[:40]!r} is no date; write it like 2024-12-31") from None


def _as_date(value: Any) -> date:
    if isinstance(value, date):
        return value
    text = str(value).strip()
    if text.isdigit() and len(text) > _COMPACT_DATE:
        count = int(text)
        return datetime.fromtimestamp(count / 1000 if count >= _MILLISECONDS_FROM else count, UTC)
    return datetime.fromisoformat(text)


def _currency(column: Iterable[Any]) -> str | None:
    said = {str(value).strip() for value in column if value is not None} - {""}
    if len(said) > 1:
        raise ValueError("column 'currency' names several; write one file for each")
    return next(iter(said), None)
