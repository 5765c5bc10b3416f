"""Answers as served: one immutable Parquet file per batch, identical bodies kept once.

A row is one answer (or one attempt without an answer). A batch belongs to the lake once the manifest names
it; a batch that is on disk and not named there is waiting to be absorbed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import CorruptLakeError, LakeError
from ..schema import RAW
from . import layout
from .files import corrupt, disk_errors, read_parquet, rename, sha256, write_parquet
from .manifest import Entry, Manifest

_NO_BODY: Final = hashlib.sha256(b"").hexdigest()
_RECENT_FILES: Final = 400
"""In so many of the latest batches an identical body is looked for: enough for months of daily runs, and the
time it takes does not grow with the lake."""


def write_batch(root: Path, batch_id: str, day: date, rows: Sequence[Mapping[str, Any]]) -> str:
    """Keep a batch of answers (`RAW` without sha256); returns its path."""
    known = _stored_bodies(root)
    table = pa.Table.from_pylist([_row(row, known) for row in rows], schema=RAW)
    path = layout.raw(day, batch_id)
    if (root / path).exists():
        raise LakeError(f"{root / path} exists, and a batch is never overwritten; run again")
    beside = root / (path + layout.STAGED)
    write_parquet(beside, table, RAW)
    with disk_errors(root / path):
        rename(beside, root / path)
    return path


def _row(row: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    digest = hashlib.sha256(row["body"]).hexdigest()
    body = None if digest in known else row["body"]
    known.add(digest)
    return {**row, "sha256": digest, "body": body}


def _stored_bodies(root: Path) -> set[str]:
    known = {_NO_BODY}
    for path in sorted(root.glob("raw/*/*.parquet"))[-_RECENT_FILES:]:
        known.update(_digests(path))
    return known


def _digests(path: Path) -> set[str]:
    """Checksums of the bodies that a batch holds itself; nothing for a file that cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            digests = file.read(columns=["sha256"])["sha256"].to_pylist()
            others = [digest for digest in digests if digest != _NO_BODY]
            # the bodies themselves are read only where the footer leaves it open
            if _nulls(file) == len(digests) - len(others):
                return set(others)
            table = file.read(columns=["sha256", "body"])
    except (pa.ArrowException, OSError):
        return set()
    return set(table.filter(table["body"].is_valid())["sha256"].to_pylist())


def _nulls(file: pq.ParquetFile) -> int:
    column = RAW.get_field_index("body")
    groups = (file.metadata.row_group(n).column(column) for n in range(file.metadata.num_row_groups))
    return sum(group.statistics.null_count for group in groups)


def pending(root: Path, manifest: Manifest) -> list[str]:
    """Batches that are kept and not yet absorbed, oldest first."""
    found = {path.relative_to(root).as_posix() for path in root.glob("raw/*/*.parquet")}
    return sorted(found - set(manifest.paths("raw")))


def entry(root: Path, path: str) -> Entry:
    """What the manifest says of a batch."""
    file = root / path
    try:
        rows = int(pq.read_metadata(file).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise corrupt(file, str(error).splitlines()[0][:120]) from error
    return Entry(sha256(file), rows, file.stat().st_size)


def read_batches(root: Path, paths: Sequence[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each batch's path and rows, with the bodies that were stored before filled in."""
    homes: dict[str, Path] | None = None
    for path in paths:
        rows: list[dict[str, Any]] = read_parquet(root / path, RAW).to_pylist()
        own = {row["sha256"]: row["body"] for row in rows if row["body"] is not None} | {_NO_BODY: b""}
        missing = {row["sha256"] for row in rows} - set(own)
        if missing:
            homes = homes if homes is not None else _homes(root)
            own |= _bodies(root, path, missing, homes)
        for digest, body in own.items():
            if hashlib.sha256(body).hexdigest() != digest:
                raise corrupt(root / path, "an answer in it is not what its checksum says")
        yield path, [{**row, "body": own[row["sha256"]]} for row in rows]


def read_columns(path: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Some columns of a batch."""
    rows: list[dict[str, Any]] = read_parquet(path, RAW, columns=names).to_pylist()
    return rows


def _homes(root: Path) -> dict[str, Path]:
    return {digest: path for path in sorted(root.glob("raw/*/*.parquet")) for digest in _digests(path)}


def _bodies(root: Path, path: str, missing: set[str], homes: Mapping[str, Path]) -> dict[str, bytes]:
    lost = missing - set(homes)
    if lost:
        raise CorruptLakeError(
            f"{root / path} refers to {len(lost)} answers whose batch is gone or damaged; "
            "restore raw/ from a backup, or move this file away to do without it"
        )
    found: dict[str, bytes] = {}
    for home in {homes[digest] for digest in missing}:
        table = pq.ParquetFile(home).read(columns=["sha256", "body"])
        for digest, body in zip(table["sha256"].to_pylist(), table["body"].to_pylist(), strict=True):
            if digest in missing and body is not None:
                found[digest] = body
    return found
