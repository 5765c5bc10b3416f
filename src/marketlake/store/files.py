"""Read and write Parquet files that are either whole or absent, checked by checksum."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..model.errors import CorruptLakeError
from ..model.location import shown
from .disk import disk_errors, flush, make_folder

ROW_GROUP_ROWS: Final = 30_000
_BLOCK_GROUPS: Final = 4
"""Row groups per read: 13 MB of bars. Larger reads are slower."""


def write_parquet(path: Path, table: pa.Table, schema: pa.Schema) -> None:
    """Write and flush to disk.

    Nulls in non-nullable columns are an error, as is any other schema.
    """
    with parquet_rows(path, schema) as add:
        add(table)


@contextmanager
def parquet_rows(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Write a table in parts and flush it to disk at the end; a failed file is removed.

    The same rows give the same bytes, however they are split into parts. A part is written while
    the caller makes the next one.
    """
    with _opened(path, schema, "zstd") as writer, ThreadPoolExecutor(1) as pool:
        rest, writing = schema.empty_table(), pool.submit(lambda: None)

        def add(part: pa.Table) -> None:
            nonlocal rest, writing
            _assert_schema(part, schema)
            rest = pa.concat_tables([rest, part])
            writing.result()
            whole = len(rest) - len(rest) % ROW_GROUP_ROWS
            writing = pool.submit(_write_groups, writer, rest.slice(0, whole))
            rest = rest.slice(whole)

        yield add
        writing.result()
        _write_groups(writer, rest)


def _write_groups(writer: pq.ParquetWriter, rows: pa.Table) -> None:
    for start in range(0, len(rows), ROW_GROUP_ROWS):
        writer.write_table(rows.slice(start, ROW_GROUP_ROWS).combine_chunks())


@contextmanager
def parquet_parts(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Write a table in parts, each in its own row groups; for figures that are read as a whole.

    The faster compression hardly changes the size, because the numbers rarely repeat.
    """

    def add(part: pa.Table) -> None:
        _assert_schema(part, schema)
        groups = max(1, -(-len(part) // ROW_GROUP_ROWS))
        writer.write_table(part, row_group_size=max(1, -(-len(part) // groups)))

    with _opened(path, schema, "lz4") as writer:
        yield add


@contextmanager
def _opened(path: Path, schema: pa.Schema, compression: str) -> Iterator[pq.ParquetWriter]:
    """A writer without dictionaries for floats, which rarely repeat: faster and smaller."""
    with disk_errors(path):
        make_folder(path.parent)
        try:
            with path.open("wb") as file:
                with pq.ParquetWriter(
                    file,
                    schema,
                    compression=compression,
                    use_dictionary=[field.name for field in schema if not pa.types.is_floating(field.type)],
                    store_schema=True,
                ) as writer:
                    yield writer
                flush(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def read_parquet(
    path: Path, schema: pa.Schema, expected_sha256: str | None = None, columns: Sequence[str] | None = None
) -> pa.Table:
    """A stored table, or some of its columns.

    `CorruptLakeError` when the file is not what was written.
    """
    with _damage_reported(path):
        names = list(columns or schema.names)
        table = _open(path, expected_sha256).read(columns=names)
        return _cast(table, pa.schema([schema.field(name) for name in names]))


def read_blocks(
    path: Path, schema: pa.Schema, expected_sha256: str | None, ids: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """Read a table sorted by instrument, some row groups at a time; no instrument is split.

    With `ids` (sorted), read only row groups that may contain them. The file may be replaced
    meanwhile.
    """
    with _damage_reported(path):
        # names repeat: reading them as dictionary codes halves the time
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        file = _open(path, expected_sha256, texts)
        every = range(file.num_row_groups)
        groups = [n for n in every if ids is None or _may_hold(file.metadata.row_group(n), ids)]
    return _blocks(path, file, groups, schema)


def _blocks(path: Path, file: pq.ParquetFile, groups: Sequence[int], schema: pa.Schema) -> Iterator[pa.Table]:
    carried = schema.empty_table()
    for start in range(0, len(groups), _BLOCK_GROUPS):
        with _damage_reported(path):
            read = file.read_row_groups(groups[start : start + _BLOCK_GROUPS], columns=schema.names)
            together = pa.concat_tables([carried, _cast(read, schema)])
        last = pc.index(together["instrument_id"], together["instrument_id"][-1]).as_py()
        if last:
            yield together.slice(0, last)
        carried = together.slice(last)
    if len(carried):
        yield carried


def _cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Cast only if needed: a redundant cast takes a tenth of the time to read a small file."""
    return table if table.schema.equals(schema) else table.cast(schema)


def _may_hold(group: pq.RowGroupMetaData, ids: Sequence[str]) -> bool:
    names = [group.column(n).path_in_schema for n in range(group.num_columns)]
    bounds = group.column(names.index("instrument_id")).statistics
    if bounds is None or not bounds.has_min_max:
        return True
    at = bisect_left(ids, bounds.min)
    return at < len(ids) and ids[at] <= bounds.max


def _open(path: Path, expected_sha256: str | None, coded: Sequence[str] = ()) -> pq.ParquetFile:
    content = path.read_bytes()
    if expected_sha256 and hashlib.sha256(content).hexdigest() != expected_sha256:
        raise corrupt(path, "its checksum is not the manifest's")
    # from memory, so that the folder names of the path do not become columns
    return pq.ParquetFile(pa.BufferReader(content), read_dictionary=list(coded))


@contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise corrupt(path, "it is missing") from None
    except (pa.ArrowException, OSError) as error:
        raise corrupt(path, str(error).splitlines()[0][:120]) from error


def corrupt(path: Path, why: str) -> CorruptLakeError:
    """The error for a damaged file, with the remedy."""
    return CorruptLakeError(
        f"{shown(path)} is damaged: {why}. `marketlake verify` lists every damaged file, "
        "`marketlake replay` rebuilds tables from raw/"
    )


def _assert_schema(table: pa.Table, schema: pa.Schema) -> None:
    if not table.schema.equals(schema):
        raise TypeError(f"table to be stored has schema {table.schema}, must have {schema}")
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise TypeError(f"column {field.name} must not be null")
