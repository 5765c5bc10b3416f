"""The log of holes: which sessions no answer has held, and how often they were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..schema_hole import FILLED, HOLE, OPEN
from .manifest import Manifest
from .watermark import read_columns

_KEY: Final = ["instrument_id", "session"]
_LAST: Final = ["run_id", "state", "tries", "let_pass", "first_asked_at", "last_asked_at"]
COLUMNS: Final = [*_KEY, *_LAST]
"""What the last word on a hole is read from."""


@dataclass(frozen=True)
class Hole:
    """What is known of one session that was not served."""

    session: date
    state: str
    tries: int
    run_id: str
    """The run that told it last."""
    first_asked_at: datetime
    let_pass: bool
    """Whether an answer without it may be good: one was, or it was asked for often enough."""


def read_holes(root: Path, manifest: Manifest) -> Mapping[str, list[Hole]]:
    """By instrument id, in order of session: what is open and what was given up."""
    return latest(read_columns(root / path, COLUMNS) for path in manifest.paths("hole"))


def latest(logs: Iterable[pa.Table]) -> Mapping[str, list[Hole]]:
    """The last word on each session of these parts of the log, filled ones left out."""
    log = pa.concat_tables([HOLE.empty_table().select(COLUMNS), *logs])
    closed = log.filter(pc.equal(log["state"], FILLED)).select(_KEY)
    # by their count, not by their moment: a clock may jump
    left = log.join(closed, _KEY, join_type="left anti").sort_by("tries")
    last = left.group_by(_KEY, use_threads=False).aggregate([(name, "last") for name in _LAST])
    holes: dict[str, list[Hole]] = {}
    for row in last.sort_by("session").to_pylist():
        holes.setdefault(row["instrument_id"], []).append(_hole(row))
    return holes


def first_open(holes: Iterable[Hole]) -> date | None:
    """The earliest session to be asked for again."""
    return min((hole.session for hole in holes if hole.state == OPEN), default=None)


def let_pass(holes: Mapping[str, list[Hole]]) -> dict[str, list[date]]:
    """By instrument id, the sessions whose lack is no news."""
    return {name: [hole.session for hole in own if hole.let_pass] for name, own in holes.items()}


def _hole(row: Mapping[str, Any]) -> Hole:
    return Hole(
        session=row["session"],
        state=row["state_last"],
        tries=row["tries_last"],
        run_id=row["run_id_last"],
        first_asked_at=row["first_asked_at_last"],
        let_pass=row["let_pass_last"],
    )
