"""The manifest: which files make up the lake, what they hold, and what the lake is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from ..model import layout
from ..model.errors import CorruptLakeError, EmptyLakeError, LakeError, OriginError, SchemaVersionError
from ..model.layout import SCHEMA_VERSION
from ..model.location import shown


@dataclass(frozen=True)
class Entry:
    """One file of the lake."""

    sha256: str
    rows: int
    bytes: int
    made_from: str = ""
    """The inputs of a mart's file; empty for other tables."""


@dataclass(frozen=True)
class Manifest:
    """The lake's state after a commit."""

    origin: str
    """`live` or `simulated`."""
    files: Mapping[str, Entry] = field(default_factory=dict)
    built: str = ""
    """The inputs of market.duckdb; empty if it was not built."""
    schema_version: int = SCHEMA_VERSION
    commit: int = 0
    """In a bucket, the number of commits, so that no two manifests are equal. 0 in a folder."""

    @property
    def snapshot(self) -> str:
        """Identifier of the stored prices: equal for equal bars and revisions."""
        return self._digest(layout.PRICES)

    @property
    def marts(self) -> str:
        """Identifier of the stored marts: equal for equal files."""
        return self._digest(layout.MARTS)

    @property
    def is_built(self) -> bool:
        """Whether market.duckdb was built from these prices."""
        return self.built.startswith(self.snapshot)

    def _digest(self, tables: tuple[str, ...]) -> str:
        digest = hashlib.sha256()
        for path in sorted(self.files):
            if path.startswith(tuple(f"{table}/" for table in tables)) and self.files[path].rows:
                digest.update(f"{path} {self.files[path].sha256}\n".encode())
        return digest.hexdigest()[:16]

    def paths(self, table: str) -> list[str]:
        """The table's files, sorted."""
        return sorted(path for path in self.files if path.startswith(f"{table}/"))

    def rows(self, table: str) -> int:
        """Number of rows of the table."""
        return sum(self.files[path].rows for path in self.paths(table))

    def with_files(self, staged: Mapping[str, Entry], removed: tuple[str, ...] = ()) -> Manifest:
        """The manifest after files were replaced, added and removed."""
        remaining = {path: entry for path, entry in self.files.items() if path not in removed}
        return replace(self, files={**remaining, **staged})


def encode(manifest: Manifest) -> bytes:
    """JSON, sorted, with the derived snapshot and digest of the marts, which views of the database read."""
    document: dict[str, Any] = {
        "schema_version": manifest.schema_version,
        "origin": manifest.origin,
        "snapshot": manifest.snapshot,
        "marts": manifest.marts,
        "built": manifest.built,
        "files": {
            path: {"sha256": e.sha256, "rows": e.rows, "bytes": e.bytes}
            | ({"made_from": e.made_from} if e.made_from else {})
            for path, e in manifest.files.items()
        },
    }
    if manifest.commit:
        document["commit"] = manifest.commit
    document["checksum"] = _checksum(document)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def _checksum(document: Mapping[str, Any]) -> str:
    """Of everything but itself, to detect a flipped bit in a name or checksum."""
    rest = {name: value for name, value in document.items() if name != "checksum"}
    return hashlib.sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read(path: Path) -> Manifest:
    """The manifest in a file.

    Raises `EmptyLakeError` where there is none, `SchemaVersionError`, or `CorruptLakeError`.
    """
    try:
        return decode(path.read_bytes(), path)
    except FileNotFoundError:
        if path.name == layout.MANIFEST and any(path.parent.glob(layout.BATCHES)):
            raise CorruptLakeError(
                f"{shown(path)} is missing although there are answers in raw/; "
                "`marketlake replay` rewrites it"
            ) from None
        raise EmptyLakeError(
            f"no lake at {shown(path.parent)}: `marketlake run` makes one; "
            "`--lake` or MARKETLAKE_LAKE names another"
        ) from None
    except OSError as error:
        raise LakeError(
            f"{path} cannot be read: {error.strerror}; check the disk and the permissions"
        ) from error


def decode(content: bytes, path: Path) -> Manifest:
    """Decode the content of the file at `path`; `SchemaVersionError` or `CorruptLakeError`."""
    try:
        document = orjson.loads(content)
        version = int(document["schema_version"])
        if version > SCHEMA_VERSION:
            raise SchemaVersionError(
                f"{shown(path.parent)} has schema version {version}, this marketlake knows {SCHEMA_VERSION}; "
                "upgrade marketlake"
            )
        if document["checksum"] != _checksum(document):
            raise ValueError("its checksum differs")
        files = {name: Entry(**entry) for name, entry in document["files"].items()}
        if not all(map(layout.PLACE.fullmatch, files)):
            raise ValueError("it names a file that is not part of a lake")
        commit = int(document.get("commit", 0))
        return Manifest(str(document["origin"]), files, str(document["built"]), version, commit)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptLakeError(
            f"{shown(path)} cannot be read ({type(error).__name__}); "
            "`marketlake replay` rewrites it from raw/"
        ) from error


def assert_origin(manifest: Manifest, origin: str, lake: Path) -> None:
    """Refuse to mix simulated and live data."""
    if manifest.origin != origin:
        raise OriginError(
            f"the lake at {shown(lake)} holds {manifest.origin} data and this run would add {origin} data; "
            "use another lake (--lake or MARKETLAKE_LAKE) for it"
        )
