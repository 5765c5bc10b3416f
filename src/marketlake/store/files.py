"""Parquet files that are either whole or not there, and are what was written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import CorruptLakeError
from ..location import shown
from .disk import disk_errors, flush, make_folder

ROW_GROUP_ROWS: Final = 30_000


def write_parquet(path: Path, table: pa.Table, schema: pa.Schema) -> None:
    """Write and flush to disk; nulls in non-nullable columns are an error, as is any other schema."""
    _assert_schema(table, schema)
    with disk_errors(path):
        make_folder(path.parent)
        try:
            with path.open("wb") as file:
                pq.write_table(
                    table, file, compression="zstd", row_group_size=ROW_GROUP_ROWS, store_schema=True
                )
                flush(file)
        except OSError:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def parquet_parts(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Write a table part by part and flush it to disk at the end; nothing stays of one that fails.

    For figures that are read as a whole: numbers that hardly repeat take a third of the time to read, and no
    more room, without a dictionary and with the faster compression.
    """

    def add(part: pa.Table) -> None:
        _assert_schema(part, schema)
        groups = max(1, -(-len(part) // ROW_GROUP_ROWS))
        writer.write_table(part, row_group_size=max(1, -(-len(part) // groups)))

    with disk_errors(path):
        make_folder(path.parent)
        try:
            with path.open("wb") as file:
                with pq.ParquetWriter(
                    file, schema, compression="lz4", use_dictionary=_repeated(schema), store_schema=True
                ) as writer:
                    yield add
                flush(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def read_parquet(
    path: Path, schema: pa.Schema, expected_sha256: str | None = None, columns: Sequence[str] | None = None
) -> pa.Table:
    """A stored table, or some of its columns; `CorruptLakeError` when the file is not what was written."""
    try:
        content = path.read_bytes()
        if expected_sha256 and hashlib.sha256(content).hexdigest() != expected_sha256:
            raise corrupt(path, "its checksum is not the manifest's")
        # partitioning=None: the folders' names are not columns here
        names = list(columns or schema.names)
        table = pq.ParquetFile(pa.BufferReader(content)).read(columns=names)
        return table.cast(pa.schema([schema.field(name) for name in names]))
    except FileNotFoundError:
        raise corrupt(path, "it is missing") from None
    except (pa.ArrowException, OSError) as error:
        raise corrupt(path, str(error).splitlines()[0][:120]) from error


def corrupt(path: Path, why: str) -> CorruptLakeError:
    """The error for a damaged file, with the remedy."""
    return CorruptLakeError(
        f"{shown(path)} is damaged: {why}. `marketlake verify` lists every damaged file, "
        "`marketlake replay` restores what follows from raw/"
    )


def _repeated(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if not pa.types.is_floating(field.type)]


def _assert_schema(table: pa.Table, schema: pa.Schema) -> None:
    if not table.schema.equals(schema):
        raise TypeError(f"table to be stored has schema {table.schema}, must have {schema}")
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise TypeError(f"column {field.name} must not be null")
