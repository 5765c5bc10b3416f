"""When each calendar is ingested, and from which sources: read from `instruments.toml`, nothing
heavy.

The moments lie in the calendar's own time zone, after the last close and the venue's lag of an
ordinary day. A late or missed run costs nothing: what is fetched follows from what is stored.
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
# Not wrong for any calendar, only later than need be.
_ANY_OTHER: Final = ("45 23 * * *", "UTC")


@dataclass(frozen=True)
class CalendarSchedule:
    """One calendar of the universe: what its `ingest` DAG needs to know."""

    calendar: str
    cron: str
    zone: str
    """IANA name; the cron expression is read in it."""
    sources: tuple[str, ...]
    """First usable sources of the calendar's instruments, each once; `NO_SOURCE` for those without
    one."""
    instruments: tuple[str, ...]

    @property
    def listed(self) -> str:
        """The instruments in words; of thousands the first few."""
        more = len(self.instruments) - _LISTED
        return ", ".join(self.instruments[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")

    @property
    def dag_id(self) -> str:
        """The id of the calendar's `ingest` DAG."""
        return f"ingest_{_slug(self.calendar)}"

    @property
    def asset(self) -> str:
        """Name of the asset that is updated when bars of this calendar changed."""
        return f"marketlake_bar_{_slug(self.calendar)}"


def calendar_schedules(settings: Settings | None = None) -> tuple[CalendarSchedule, ...]:
    """One entry per calendar of the universe, in its order.

    `ConfigError` when it cannot be read.
    """
    universe = (settings or load_settings()).universe
    return tuple(_schedule(universe, calendar) for calendar in universe.calendars)


def asset_names() -> list[str]:
    """The assets that are updated when bars changed."""
    return [*(each.asset for each in calendar_schedules()), BACKFILL_ASSET]


def instrument_ids() -> list[str]:
    """The ids of the universe, in its order."""
    return [instrument.id for instrument in load_settings().universe.instruments]


def deadlines() -> str:
    """Hours by asset class, in words."""
    settings = load_settings()
    classes = dict.fromkeys(each.asset_class for each in settings.universe.instruments)
    return ", ".join(f"{name} {settings.deadline_hours(name):g}" for name in classes)


def first_sources() -> tuple[str, ...]:
    """The first usable source of each instrument, each once."""
    return tuple(dict.fromkeys(s for schedule in calendar_schedules() for s in schedule.sources))


def pool_of(source: str) -> str:
    """The Airflow pool that limits how many tasks use one host at once."""
    # nothing is requested where there is no source, and a task in a pool that does not exist never
    # starts
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
