"""Files that are either whole or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import CorruptLakeError, LakeWriteError

ROW_GROUP_ROWS: Final = 30_000


@contextmanager
def disk_errors(what: Path) -> Iterator[None]:
    """Turn the operating system's refusals into `LakeWriteError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LakeWriteError(
            f"cannot write {what}: {reason}; what was stored before is untouched. "
            "Free space or permissions, then run again"
        ) from error


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


def write_bytes(path: Path, content: bytes) -> None:
    """Write beside, flush, rename: the path holds the old content or the new one."""
    beside = path.with_name(path.name + ".tmp")
    with disk_errors(path):
        make_folder(path.parent)
        try:
            with beside.open("wb") as file:
                file.write(content)
                flush(file)
            rename(beside, path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise


def make_folder(folder: Path) -> None:
    """The folder and its parents; the entries of new ones are on disk afterwards."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in reversed(new):
        flush_folder(one.parent)


def rename(source: Path, target: Path) -> None:
    """Atomic, and the folder's entry is on disk afterwards."""
    source.replace(target)
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Put the folder's entries on disk: a file's own flush need not do that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush(file: IO[bytes]) -> None:
    """Put on disk what was written; what Python still holds back must reach the system first."""
    file.flush()
    os.fsync(file.fileno())


def sha256(path: Path) -> str:
    """Hexadecimal checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        f"{path} is damaged: {why}. `marketlake verify` lists every damaged file, "
        "`marketlake replay` restores what follows from raw/"
    )


def is_whole(path: Path, digest: str) -> bool:
    """Whether the file can be read and has this checksum."""
    try:
        return sha256(path) == digest
    except OSError:
        return False


def _repeated(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if not pa.types.is_floating(field.type)]


def _assert_schema(table: pa.Table, schema: pa.Schema) -> None:
    if not table.schema.equals(schema):
        raise TypeError(f"table to be stored has schema {table.schema}, must have {schema}")
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise TypeError(f"column {field.name} must not be null")
