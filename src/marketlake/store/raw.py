"""Answers as served: one immutable Parquet file per batch, identical bodies kept once.

A row is one answer (or one attempt without an answer). A batch belongs to the lake once the manifest names
it; a batch that is on disk and not named there is waiting to be absorbed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import CorruptLakeError
from ..location import shown
from ..schema import RAW
from . import batches, layout
from .disk import sha256
from .files import corrupt, read_parquet, write_parquet
from .manifest import Entry, Manifest
from .raw_body import NO_BODY, Homes, homes, is_body, read_bodies

OnLoss = Callable[[str, CorruptLakeError], None]
"""Hears a batch's path, and what of it cannot be read."""


def write_batch(root: Path, batch_id: str, day: date, rows: Sequence[Mapping[str, Any]]) -> str:
    """Keep a batch of answers (`RAW` without sha256); returns its path."""
    digests = [hashlib.sha256(row["body"]).hexdigest() for row in rows]
    # read, not only looked up: a fresh answer must not be given up for one that is damaged
    known = {NO_BODY, *read_bodies(digests, homes(root, recent=True))}
    table = pa.Table.from_pylist(list(_kept(rows, digests, known)), schema=RAW)
    path = layout.raw(day, batch_id)
    if (root / path).exists():
        raise batches.exists(root, path)
    write_parquet(root / layout.staged(path), table, RAW)
    batches.keep(root, path)
    return path


def _kept(
    rows: Sequence[Mapping[str, Any]], digests: Sequence[str], known: set[str]
) -> Iterator[dict[str, Any]]:
    """The rows with their checksums, each body once."""
    for row, digest in zip(rows, digests, strict=True):
        yield {**row, "sha256": digest, "body": None if digest in known else row["body"]}
        known.add(digest)


def pending(root: Path, manifest: Manifest) -> list[str]:
    """Batches that are kept and not yet absorbed, oldest first."""
    return sorted(set(batches.names(root)) - set(manifest.paths("raw")))


def entry(root: Path, path: str) -> Entry:
    """What the manifest says of a batch."""
    file = root / path
    try:
        rows = int(pq.read_metadata(file).num_rows)
        return Entry(sha256(file), rows, file.stat().st_size)
    except (pa.ArrowException, OSError) as error:
        raise corrupt(file, str(error).splitlines()[0][:120]) from error


def read_batches(
    root: Path, paths: Sequence[str], named: Mapping[str, Entry] | None = None, on_loss: OnLoss | None = None
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each batch's path and rows, with the bodies that were stored before filled in.

    A batch among `named`, the manifest's files, must be the one that was absorbed.
    Raises `CorruptLakeError` for an answer that cannot be read; with `on_loss` that hears the batch's path
    and the error, and the rest is read: of a batch that is damaged nothing, of one that refers to a damaged
    batch the instruments whose answers are whole.
    """
    found: Homes | None = None
    batches.at_hand(root, paths)
    for path in paths:
        try:
            digest = named[path].sha256 if named else None
            rows: list[dict[str, Any]] = read_parquet(root / path, RAW, digest).to_pylist()
            own = _own_bodies(root / path, rows)
        except CorruptLakeError as error:
            _tell(on_loss, path, error)
            continue
        missing = {row["sha256"] for row in rows} - set(own)
        if missing:
            found = found if found is not None else homes(root)
            own |= read_bodies(missing, found)
        lost = {row["instrument_id"] for row in rows if row["sha256"] not in own}
        if lost:
            _tell(on_loss, path, _unanswered(root / path, sorted(lost)))
        whole = [row for row in rows if row["instrument_id"] not in lost] if lost else rows
        for row in whole:
            row["body"] = own[row["sha256"]]
        if whole:
            yield path, whole


def _own_bodies(path: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    own = {row["sha256"]: row["body"] for row in rows if row["body"] is not None} | {NO_BODY: b""}
    if not all(is_body(body, digest) for digest, body in own.items()):
        raise corrupt(path, "an answer in it is not what its checksum says")
    return own


def _tell(on_loss: OnLoss | None, path: str, error: CorruptLakeError) -> None:
    if on_loss is None:
        raise error
    on_loss(path, error)


def _unanswered(path: Path, lost: Sequence[str]) -> CorruptLakeError:
    listed = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return CorruptLakeError(
        f"{shown(path)} refers to answers for {listed} whose batch is gone or damaged; restore raw/ from a "
        "backup, or ask the vendor again (`marketlake backfill`)"
    )


def read_columns(path: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Some columns of a batch."""
    rows: list[dict[str, Any]] = read_parquet(path, RAW, columns=names).to_pylist()
    return rows
