"""The state of a lake: what is stored, how fresh it is, how the last runs ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from ..calendars import load_calendar
from ..claims import ClaimCheck, read_checks
from ..errors import LakeError
from ..instruments import Instrument
from ..settings import Settings
from ..store import raw
from ..store.lake import open_manifest
from ..store.reverified import Whole, whole_histories
from ..store.verify import assert_whole
from ..store.watermark import last_runs, watermarks


@dataclass(frozen=True)
class InstrumentStatus:
    """One instrument: `sessions_due` are finished and not stored (all of them when nothing is)."""

    instrument_id: str
    last_session: date | None
    sessions_due: int
    outcome: str
    source: str
    message: str
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
    instruments = []
    for instrument in universe.instruments:
        mark, run = marks.get(instrument.id), runs.get(instrument.id)
        last = mark.session if mark else None
        instruments.append(
            InstrumentStatus(
                instrument_id=instrument.id,
                last_session=last,
                sessions_due=_due(settings, instrument, last),
                outcome=run.outcome if run else "never fetched",
                source=run.source if run else "",
                message=run.message if run else "",
                verified_on=whole.get(instrument.id, Whole()).verified_on,
            )
        )
    return LakeStatus(
        lake=str(settings.lake),
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
