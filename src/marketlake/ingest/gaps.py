"""The log of holes: which sessions no answer has held, and how often they were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import layout
from ..model.calendars import Days
from ..model.schema import ANSWERED_TRIES, FILLED, HOLE, OPEN, VENDOR_HOLE
from ..store.manifest import Manifest
from ..store.writer import Writer
from .coverage import same_days, sessions_of
from .normalise import Window
from .raw_answers import Answer
from .watermarks import read_columns

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


_NO_DAYS: Final = np.empty(0, "datetime64[D]")


def known_holes(lake: Writer, ids: Iterable[str]) -> Mapping[str, list[Hole]]:
    """The open and given-up holes of some instruments, before an answer is absorbed."""
    wanted = pa.array(sorted(ids), pa.string())
    logs = (lake.read(path, COLUMNS) for path in lake.manifest.paths("hole"))
    return latest(log.filter(pc.is_in(log["instrument_id"], wanted)) for log in logs)


def hole_rows(
    lake: Writer,
    answers: Iterable[Answer],
    windows: Mapping[str, Window],
    served: Mapping[str, Days],
    kept: Mapping[str, Days],
    known: Mapping[str, list[Hole]],
) -> pa.Table:
    """Schema `HOLE`: what these answers, already merged, leave open or fill.

    `served` are the sessions of each answer and `kept` those of its rows that passed the checks.
    """
    rows: list[dict[str, Any]] = []
    unknown: dict[str, Days] = {}
    by_id = {answer.instrument_id: answer for answer in answers if answer.instrument_id in served}
    for name, answer in by_id.items():
        usable = kept.get(name, _NO_DAYS)
        missing = _missing(windows[name], served[name], usable)
        holes = known.get(name, [])
        if not len(missing) and not holes:
            continue
        rows += _known(answer, holes, missing, usable)
        others = np.setdiff1d(missing, np.array([hole.session for hole in holes], "datetime64[D]"))
        unknown[name] = others[others > served[name][0]]
    stored = _stored(lake, windows, unknown)
    for name, days in unknown.items():
        answer, left = by_id[name], np.setdiff1d(days, stored.get(name, _NO_DAYS))
        rows += [_row(answer, _found(answer, session)) for session in left.tolist()]
    return pa.Table.from_pylist(rows, schema=HOLE)


def _missing(window: Window, served: Days, kept: Days) -> Days:
    """Sessions due before the last one served that the answer brings nothing usable for."""
    due = window.due
    return _NO_DAYS if same_days(due, kept) else np.setdiff1d(due[due < served[-1]], kept)


def _known(answer: Answer, holes: list[Hole], missing: Days, kept: Days) -> list[dict[str, Any]]:
    """What becomes of holes that were there: filled, or left by one more run's answer."""
    rows = []
    for hole in holes:
        day = np.datetime64(hole.session)
        if day in kept:
            rows.append(_row(answer, replace(hole, state=FILLED)))
        elif hole.state == OPEN and hole.run_id != answer.run_id and day in missing:
            rows.append(_row(answer, _left_again(hole, answer)))
    return rows


def _left_again(hole: Hole, answer: Answer) -> Hole:
    tries = hole.tries + 1
    given_up = tries >= ANSWERED_TRIES
    passes = hole.let_pass or given_up or answer.outcome == "ok"
    return replace(hole, state=VENDOR_HOLE if given_up else OPEN, tries=tries, let_pass=passes)


def _found(answer: Answer, session: date) -> Hole:
    return Hole(session, OPEN, 1, answer.run_id, answer.fetched_at, answer.outcome == "ok")


def _row(answer: Answer, hole: Hole) -> dict[str, Any]:
    return {
        "run_id": answer.run_id,
        "instrument_id": answer.instrument_id,
        "session": hole.session,
        "source": answer.source,
        "state": hole.state,
        "tries": hole.tries,
        "let_pass": hole.let_pass,
        "first_asked_at": hole.first_asked_at,
        "last_asked_at": answer.fetched_at,
    }


def _stored(lake: Writer, windows: Mapping[str, Window], wanted: Mapping[str, Days]) -> dict[str, Days]:
    """Of the days wanted of each instrument, those that a row covers, whoever served it."""
    places: dict[str, list[str]] = {}
    for name, days in wanted.items():
        for year in np.unique(days.astype("datetime64[Y]")).tolist():
            path = layout.yearly("bar", windows[name].instrument.asset_class, year.year)
            places.setdefault(path, []).append(name)
    found: dict[str, list[Days]] = {}
    for path, names in places.items():
        bars = lake.read(path, ["instrument_id", "session"])
        own = bars.filter(pc.is_in(bars["instrument_id"], pa.array(names, pa.string())))
        for name, days in sessions_of(own).items():
            found.setdefault(name, []).append(days)
    return {name: np.concatenate(parts) for name, parts in found.items()}
