"""When each instrument was last asked for its whole history, and where what is stored of it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..schema import GOOD_OUTCOMES
from ..schema_correction import CORRECTION_MODE
from . import layout
from .manifest import Manifest
from .watermark import read_columns

_WHOLE: Final = ("first_load", "reverify")
_UNANSWERED: Final = ("rate_limited", "unavailable")


@dataclass(frozen=True)
class Whole:
    """What some months of runs say of one instrument's whole history; None where they say nothing."""

    answered_on: date | None = None
    """When it was last asked for and answered, well or not."""
    verified_on: date | None = None
    """When it was last answered well."""
    run_on: date | None = None
    """When anything was last asked of the instrument, whole histories that were not answered aside."""


def whole_histories(root: Path, manifest: Manifest, since: date) -> Mapping[str, Whole]:
    """By instrument id, from the runs of the month of `since` and those after it."""
    oldest = layout.monthly("run", since)
    found: dict[str, Whole] = {}
    for path in manifest.paths("run"):
        if path >= oldest:
            for row in _days(root / path):
                before = found.get(row["instrument_id"], Whole())
                found[row["instrument_id"]] = Whole(
                    row["answered_max"] or before.answered_on,
                    row["verified_max"] or before.verified_on,
                    row["run_max"] or before.run_on,
                )
    return found


def first_sessions(root: Path, manifest: Manifest, wanted: set[str]) -> dict[str, date]:
    """The first stored session of each; reads the oldest years first, until all are found."""
    found: dict[str, date] = {}
    names = pa.array(sorted(wanted), pa.string())
    for path in sorted(manifest.paths("bar"), key=layout.year_of):
        if wanted <= set(found):
            break
        table = read_columns(root / path, ["instrument_id", "session"])
        mine = table.filter(pc.is_in(table["instrument_id"], names))
        for row in mine.group_by("instrument_id").aggregate([("session", "min")]).to_pylist():
            known = found.get(row["instrument_id"], date.max)
            found[row["instrument_id"]] = min(known, row["session_min"])
    return found


def _days(path: Path) -> list[dict[str, Any]]:
    """A row an instrument: the last days of its runs in a month."""
    runs = read_columns(path, ["instrument_id", "mode", "outcome", "started_at"])
    runs = runs.filter(pc.not_equal(runs["mode"], CORRECTION_MODE))
    day = pc.cast(runs["started_at"], pa.date32(), safe=False)
    whole = pc.is_in(runs["mode"], pa.array(_WHOLE))
    answered = pc.and_(whole, pc.invert(pc.is_in(runs["outcome"], pa.array(_UNANSWERED))))
    verified = pc.and_(whole, pc.is_in(runs["outcome"], pa.array(sorted(GOOD_OUTCOMES))))
    masks = {"answered": answered, "verified": verified, "run": pc.or_(answered, pc.invert(whole))}
    nothing = pa.scalar(None, pa.date32())
    days = {name: pc.if_else(mask, day, nothing) for name, mask in masks.items()}
    grouped = pa.table({"instrument_id": runs["instrument_id"], **days}).group_by("instrument_id")
    rows: list[dict[str, Any]] = grouped.aggregate([(name, "max") for name in masks]).to_pylist()
    return rows
