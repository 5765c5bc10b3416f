"""The contents of a lake as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from marketlake.store.writer import open_manifest

from .market import COLUMNS

Row = tuple[float, ...]
Key = tuple[str, date]
_NONE = math.nan


def table(root: Path, name: str) -> pa.Table:
    """All rows of a stored table, as the manifest lists its files."""
    files = [pq.ParquetFile(root / path).read() for path in open_manifest(root).paths(name)]
    return pa.concat_tables(files)


def bars(root: Path, name: str = "bar") -> dict[Key, Row]:
    """The values of each stored session; for `revision`, those of the latest superseded row."""
    return {key: row for key, row in listed(root, name)}


def listed(root: Path, name: str) -> list[tuple[Key, Row]]:
    if not (root / "manifest.json").exists():
        return []
    rows = table(root, name)
    keys = zip(rows["instrument_id"].to_pylist(), rows["session"].to_pylist(), strict=True)
    columns = [[_NONE if v is None else v for v in rows[n].to_pylist()] for n in COLUMNS]
    return list(zip(keys, zip(*columns, strict=True), strict=True))


def same(stored: Row, expected: Row) -> bool:
    """Equal up to floating-point precision; a vendor's volume is whole."""
    pairs = zip(COLUMNS, stored, expected, strict=True)
    return all(_close(a, b, 1e-4 if name == "volume" else 1e-8) for name, a, b in pairs)


def _close(a: float, b: float, relative: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=relative, abs_tol=1e-12)


def expected_rows(truths: Mapping[str, Mapping[date, Row]]) -> dict[Key, Row]:
    """Rows by instrument and session, as `bars` gives them."""
    return {(name, day): row for name, rows in truths.items() for day, row in rows.items()}
