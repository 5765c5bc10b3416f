"""The state of a lake: what is stored, how fresh it is, how the last runs ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from ..calendars import load_calendar
from ..claims import ClaimCheck, read_checks
from ..errors import LakeError
from ..instruments import Instrument
from ..location import shown
from ..schema_hole import OPEN, VENDOR_HOLE
from ..settings import Settings
from ..store import raw
from ..store.holes import read_holes
from ..store.lake import open_manifest
from ..store.reverified import Whole, whole_histories
from ..store.verify import assert_whole
from ..store.watermark import LastRun, last_runs, watermarks
from .delisted import SESSIONS, delisted

_NEVER: Final = LastRun("never fetched", date.max, "", "")


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
    open_holes: int
    """Sessions between stored ones that the next run asks for again."""
    vendor_holes: int
    """Sessions between stored ones that were asked for often enough."""
    verified_on: date | None
    """When all that is stored was last served again, or first loaded, within about `reverify_days`."""


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
    """As of the last build; none before the first."""

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
    holes = read_holes(settings.lake, manifest)
    gone = delisted(settings.lake, manifest, universe, {name: run.outcome for name, run in runs.items()})
    instruments = []
    for instrument in universe.instruments:
        mark, run = marks.get(instrument.id), runs.get(instrument.id, _NEVER)
        last = mark.session if mark else None
        states = [hole.state for hole in holes.get(instrument.id, [])]
        instruments.append(
            InstrumentStatus(
                instrument_id=instrument.id,
                last_session=last,
                sessions_due=_due(settings, instrument, last),
                outcome="delisted" if instrument.id in gone else run.outcome,
                source=run.source,
                message=_delisted(last) if instrument.id in gone else run.message,
                open_holes=states.count(OPEN),
                vendor_holes=states.count(VENDOR_HOLE),
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
        built=manifest.built.startswith(manifest.snapshot),
        instruments=instruments,
        claims=_claims(settings),
    )


def _delisted(last: date | None) -> str:
    remedy = (
        f"write until = {last} beside it in instruments.toml" if last else "remove it from instruments.toml"
    )
    return f"not found at any source on {SESSIONS} sessions in a row: {remedy}, or correct its symbol"


def _claims(settings: Settings) -> Sequence[ClaimCheck]:
    try:
        return read_checks(settings.lake)
    except LakeError:
        # a database that is missing or of another place is told by `built`
        return ()


def _due(settings: Settings, instrument: Instrument, last: date | None) -> int:
    now = settings.clock.now()
    calendar = load_calendar(instrument.calendar, now.date())
    end = min(calendar.last_finished(now), instrument.until)
    start = last + timedelta(days=1) if last else instrument.since
    return len(calendar.sessions(start, end)) if start <= end else 0
