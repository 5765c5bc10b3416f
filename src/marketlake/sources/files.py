"""Daily rows from CSV or Parquet files in the home's folder `files`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..model.errors import BlockedError, MalformedError, NotFoundError
from .contract import Access, Page, Parsed, Request, Source, plain
from .rows import EPOCH, Rows, parse_each

_FIGURES: Final = ("open", "high", "low", "close", "volume", "dividend", "split")
_MILLISECONDS_FROM: Final = 100_000_000_000
"""Seconds reach this number in the year 5138, milliseconds did in 1973."""
_COMPACT_DATE: Final = len("20241231")
_MISSING: Final = frozenset({"", "nan", "null", "na", "n/a", "none", "."})
DATES: Final = ("session", "date", "datetime", "time", "timestamp", "observation_date", "open_time")
NAMES: Final = {
    **{name: name for name in ("open", "high", "low", "close", "volume", "currency", "split", "dividend")},
    "dividends": "dividend",
    "stock splits": "split",
}
_READ: Final = frozenset({*DATES, *NAMES})
_MOST_ROWS: Final = 200_000
"""Maximum per instrument: more days than there have been since 1500."""
_MOST_BYTES: Final = 256 * 1024 * 1024
_LONGEST_TEXT: Final = 100

Column = Sequence[Any]


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
    rows = [position for position in range(len(dates)) if _is_row(values, position)]
    own = {name: [column[position] for position in rows] for name, column in values.items()}
    return Rows(
        session=[_day(dates[position], position + 1) for position in rows],
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
    """True if there is a close, or an event whose date must be kept.

    Files use 0 for no event.
    """
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
    """Days since 1970 of a date as written, whatever its time zone."""
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
    currencies = {str(value).strip() for value in column if value is not None} - {""}
    if len(currencies) > 1:
        raise ValueError("column 'currency' names several; write one file for each")
    return next(iter(currencies), None)


def csv_columns(body: bytes) -> tuple[list[str], list[Column]]:
    """The known columns, line by line; other columns use no memory."""
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
    """The header and the index of the first line of data; yfinance writes three header lines."""
    header = [name.strip() for name in top[0]]
    if len(top) > 1 and header[0] == "Price" and top[1][0] == "Ticker":
        if len(set(top[1][1:])) > 1:
            raise ValueError("it holds several tickers; write one file for each")
        return ["Date", *header[1:]], 3
    assert_needed(header)
    return header, 1


def assert_needed(header: list[str]) -> None:
    """`ValueError` if a file has no date or no close."""
    names = [name.strip().lower() for name in header]
    if not {*DATES} & {*names} or "close" not in names:
        raise ValueError(f"it needs a column date and a column close; it has {', '.join(names)[:100]}")


def parquet_columns(body: bytes) -> tuple[list[str], list[Column]]:
    """The header and the columns of a Parquet file."""
    # imported here because most runs have no Parquet files
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
    # repeated texts are stored once, so that a small file stays small in memory
    texts = [field.name for field in fields if _is_text(field.type)]
    table = pq.ParquetFile(pa.BufferReader(body), read_dictionary=texts).read(columns=wanted)
    return wanted, [_values(column) for column in table.columns]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """True for a number, moment, boolean or text, possibly dictionary-encoded."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    plain = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal, pa.types.is_temporal)
    return _is_text(value) or any(
        of_kind(value) for of_kind in (*plain, pa.types.is_boolean, pa.types.is_null)
    )


def _assert_small(metadata: Any, wanted: list[str]) -> None:
    """Refuse files that unpack to more than such a table can be."""
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
    """Time stamps as dates in their own zone; other columns unchanged."""
    if not pa.types.is_timestamp(column.type):
        return column
    shown = column if column.type.tz is None else pc.local_timestamp(column)
    return shown.cast(pa.date32(), safe=False)


class Files(Source):
    """One page per fetch: the file's bytes."""

    def __init__(self) -> None:
        super().__init__("files")

    def fetch(self, request: Request, access: Access) -> list[Page]:
        path = _path(request.symbol, access.files)
        return [Page(request, f"file:{request.symbol}", 200, {}, _content(path, request, access.max_bytes))]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return parse_each(pages, lambda own: read_table(own[-1]))


def _path(symbol: str, folder: Path) -> Path:
    """The file of a symbol.

    A path outside the folder is refused, links included.
    """
    root = folder.resolve()
    try:
        path = (root / symbol).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise NotFoundError(
            f"there is no file {symbol!r} in {root}; symbols of files are paths below it"
        ) from None
    if not path.is_relative_to(root):
        raise BlockedError(f"{symbol!r} leads out of {root}; put the file below that folder")
    if not path.is_file():
        raise NotFoundError(f"{symbol!r} in {root} is no file; name one CSV or Parquet file")
    return path


def _content(path: Path, request: Request, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise BlockedError(
            f"{request.symbol!r} cannot be read: {error.strerror}; check its permissions"
        ) from error
    if len(content) > limit:
        raise MalformedError(f"{request.symbol!r} has more than {limit} bytes; split it into smaller files")
    return content
