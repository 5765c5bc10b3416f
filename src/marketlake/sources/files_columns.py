"""The columns of a CSV or Parquet file that mean something: what else a file holds takes no memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

DATES: Final = ("session", "date", "datetime", "time", "timestamp", "observation_date", "open_time")
NAMES: Final = {
    **{name: name for name in ("open", "high", "low", "close", "volume", "currency", "split", "dividend")},
    "dividends": "dividend",
    "stock splits": "split",
}
_READ: Final = frozenset({*DATES, *NAMES})
_MOST_ROWS: Final = 200_000
"""Of one instrument: more days than there have been since 1500."""
_MOST_BYTES: Final = 256 * 1024 * 1024
_LONGEST_TEXT: Final = 100

Column = Sequence[Any]


def csv_columns(body: bytes) -> tuple[list[str], list[Column]]:
    """The columns that mean something, line by line: what else a file holds takes no memory."""
    lines = (line for line in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")) if line)
    top = list(islice(lines, 3))
    if not top:
        raise ValueError("it is empty")
    header, first = _header(top)
    wanted = [place for place, name in enumerate(header) if name.lower() in _READ]
    columns: list[list[str]] = [[] for _ in wanted]
    for number, line in enumerate(chain(top[first:], lines), first + 1):
        if len(line) != len(header):
            raise ValueError(f"line {number} has {len(line)} fields, the header {len(header)}")
        if number > _MOST_ROWS:
            raise ValueError(f"more than {_MOST_ROWS} rows")
        for column, place in zip(columns, wanted, strict=True):
            column.append(line[place])
    return [header[place] for place in wanted], [*columns]


def _header(top: list[list[str]]) -> tuple[list[str], int]:
    """The header and the index of the first line of data; yfinance writes three lines of header."""
    header = [name.strip() for name in top[0]]
    if len(top) > 1 and header[0] == "Price" and top[1][0] == "Ticker":
        if len(set(top[1][1:])) > 1:
            raise ValueError("it holds several tickers; write one file for each")
        return ["Date", *header[1:]], 3
    assert_needed(header)
    return header, 1


def assert_needed(header: list[str]) -> None:
    names = [name.strip().lower() for name in header]
    if not {*DATES} & {*names} or "close" not in names:
        raise ValueError(f"it needs a column date and a column close; it has {', '.join(names)[:100]}")


def parquet_columns(body: bytes) -> tuple[list[str], list[Column]]:
    # imported here: a run without Parquet files does without
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(body))
    if file.metadata.num_rows > _MOST_ROWS:
        raise ValueError(f"more than {_MOST_ROWS} rows")
    fields = [field for field in file.schema_arrow if field.name.lower() in _READ]
    wanted = [field.name for field in fields]
    assert_needed(wanted)
    for field in fields:
        if not _is_plain(field.type):
            raise ValueError(f"column {field.name!r} is of the type {str(field.type)[:40]}")
    _assert_small(file.metadata, wanted)
    # a text that stands in many rows is kept once, so that a small file stays small
    texts = [field.name for field in fields if _is_text(field.type)]
    table = pq.ParquetFile(pa.BufferReader(body), read_dictionary=texts).read(columns=wanted)
    return wanted, [_values(column) for column in table.columns]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """A number, a moment, truth or text, which may be kept as a dictionary."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    plain = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal, pa.types.is_temporal)
    return _is_text(value) or any(
        of_kind(value) for of_kind in (*plain, pa.types.is_boolean, pa.types.is_null)
    )


def _assert_small(metadata: Any, wanted: list[str]) -> None:
    """Refuse what would unpack to more than such a table can be."""
    size = sum(
        chunk.total_uncompressed_size
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for chunk in map(group.column, range(group.num_columns))
        if chunk.path_in_schema in wanted
    )
    if size > _MOST_BYTES:
        raise ValueError(f"it unpacks to {size} bytes, more than {_MOST_BYTES}")


def _values(column: pa.ChunkedArray) -> list[Any]:
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type) and _is_text(chunk.type.value_type):
            longest = pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0
            if longest > _LONGEST_TEXT:
                raise ValueError(f"a text in it is longer than {_LONGEST_TEXT} characters")
    values: list[Any] = _as_dates(column).to_pylist()
    return values


def _as_dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Time stamps as the dates they show in their own zone; other columns as they are."""
    if not pa.types.is_timestamp(column.type):
        return column
    shown = column if column.type.tz is None else pc.local_timestamp(column)
    return shown.cast(pa.date32(), safe=False)
