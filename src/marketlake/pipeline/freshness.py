"""Which instruments are stale: a session is finished, its deadline has passed, and it is not stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ..calendars import load_calendar
from ..instruments import Instrument
from ..settings import Settings
from .status import InstrumentStatus, status


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
