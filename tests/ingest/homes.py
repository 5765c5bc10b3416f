"""Homes whose vendor is a folder of CSV files: whole runs without network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from marketlake.model.settings import Settings, load_settings
from marketlake.store.writer import open_manifest

from ..universes import entry

CLASSES = {"COIN": "crypto", "METAL": "metal"}


def make_home(home: Path, classes: Mapping[str, str] = CLASSES) -> Path:
    """A home with instruments that read `files/ID.csv`."""
    (home / "files").mkdir(parents=True, exist_ok=True)
    text = "".join(entry(name, f"files:{name}.csv", kind=kind) for name, kind in classes.items())
    (home / "instruments.toml").write_text(text)
    return home


def serve_rows(home: Path, instrument_id: str, closes: Sequence[float], **changed: float) -> None:
    """Serve a close a day from 2023-12-25 on; `changed` overrides one, as d20240103=7."""
    first, text = date(2023, 12, 25), ["date,close,volume"]
    for number, close in enumerate(closes):
        label = first + timedelta(days=number)
        text.append(f"{label},{changed.get(f'd{label:%Y%m%d}', close)},{1000 + number}")
    (home / "files" / f"{instrument_id}.csv").write_text("\n".join(text) + "\n")


def settings_of(home: Path, now: str) -> Settings:
    return load_settings(home=home, now=now, environ={})


def table(root: Path, name: str) -> pa.Table:
    """All rows of a stored table."""
    return pa.concat_tables([pq.ParquetFile(root / path).read() for path in open_manifest(root).paths(name)])


def rows(root: Path, name: str) -> list[dict[str, Any]]:
    return table(root, name).to_pylist()


def bar_values(root: Path, name: str = "bar") -> list[tuple[Any, ...]]:
    """The values and sources of a table's bars, without observation times."""
    values = ("open", "high", "low", "close", "volume", "dividend", "split")
    kept = ("instrument_id", "session", *values, "source")
    return sorted(tuple(row[column] for column in kept) for row in rows(root, name))


def stored_bytes(root: Path) -> dict[str, bytes]:
    """Every file of bar and revision."""
    paths = [path for name in ("bar", "revision") for path in sorted((root / name).rglob("*.parquet"))]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
