"""The status of a lake and its instruments: last session, last outcome, stale, delisted.

One `not_found` may be a vendor's fault. An instrument is delisted when ten of its sessions in a row
brought nothing else. An outage in between does not count either way; any other answer starts the
count again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..claims.verdict import ClaimCheck
from ..lake import Lake
from ..model.calendars import is_known, lag_of, load_calendar
from ..model.errors import (
    BlockedError,
    LakeError,
    MalformedError,
    MisconfiguredError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from ..model.instruments import Instrument
from ..model.location import shown
from ..model.schema import GOOD_OUTCOMES, OPEN, PERMANENT
from ..model.settings import Settings
from ..store import raw
from ..store.manifest import Manifest
from ..store.verify import assert_whole
from ..store.writer import open_manifest
from .gaps import read_gaps
from .watermarks import LastRun, Whole, last_runs, read_columns, watermarks, whole_histories

Sessions = Sequence[tuple[date, datetime]]
"""Sessions and when each ends."""
SESSIONS: Final = 10
_SILENT: Final = tuple(
    error.outcome
    for error in (RateLimitedError, UnavailableError, MalformedError, BlockedError, MisconfiguredError)
)
"""Outcomes that say nothing of whether the vendor knows the symbol."""
_NEVER: Final = LastRun("never fetched", date.max, "", "")


def delisted(settings: Settings, manifest: Manifest, last: Mapping[str, str]) -> frozenset[str]:
    """The ids of those delisted; `last` is each instrument's last outcome.

    Reads the record of runs month by month, newest first, as long as a count is open.
    """
    root, universe, last_day = settings.lake, settings.universe, settings.clock.now().date()
    doubtful = {NotFoundError.outcome, *_SILENT}
    undecided = {
        name
        for name, instrument in universe.by_id.items()
        if last.get(name) in doubtful and is_known(instrument.calendar, last_day)
    }
    counts: dict[str, set[date]] = {name: set() for name in undecided}
    for path in reversed(manifest.paths("run")):
        if not undecided:
            break
        for row in _answered_runs(root / path, undecided):
            name = row["instrument_id"]
            if row["outcome"] != NotFoundError.outcome:
                undecided.discard(name)
            elif name in undecided:
                counts[name].add(_session(universe.by_id[name], row["started_at"]))
        undecided -= {name for name, sessions in counts.items() if len(sessions) >= SESSIONS}
    return frozenset(name for name, sessions in counts.items() if len(sessions) >= SESSIONS)


def _answered_runs(path: Path, wanted: Iterable[str]) -> list[dict[str, Any]]:
    """The month's runs of some instruments that a vendor answered, newest first."""
    runs = read_columns(path, ["instrument_id", "outcome", "started_at", "mode", "batch_id"])
    mine = pc.is_in(runs["instrument_id"], pa.array(sorted(wanted), pa.string()))
    compared = pc.equal(runs["mode"], "reconcile")
    unanswered = pc.or_(compared, pc.is_in(runs["outcome"], pa.array(_SILENT)))
    rows: list[dict[str, Any]] = (
        runs.filter(pc.and_(mine, pc.invert(unanswered))).sort_by([("batch_id", "descending")]).to_pylist()
    )
    return rows


def _session(instrument: Instrument, moment: datetime) -> date:
    return load_calendar(instrument.calendar, moment.date()).last_finished(moment)


@dataclass(frozen=True)
class InstrumentStatus:
    """One instrument: `sessions_due` are finished and not stored (all of them when nothing is)."""

    instrument_id: str
    last_session: date | None
    sessions_due: int
    outcome: str
    """Of the last fetch; `delisted` after ten sessions of nothing but `not_found`."""
    source: str
    message: str
    open_gaps: int
    """Sessions between stored ones that the next run requests again."""
    permanent_gaps: int
    """Sessions between stored ones that are not requested any more."""
    verified_on: date | None
    """When all that is stored was last served again, or first loaded, within about
    `reverify_days`."""


@dataclass(frozen=True)
class LakeStatus:
    """The lake as a whole."""

    lake: str
    origin: str
    snapshot: str
    bars: int
    revisions: int
    quarantined: int
    waiting: int
    """Raw batches that are fetched and not stored yet."""
    reverify_days: int
    """How often that happens; 0 is never."""
    built: bool
    """Whether market.duckdb was built from this snapshot."""
    instruments: Sequence[InstrumentStatus]
    claims: Sequence[ClaimCheck]
    """Those about stored instruments, as of the last build; none before the first."""
    skipped: Mapping[str, str]
    """Sources whose key is missing, and the environment variable to set."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def status(settings: Settings) -> LakeStatus:
    """Read the state; `EmptyLakeError` where there is no lake."""
    manifest, universe = open_manifest(settings.lake), settings.universe
    assert_whole(settings.lake, manifest)
    marks = watermarks(settings.lake, manifest, set(universe.by_id))
    runs = last_runs(settings.lake, manifest)
    asked_since = settings.clock.now().date() - timedelta(days=settings.reverify_days)
    whole = whole_histories(settings.lake, manifest, asked_since)
    gaps = read_gaps(settings.lake, manifest)
    gone = delisted(settings, manifest, {name: run.outcome for name, run in runs.items()})
    stored = (
        _stored_sessions(settings, [mark.session for mark in marks.values()])
        if manifest.is_built and marks
        else {}
    )
    instruments = []
    for instrument in universe.instruments:
        mark, run = marks.get(instrument.id), runs.get(instrument.id, _NEVER)
        last = mark.session if mark else None
        states = [gap.state for gap in gaps.get(instrument.id, [])]
        instruments.append(
            InstrumentStatus(
                instrument_id=instrument.id,
                last_session=last,
                sessions_due=_due(settings, instrument, last, stored.get(instrument.calendar, ())),
                outcome="delisted" if instrument.id in gone else run.outcome,
                source=run.source,
                message=_delisted(last) if instrument.id in gone else run.message,
                open_gaps=states.count(OPEN),
                permanent_gaps=states.count(PERMANENT),
                verified_on=whole.get(instrument.id, Whole()).verified_on,
            )
        )
    return LakeStatus(
        lake=shown(settings.lake),
        origin=manifest.origin,
        snapshot=manifest.snapshot,
        bars=manifest.rows("bar"),
        revisions=manifest.rows("revision"),
        quarantined=manifest.rows("quarantine"),
        waiting=len(raw.pending(settings.lake, manifest)),
        reverify_days=settings.reverify_days,
        built=manifest.is_built,
        instruments=instruments,
        claims=_claims(settings, {one.instrument_id for one in instruments if one.last_session}),
        skipped=universe.missing_keys,
    )


def _delisted(last: date | None) -> str:
    remedy = (
        f"write until = {last} next to it in instruments.toml" if last else "remove it from instruments.toml"
    )
    return f"not found at any source on {SESSIONS} sessions in a row: {remedy}, or correct its symbol"


def _claims(settings: Settings, stored: Set[str]) -> Sequence[ClaimCheck]:
    """The verdicts of the last build on claims about stored instruments."""
    try:
        return [one for one in Lake(settings.lake).claims().checks if stored >= {*one.instruments}]
    except LakeError:
        # a database that is missing or of another place is reported by `built`
        return ()


def _stored_sessions(settings: Settings, stored: Sequence[date]) -> Mapping[str, Sessions]:
    """By calendar, the sessions after the earliest of these days, as the last build knew them."""
    text = (
        "SELECT calendar, session, close_at FROM calendar_session "  # noqa: S608 (a date)
        f"WHERE session > DATE '{min(stored)}' ORDER BY ALL"
    )
    try:
        answer = Lake(settings.lake).query_rows(text)
    except LakeError:
        return {}
    found: dict[str, list[tuple[date, datetime]]] = {}
    for calendar, session, close_at in answer.rows:
        found.setdefault(calendar, []).append((session, close_at))
    return found


def _due(settings: Settings, instrument: Instrument, last: date | None, stored: Sessions) -> int:
    """How many sessions are finished and not stored; a calendar not in `stored` is computed, slowly."""
    now = settings.clock.now()
    if last and stored and stored[-1][0].year >= now.year:
        finished = now - lag_of(instrument.calendar)
        return sum(last < session <= instrument.until and close <= finished for session, close in stored)
    if not is_known(instrument.calendar, now.date()):
        return 0
    calendar = load_calendar(instrument.calendar, now.date())
    end = min(calendar.last_finished(now), instrument.until)
    start = last + timedelta(days=1) if last else instrument.since
    return len(calendar.sessions(start, end)) if start <= end else 0


@dataclass(frozen=True)
class Stale:
    """One instrument that is behind."""

    instrument_id: str
    asset_class: str
    last_session: date | None
    missing: date
    """The first session that is finished and not stored."""
    deadline: datetime
    """By when it was to be stored."""
    sessions_due: int
    outcome: str
    """Of the last fetch."""

    def __str__(self) -> str:
        last = f"last stored {self.last_session}" if self.last_session else "nothing stored"
        return (
            f"{self.instrument_id} ({self.asset_class}): {self.missing} was due by "
            f"{self.deadline:%Y-%m-%d %H:%M} UTC; {last}, {self.sessions_due} due, last fetch {self.outcome}"
        )


def stale(settings: Settings) -> list[Stale]:
    """Every instrument past its deadline, in the universe's order; what is delisted has none.

    `EmptyLakeError` where there is no lake.
    """
    known, now = settings.universe.by_id, settings.clock.now()
    states = (each for each in status(settings).instruments if each.outcome != "delisted")
    found = (_behind(settings, known[each.instrument_id], each, now) for each in states if each.sessions_due)
    return [each for each in found if each.deadline < now]


def _behind(settings: Settings, instrument: Instrument, state: InstrumentStatus, now: datetime) -> Stale:
    calendar = load_calendar(instrument.calendar, now.date())
    start = state.last_session + timedelta(days=1) if state.last_session else instrument.since
    first = calendar.sessions(start, calendar.last_finished(now))[:1]
    ended: datetime = calendar.close_at(first)[0].item().replace(tzinfo=UTC)
    hours = settings.deadline_hours(instrument.asset_class)
    return Stale(
        instrument_id=instrument.id,
        asset_class=instrument.asset_class,
        last_session=state.last_session,
        missing=first[0].item(),
        deadline=ended + calendar.lag + timedelta(hours=hours),
        sessions_due=state.sessions_due,
        outcome=state.outcome,
    )


@dataclass(frozen=True)
class Overview:
    """`stored` are the instruments with bars, in the order of instruments.toml."""

    origin: str
    bars: int
    known: int
    """How many instruments.toml lists."""
    stored: Sequence[str]
    last_session: date | None
    """The latest of any instrument."""
    failed: Sequence[str]
    """Instruments whose last fetch did not end well."""
    waiting: int
    """Raw batches that are fetched and not stored yet."""
    built: bool
    """Whether market.duckdb was built from what is stored."""


def overview(settings: Settings) -> Overview:
    """Read the state; `EmptyLakeError` where there is no lake, `ConfigError` without
    instruments.toml."""
    universe = settings.universe
    manifest = open_manifest(settings.lake)
    marks = watermarks(settings.lake, manifest, set(universe.by_id))
    runs = last_runs(settings.lake, manifest)
    return Overview(
        origin=manifest.origin,
        bars=manifest.rows("bar"),
        known=len(universe.instruments),
        stored=[i.id for i in universe.instruments if i.id in marks],
        last_session=max((mark.session for mark in marks.values()), default=None),
        failed=[i for i, run in runs.items() if i in universe.by_id and run.outcome not in GOOD_OUTCOMES],
        waiting=len(raw.pending(settings.lake, manifest)),
        built=manifest.is_built,
    )
