"""Raw batches: every answer as served, written once and never overwritten.

An identical body is stored once: a later batch refers to it by its checksum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..model import layout
from ..model.errors import CorruptLakeError, LakeError
from ..model.location import address_of, shown
from ..model.schema import RAW
from .bucket.copy import fetch_files
from .bucket.objects import Refused, open_objects
from .disk import disk_errors, rename, sha256, write_bytes
from .files import corrupt, read_parquet, write_parquet
from .manifest import Entry, Manifest

NO_BODY: Final = hashlib.sha256(b"").hexdigest()
_RECENT_FILES: Final = 400
"""Number of latest batches to search for an identical body: enough for months of daily runs, and
the time does not grow with the lake."""

Homes = Mapping[str, list[Path]]
"""By checksum, the batches that list a body."""
OnLoss = Callable[[str, CorruptLakeError], None]
"""Called with a batch's path and the error if it cannot be read."""


def homes(root: Path, *, recent: bool = False) -> Homes:
    """Of all batches, or of the recent ones; unreadable files are skipped."""
    names = batch_names(root)
    found: dict[str, list[Path]] = {}
    for path in local_files(root, names[-_RECENT_FILES:] if recent else names):
        for digest in _digests(path):
            found.setdefault(digest, []).append(path)
    return found


def read_bodies(wanted: Iterable[str], found: Homes) -> dict[str, bytes]:
    """The wanted bodies that can be read and match their checksum, by checksum."""
    missing, bodies = set(wanted) & set(found), dict[str, bytes]()
    for path in sorted({path for digest in missing for path in found[digest]}):
        if any(path in found[digest] for digest in missing):
            bodies |= {digest: body for digest, body in _whole_bodies(path).items() if digest in missing}
            missing -= set(bodies)
    return bodies


def _whole_bodies(path: Path) -> dict[str, bytes]:
    """The undamaged bodies of a batch."""
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["sha256", "body"])
    except (pa.ArrowException, OSError):
        return {}
    pairs = zip(table["sha256"].to_pylist(), table["body"].to_pylist(), strict=True)
    return {digest: body for digest, body in pairs if body is not None and is_body(body, digest)}


def is_body(body: bytes, digest: str) -> bool:
    """True if the body matches its checksum."""
    return hashlib.sha256(body).hexdigest() == digest


def _digests(path: Path) -> set[str]:
    """Checksums of the bodies that a batch contains, by its own record."""
    try:
        with pq.ParquetFile(path) as file:
            digests = file.read(columns=["sha256"])["sha256"].to_pylist()
            others = [digest for digest in digests if digest != NO_BODY]
            # the bodies are read only if the footer does not decide
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


def write_batch(root: Path, batch_id: str, day: date, rows: Sequence[Mapping[str, Any]]) -> str:
    """Persist a batch of answers (`RAW` without sha256); returns its path."""
    digests = [hashlib.sha256(row["body"]).hexdigest() for row in rows]
    # read and verified: a new body must not be replaced by a reference to a damaged one
    known = {NO_BODY, *read_bodies(digests, homes(root, recent=True))}
    table = pa.Table.from_pylist(list(_deduplicated(rows, digests, known)), schema=RAW)
    path = layout.raw(day, batch_id)
    if (root / path).exists():
        raise exists(root, path)
    write_parquet(root / layout.staged(path), table, RAW)
    persist(root, path)
    return path


def _deduplicated(
    rows: Sequence[Mapping[str, Any]], digests: Sequence[str], known: set[str]
) -> Iterator[dict[str, Any]]:
    """The rows with their checksums, each body once."""
    for row, digest in zip(rows, digests, strict=True):
        yield {**row, "sha256": digest, "body": None if digest in known else row["body"]}
        known.add(digest)


def pending(root: Path, manifest: Manifest) -> list[str]:
    """Batches that are persisted but not stored yet, oldest first."""
    return sorted(set(batch_names(root)) - set(manifest.paths("raw")))


def entry(root: Path, path: str) -> Entry:
    """The manifest's entry of a batch."""
    file = root / path
    try:
        rows = int(pq.read_metadata(file).num_rows)
        return Entry(sha256(file), rows, file.stat().st_size)
    except (pa.ArrowException, OSError) as error:
        raise corrupt(file, str(error).splitlines()[0][:120]) from error


def read_batches(
    root: Path, paths: Sequence[str], named: Mapping[str, Entry] | None = None, on_loss: OnLoss | None = None
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each batch's path and rows, with bodies from earlier batches filled in.

    A batch in `named`, the manifest's files, must match its checksum there. Raises
    `CorruptLakeError` for an answer that cannot be read. With `on_loss`, it is called instead with
    the batch's path and the error, and reading continues: a damaged batch is skipped; of a batch
    that refers to a damaged one, the instruments with whole answers are read.
    """
    found: Homes | None = None
    local_files(root, paths)
    for path in paths:
        try:
            digest = named[path].sha256 if named else None
            rows: list[dict[str, Any]] = read_parquet(root / path, RAW, digest).to_pylist()
            own = _own_bodies(root / path, rows)
        except CorruptLakeError as error:
            _report_loss(on_loss, path, error)
            continue
        missing = {row["sha256"] for row in rows} - set(own)
        if missing:
            found = found if found is not None else homes(root)
            own |= read_bodies(missing, found)
        lost = {row["instrument_id"] for row in rows if row["sha256"] not in own}
        if lost:
            _report_loss(on_loss, path, _unanswered(root / path, sorted(lost)))
        whole = [row for row in rows if row["instrument_id"] not in lost] if lost else rows
        for row in whole:
            row["body"] = own[row["sha256"]]
        if whole:
            yield path, whole


def _own_bodies(path: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    own = {row["sha256"]: row["body"] for row in rows if row["body"] is not None} | {NO_BODY: b""}
    if not all(is_body(body, digest) for digest, body in own.items()):
        raise corrupt(path, "an answer in it does not match its checksum")
    return own


def _report_loss(on_loss: OnLoss | None, path: str, error: CorruptLakeError) -> None:
    if on_loss is None:
        raise error
    on_loss(path, error)


def _unanswered(path: Path, lost: Sequence[str]) -> CorruptLakeError:
    listed = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return CorruptLakeError(
        f"{shown(path)} refers to answers for {listed} whose batch is gone or damaged; restore raw/ from a "
        "backup, or fetch them again (`marketlake backfill ID --from DAY`)"
    )


def read_columns(path: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Some columns of a batch."""
    rows: list[dict[str, Any]] = read_parquet(path, RAW, columns=names).to_pylist()
    return rows


def batch_names(root: Path, suffix: str = "") -> list[str]:
    """The paths of the batches with this suffix, oldest first."""
    address, ending = address_of(root), f"{suffix}.parquet"
    if address is None:
        return sorted(
            path.relative_to(root).as_posix()
            for path in root.glob(layout.BATCHES)
            if path.name.endswith(ending)
        )
    objects = open_objects(address).paths(layout.RAW)
    return [path for path in objects if path.endswith(ending) and layout.PLACE.fullmatch(path)]


def local_files(root: Path, paths: Iterable[str]) -> list[Path]:
    """The files of the batches; missing ones are fetched from the bucket."""
    wanted, address = list(paths), address_of(root)
    if address is not None and not all((root / path).exists() for path in wanted):
        fetch_files(open_objects(address), root, wanted)
    return [root / path for path in wanted]


def persist(root: Path, path: str) -> None:
    """Move a staged batch into place; an existing batch is never overwritten."""
    temporary, address = root / layout.staged(path), address_of(root)
    if address is not None:
        objects, content = open_objects(address), temporary.read_bytes()
        try:
            objects.put_if(path, content, None)
        except Refused:
            there = objects.get(path)
            # a retried request whose first response was lost finds its own write
            if there is None or there.content != content:
                raise exists(root, path) from None
    with disk_errors(root / path):
        rename(temporary, root / path)


def exists(root: Path, path: str) -> LakeError:
    """The error for a batch that would be overwritten."""
    return LakeError(f"{shown(root / path)} exists, and batches are never overwritten; run again")


def set_aside(root: Path, path: str) -> str:
    """Rename a damaged file so that it is not read; returns the new path."""
    renamed, address = layout.set_aside(path), address_of(root)
    if address is not None and (root / path).exists():
        objects = open_objects(address)
        objects.put(renamed, (root / path).read_bytes())
        objects.delete(path)
    with disk_errors(root / path):
        rename(root / path, root / renamed)
    return renamed


def publish_page(root: Path, name: str, content: bytes) -> None:
    """Write a page next to the lake's database."""
    write_bytes(root / name, content)
    address = address_of(root)
    if address is not None:
        open_objects(address).put(name, content)
