"""Where the body of an answer is: identical ones are kept once, and only what can be read counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..schema import RAW
from . import batches

NO_BODY: Final = hashlib.sha256(b"").hexdigest()
_RECENT_FILES: Final = 400
"""In so many of the latest batches an identical body is looked for: enough for months of daily runs, and the
time it takes does not grow with the lake."""

Homes = Mapping[str, list[Path]]
"""The batches that say they hold a body, by its checksum."""


def homes(root: Path, *, recent: bool = False) -> Homes:
    """Of all batches, or of the recent ones; nothing of a file that cannot be read."""
    names = batches.names(root)
    found: dict[str, list[Path]] = {}
    for path in batches.at_hand(root, names[-_RECENT_FILES:] if recent else names):
        for digest in _digests(path):
            found.setdefault(digest, []).append(path)
    return found


def read_bodies(wanted: Iterable[str], found: Homes) -> dict[str, bytes]:
    """The wanted bodies that can be read and are what their checksum says, by checksum."""
    missing, bodies = set(wanted) & set(found), dict[str, bytes]()
    for path in sorted({path for digest in missing for path in found[digest]}):
        if any(path in found[digest] for digest in missing):
            bodies |= {digest: body for digest, body in _held(path).items() if digest in missing}
            missing -= set(bodies)
    return bodies


def _held(path: Path) -> dict[str, bytes]:
    """The bodies that a batch holds and that are whole."""
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["sha256", "body"])
    except (pa.ArrowException, OSError):
        return {}
    pairs = zip(table["sha256"].to_pylist(), table["body"].to_pylist(), strict=True)
    return {digest: body for digest, body in pairs if body is not None and is_body(body, digest)}


def is_body(body: bytes, digest: str) -> bool:
    """Whether the body is what its checksum says."""
    return hashlib.sha256(body).hexdigest() == digest


def _digests(path: Path) -> set[str]:
    """Checksums of the bodies that a batch says it holds itself."""
    try:
        with pq.ParquetFile(path) as file:
            digests = file.read(columns=["sha256"])["sha256"].to_pylist()
            others = [digest for digest in digests if digest != NO_BODY]
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
