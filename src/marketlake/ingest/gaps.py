"""Which expected sessions an answer lacks: coverage of one answer, and the log of gaps.

`coverage` compares an answer with the instrument's calendar. The table `gap` records every session
that lies between stored ones and was not served. A gap is requested again by each run until it is
filled or was requested `ANSWERED_TRIES` times; then it is permanent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import layout
from ..model.calendars import Days
from ..model.schema import ANSWERED_TRIES, FILLED, GAP, OPEN, PERMANENT
from ..store.manifest import Manifest
from ..store.writer import Writer
from .job import BACKFILL, DAILY, RECONCILE, REPLACE
from .normalise import Window
from .raw_answers import Answer
from .watermarks import query_files

_LATE_SESSIONS: Final = 5
"""This many sessions may be missing at the end before an answer counts as truncated: vendors are
late."""
_LATE_ASSUMED: Final = 10
"""As many where holidays are not recorded: the longest ones close a venue for so many weekdays."""
_GAPS_SHARE: Final = 0.05
"""This share of sessions in between may be missing: venues and vendors differ over holidays."""
_IN_A_ROW: Final = 20
"""So many of them in a row, a month of a stock exchange, are no holidays."""
COLUMNS: Final = ["instrument_id", "session", "run_id", "state", "tries", "accepted", "first_requested_at"]
"""What the current state of a gap is read from."""
_NO_DAYS: Final = np.empty(0, "datetime64[D]")


@dataclass(frozen=True)
class Coverage:
    """Sessions of one answer: `shortfall` lists what is missing, `truncated` is whether that is too
    much."""

    expected: int
    received: int
    shortfall: str
    truncated: bool


def coverage(window: Window, received: Days, mode: str, accepted: Sequence[date] = ()) -> Coverage:
    """Compare the sessions of an answer (sorted, finished, inside the window) with the calendar's.

    What is missing at the head of a daily window was served the last time: it counts as a gap.
    `accepted` sessions are not expected where they are not served, nor are assumed ones.
    """
    due = window.due
    if same_days(due, received):
        return Coverage(len(due), len(due), "", False)
    if accepted:
        due = np.setdiff1d(due, np.setdiff1d(np.array(accepted, "datetime64[D]"), received))
    if not len(due) or not len(received):
        empty = bool(len(due)) and mode not in {BACKFILL, REPLACE, RECONCILE}
        text = f"answered without rows, {len(due)} sessions were due" if len(due) else ""
        return Coverage(len(due), len(received), text, empty)
    missing = np.setdiff1d(due, received)
    after = missing > received[-1]
    assumed = window.calendar.assumed(missing)
    missing, late = missing[after | ~assumed], int((after & ~assumed).sum())
    tail = int(after.sum())
    head = int((missing < received[0]).sum())
    gaps = len(missing) - tail - head
    lost = gaps + (head if mode == DAILY else 0)
    between = missing[(missing > received[0]) & (missing < received[-1])]
    truncated = (
        late > _LATE_SESSIONS
        or tail > _LATE_ASSUMED
        or lost > max(_LATE_SESSIONS, _GAPS_SHARE * len(due))
        or _longest_row(due, between) >= _IN_A_ROW
    )
    parts = {
        f"{head} before {received[0]}": head,
        f"{gaps} in between": gaps,
        f"{tail} after {received[-1]}": tail,
    }
    listed = ", ".join(text for text, count in parts.items() if count)
    return Coverage(len(due), len(received), f"sessions not served: {listed}" if listed else "", truncated)


def _longest_row(due: Days, missing: Days) -> int:
    """The most missing sessions that follow each other."""
    ends = np.flatnonzero(np.diff(np.searchsorted(due, missing)) != 1)
    return int(np.diff(ends, prepend=-1, append=len(missing) - 1).max())


def same_days(a: Days, b: Days) -> bool:
    """Whether two lists of days are equal.

    Compared by their bytes, which takes a tenth of the time.
    """
    return len(a) == len(b) and a.tobytes() == b.tobytes()


def sessions_of(bars: pa.Table) -> dict[str, Days]:
    """The sessions of each instrument; the bars are sorted."""
    ids = bars["instrument_id"].combine_chunks().dictionary_encode()
    days = bars["session"].to_numpy().astype("datetime64[D]")
    names, codes = ids.dictionary.to_pylist(), ids.indices.to_numpy()
    starts = np.searchsorted(codes, np.arange(len(names) + 1))
    return {name: days[a:b] for name, a, b in zip(names, starts[:-1], starts[1:], strict=True)}


@dataclass(frozen=True)
class Gap:
    """What is known of one session that was not served."""

    session: date
    state: str
    tries: int
    run_id: str
    """The run that recorded it last."""
    first_requested_at: datetime
    accepted: bool
    """Whether an answer without it may be good: one was, or it was requested often enough."""


def read_gaps(root: Path, manifest: Manifest) -> Mapping[str, list[Gap]]:
    """By instrument id, in order of session: open and permanent gaps."""
    text = f"SELECT {', '.join(COLUMNS)} FROM file"  # noqa: S608 (names of ours)
    months = query_files(root, manifest.paths("gap"), text)
    return latest(dict(zip(COLUMNS, row, strict=True)) for _, rows in months for row in rows)


def latest(log: Iterable[dict[str, Any]]) -> Mapping[str, list[Gap]]:
    """The last row of each session in the log, without the filled ones."""
    rows = list(log)
    filled = {_key(row) for row in rows if row["state"] == FILLED}
    # by their count, not by their moment: a clock may jump
    last = {_key(row): row for row in sorted(rows, key=itemgetter("tries")) if _key(row) not in filled}
    gaps: dict[str, list[Gap]] = {}
    for row in sorted(last.values(), key=itemgetter("session")):
        gaps.setdefault(row["instrument_id"], []).append(_gap(row))
    return gaps


def _key(row: Mapping[str, Any]) -> tuple[str, date]:
    return row["instrument_id"], row["session"]


def first_open(gaps: Iterable[Gap]) -> date | None:
    """The earliest session to be requested again."""
    return min((gap.session for gap in gaps if gap.state == OPEN), default=None)


def accepted_gaps(gaps: Mapping[str, list[Gap]]) -> dict[str, list[date]]:
    """By instrument id, the sessions that an answer need not hold."""
    return {name: [gap.session for gap in own if gap.accepted] for name, own in gaps.items()}


def _gap(row: Mapping[str, Any]) -> Gap:
    return Gap(
        session=row["session"],
        state=row["state"],
        tries=row["tries"],
        run_id=row["run_id"],
        first_requested_at=row["first_requested_at"],
        accepted=row["accepted"],
    )


def known_gaps(lake: Writer, ids: Iterable[str]) -> Mapping[str, list[Gap]]:
    """The open and permanent gaps of some instruments, before an answer is stored."""
    wanted = pa.array(sorted(ids), pa.string())
    logs = (lake.read(path, COLUMNS) for path in lake.manifest.paths("gap"))
    own = (log.filter(pc.is_in(log["instrument_id"], wanted)) for log in logs)
    return latest(row for log in own for row in log.to_pylist())


def gap_rows(
    lake: Writer,
    answers: Iterable[Answer],
    windows: Mapping[str, Window],
    served: Mapping[str, Days],
    usable: Mapping[str, Days],
    known: Mapping[str, list[Gap]],
) -> pa.Table:
    """Schema `GAP`: the gaps that these answers, already merged, leave open or fill.

    `served` are the sessions of each answer and `usable` those of its rows that passed the checks.
    """
    rows: list[dict[str, Any]] = []
    unknown: dict[str, Days] = {}
    by_id = {answer.instrument_id: answer for answer in answers if answer.instrument_id in served}
    for name, answer in by_id.items():
        good = usable.get(name, _NO_DAYS)
        missing = _missing(windows[name], served[name], good)
        gaps = known.get(name, [])
        if not len(missing) and not gaps:
            continue
        rows += _known(answer, gaps, missing, good)
        others = np.setdiff1d(missing, np.array([gap.session for gap in gaps], "datetime64[D]"))
        unknown[name] = others[others > served[name][0]]
    stored = _stored(lake, windows, unknown)
    for name, days in unknown.items():
        answer, left = by_id[name], np.setdiff1d(days, stored.get(name, _NO_DAYS))
        rows += [_row(answer, _found(answer, session)) for session in left.tolist()]
    return pa.Table.from_pylist(rows, schema=GAP)


def taken_back(lake: Writer, windows: Mapping[str, Window], served: Mapping[str, Days]) -> Mapping[str, int]:
    """By instrument id, how many sessions an answer leaves out that its source served before.

    What follows the answer's last session is late.
    """
    due = {name: windows[name].due for name in served}
    left_out = {name: np.setdiff1d(due[name][due[name] < days[-1]], days) for name, days in served.items()}
    missing = {name: days for name, days in left_out.items() if len(days)}
    stored = _stored(lake, windows, missing, of_source=True)
    counts = {name: len(np.intersect1d(days, missing[name])) for name, days in stored.items()}
    return {name: count for name, count in counts.items() if count}


def _missing(window: Window, served: Days, usable: Days) -> Days:
    """Sessions due before the last one served for which the answer has no usable row.

    An assumed session may be a holiday.
    """
    due = window.due
    due = due[~window.calendar.assumed(due)]
    return _NO_DAYS if same_days(due, usable) else np.setdiff1d(due[due < served[-1]], usable)


def _known(answer: Answer, gaps: list[Gap], missing: Days, usable: Days) -> list[dict[str, Any]]:
    """What becomes of known gaps: filled, or left by one more run's answer."""
    rows = []
    for gap in gaps:
        day = np.datetime64(gap.session)
        if day in usable:
            rows.append(_row(answer, replace(gap, state=FILLED)))
        elif gap.state == OPEN and gap.run_id != answer.run_id and day in missing:
            rows.append(_row(answer, _left_again(gap, answer)))
    return rows


def _left_again(gap: Gap, answer: Answer) -> Gap:
    tries = gap.tries + 1
    permanent = tries >= ANSWERED_TRIES
    accepted = gap.accepted or permanent or answer.outcome == "ok"
    return replace(gap, state=PERMANENT if permanent else OPEN, tries=tries, accepted=accepted)


def _found(answer: Answer, session: date) -> Gap:
    return Gap(session, OPEN, 1, answer.run_id, answer.fetched_at, answer.outcome == "ok")


def _row(answer: Answer, gap: Gap) -> dict[str, Any]:
    return {
        "run_id": answer.run_id,
        "instrument_id": answer.instrument_id,
        "session": gap.session,
        "source": answer.source,
        "state": gap.state,
        "tries": gap.tries,
        "accepted": gap.accepted,
        "first_requested_at": gap.first_requested_at,
        "last_requested_at": answer.fetched_at,
    }


def _stored(
    lake: Writer, windows: Mapping[str, Window], wanted: Mapping[str, Days], *, of_source: bool = False
) -> dict[str, Days]:
    """Of the days wanted of each instrument, those that a row covers, whoever served it.

    `of_source` leaves the rows of the window's source.
    """
    places: dict[str, list[str]] = {}
    for name, days in wanted.items():
        for year in np.unique(days.astype("datetime64[Y]")).tolist():
            path = layout.yearly("bar", windows[name].instrument.asset_class, year.year)
            places.setdefault(path, []).append(name)
    found: dict[str, list[Days]] = {}
    for path, names in places.items():
        bars, ids = lake.read(path, ["instrument_id", "session", "source"]), pa.array(names, pa.string())
        own = bars.filter(pc.is_in(bars["instrument_id"], ids))
        if of_source:
            sources = pa.array([windows[name].source for name in names], pa.string())
            own = own.filter(pc.equal(own["source"], sources.take(pc.index_in(own["instrument_id"], ids))))
        for name, days in sessions_of(own).items():
            found.setdefault(name, []).append(days)
    return {name: np.concatenate(parts) for name, parts in found.items()}
