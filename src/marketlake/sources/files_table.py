"""The bytes of a CSV or Parquet file as rows."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa

from ..errors import MalformedError
from .contract import Page, plain
from .files_columns import DATES, NAMES, Column, assert_needed, csv_columns, parquet_columns
from .rows import EPOCH, Rows

_FIGURES: Final = ("open", "high", "low", "close", "volume", "dividend", "split")
_MILLISECONDS_FROM: Final = 100_000_000_000
"""Seconds reach this number in the year 5138, milliseconds did in 1973."""
_COMPACT_DATE: Final = len("20241231")
_MISSING: Final = frozenset({"", "nan", "null", "na", "n/a", "none", "."})


def read_table(page: Page) -> Rows:
    """The rows of one file; `MalformedError` names the column or line that cannot be read."""
    name = page.request.symbol
    try:
        is_parquet = page.body[:4] == b"PAR1"
        header, columns = parquet_columns(page.body) if is_parquet else csv_columns(page.body)
        return _rows(header, columns)
    except (ValueError, OverflowError, csv.Error, pa.ArrowException, OSError) as wrong:
        raise MalformedError(
            f"{name!r} cannot be read: {plain(str(wrong)[:200])}; correct the file"
        ) from wrong


def _rows(header: list[str], columns: list[Column]) -> Rows:
    names = [name.strip().lower() for name in header]
    for name in set(names) & {*DATES, *NAMES}:
        if names.count(name) > 1:
            raise ValueError(f"column {name!r} is there twice")
    found = {NAMES[name]: column for name, column in zip(names, columns, strict=True) if name in NAMES}
    assert_needed(names)
    dates = next(columns[names.index(name)] for name in DATES if name in names)
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


def _figures(name: str, column: Column | None, count: int) -> list[float | None]:
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
