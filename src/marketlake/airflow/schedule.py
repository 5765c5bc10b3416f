"""When each calendar is ingested, and from which sources, from `instruments.toml`.

The moments are in the calendar's own time zone, after the last close and the venue's lag on an
ordinary day. A late or missed run loses nothing: each run fetches whatever is not stored. This file
imports nothing heavy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..model.instruments import Universe
from ..model.settings import Settings, load_settings
from ..sources import NO_SOURCE, leading

_DEFAULT_POOL: Final = "default_pool"
"""Airflow's own."""
_LISTED: Final = 50
BACKFILL_ASSET: Final = "marketlake_bar_backfill"

MOMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "24/7": ("15 0 * * *", "UTC"),
    "TARGET": ("15 17 * * 1-5", "Europe/Berlin"),
    # a month's figure is final 15 days after its end; the later days catch a late release
    "MONTHLY": ("15 0 16-28 * *", "UTC"),
    "CMES": ("15 18 * * 1-5", "America/Chicago"),
    "XAMS": ("45 18 * * 1-5", "Europe/Amsterdam"),
    "XASX": ("15 17 * * 1-5", "Australia/Sydney"),
    "XETR": ("45 18 * * 1-5", "Europe/Berlin"),
    "XHKG": ("15 17 * * 1-5", "Asia/Hong_Kong"),
    "XLON": ("45 17 * * 1-5", "Europe/London"),
    "XNAS": ("15 17 * * 1-5", "America/New_York"),
    "XNYS": ("15 17 * * 1-5", "America/New_York"),
    "XPAR": ("45 18 * * 1-5", "Europe/Paris"),
    "XSWX": ("45 18 * * 1-5", "Europe/Zurich"),
    "XTKS": ("45 16 * * 1-5", "Asia/Tokyo"),
    "XTSE": ("15 17 * * 1-5", "America/Toronto"),
}
# Correct for any calendar, but later than necessary.
_ANY_OTHER: Final = ("45 23 * * *", "UTC")


@dataclass(frozen=True)
class CalendarSchedule:
    """One calendar of the universe, as its `ingest` DAG needs it."""

    calendar: str
    cron: str
    zone: str
    """IANA name of the cron expression's time zone."""
    sources: tuple[str, ...]
    """First usable source of each instrument, without duplicates; `NO_SOURCE` for those without
    one."""
    instruments: tuple[str, ...]

    @property
    def listed(self) -> str:
        """The instruments as text; of thousands only the first few."""
        more = len(self.instruments) - _LISTED
        return ", ".join(self.instruments[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")

    @property
    def dag_id(self) -> str:
        """The id of the calendar's `ingest` DAG."""
        return f"ingest_{_slug(self.calendar)}"

    @property
    def asset(self) -> str:
        """Name of the asset that is updated when bars of this calendar change."""
        return f"marketlake_bar_{_slug(self.calendar)}"


def calendar_schedules(settings: Settings | None = None) -> tuple[CalendarSchedule, ...]:
    """One entry per calendar of the universe, in its order.

    `ConfigError` if it cannot be read.
    """
    universe = (settings or load_settings()).universe
    return tuple(_schedule(universe, calendar) for calendar in universe.calendars)


def asset_names() -> list[str]:
    """The assets that are updated when bars change."""
    return [*(each.asset for each in calendar_schedules()), BACKFILL_ASSET]


def instrument_ids() -> list[str]:
    """The ids of the universe, in its order."""
    return [instrument.id for instrument in load_settings().universe.instruments]


def deadlines() -> str:
    """Hours by asset class, as text."""
    settings = load_settings()
    classes = dict.fromkeys(each.asset_class for each in settings.universe.instruments)
    return ", ".join(f"{name} {settings.deadline_hours(name):g}" for name in classes)


def first_sources() -> tuple[str, ...]:
    """The first usable source of each instrument, without duplicates."""
    return tuple(dict.fromkeys(s for schedule in calendar_schedules() for s in schedule.sources))


def pool_of(source: str) -> str:
    """The Airflow pool that limits concurrent tasks per host."""
    # without a source nothing is requested; a task in a missing pool never starts
    return _DEFAULT_POOL if source == NO_SOURCE else f"marketlake_{source}"


def _schedule(universe: Universe, calendar: str) -> CalendarSchedule:
    members = [i for i in universe.instruments if i.calendar == calendar]
    cron, zone = MOMENTS.get(calendar, _ANY_OTHER)
    return CalendarSchedule(
        calendar=calendar,
        cron=cron,
        zone=zone,
        sources=tuple(dict.fromkeys(leading(one) for one in members)),
        instruments=tuple(i.id for i in members),
    )


def _slug(calendar: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", calendar.lower())
