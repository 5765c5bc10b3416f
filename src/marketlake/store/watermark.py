"""What is stored of each instrument: where the next fetch begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from . import layout
from .files import corrupt
from .manifest import Manifest


@dataclass(frozen=True)
class Watermark:
    """The last stored session of an instrument and the asset class it is stored under."""

    session: date
    asset_class: str


@dataclass(frozen=True)
class LastRun:
    """How the last fetch of an instrument ended, and from where it had asked."""

    outcome: str
    asked_from: date
    source: str
    message: str


def watermarks(root: Path, manifest: Manifest, wanted: set[str]) -> dict[str, Watermark]:
    """By instrument id, for those that have bars; reads the newest years first, until all are found."""
    found: dict[str, Watermark] = {}
    for path in sorted(manifest.paths("bar"), key=layout.year_of, reverse=True):
        if wanted <= set(found):
            break
        table = _columns(root / path, ["instrument_id", "session"])
        latest = table.group_by("instrument_id").aggregate([("session", "max")])
        for row in latest.to_pylist():
            mark = Watermark(row["session_max"], layout.asset_class_of(path))
            known = found.get(row["instrument_id"])
            if known is None or known.session < mark.session:
                found[row["instrument_id"]] = mark
    return {key: mark for key, mark in found.items() if key in wanted}


def last_runs(root: Path, manifest: Manifest) -> Mapping[str, LastRun]:
    """By instrument id, from the newest month with runs."""
    months = [path for path in manifest.paths("run") if manifest.files[path].rows]
    if not months:
        return {}
    columns = ["instrument_id", "outcome", "asked_from", "source", "message", "started_at"]
    rows = _columns(root / months[-1], columns).sort_by("started_at").to_pylist()
    return {
        row["instrument_id"]: LastRun(row["outcome"], row["asked_from"], row["source"], row["message"])
        for row in rows
    }


def _columns(path: Path, names: list[str]) -> pa.Table:
    try:
        return pq.ParquetFile(path).read(columns=names)
    except (pa.ArrowException, OSError) as error:
        raise corrupt(path, str(error).splitlines()[0][:120]) from error
