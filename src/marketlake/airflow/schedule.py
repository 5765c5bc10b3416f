"""Which lakes Airflow fills, when each calendar is ingested and from which sources.

The moments are in the calendar's own time zone: 15 minutes after the ordinary close and the venue's
lag. A late or missed run loses nothing: each run fetches whatever is not stored. This file imports
nothing heavy.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..model.errors import ConfigError
from ..model.settings import Settings, load_settings
from ..sources import leading

_LISTED: Final = 50
BACKFILL: Final = "backfill"
MARKETLAKE: Final = "marketlake"
"""The prefix of the only lake."""
_LAKE: Final = re.compile(r"(?P<name>[a-z][a-z0-9_]{0,31})=(?P<home>/[^,]*)")

_WEEKDAYS: Final = "1-5"
# local time of the run, its days of the week, time zone, calendars with their aliases
_RUNS: Final = (
    ("18:15", _WEEKDAYS, "Africa/Johannesburg", "XJSE"),
    ("18:15", _WEEKDAYS, "America/Argentina/Buenos_Aires", "XBUE"),
    ("18:15", _WEEKDAYS, "America/Chicago", "CMES CME CBOT COMEX NYMEX"),
    ("16:30", _WEEKDAYS, "America/Chicago", "XCBF CFE"),
    ("17:15", _WEEKDAYS, "America/Lima", "XLIM"),
    ("16:15", _WEEKDAYS, "America/Mexico_City", "XMEX"),
    ("19:15", _WEEKDAYS, "America/New_York", "IEPA ICE ICEUS NYFE us_futures"),
    ("17:15", _WEEKDAYS, "America/New_York", "XBOG XNYS NYSE NASDAQ BATS XNAS ARCX OOTC XASE"),
    ("18:15", _WEEKDAYS, "America/Santiago", "XSGO"),
    ("19:15", _WEEKDAYS, "America/Sao_Paulo", "BVMF BMF"),
    ("17:15", _WEEKDAYS, "America/Toronto", "XTSE XTSX TSX"),
    ("18:15", _WEEKDAYS, "Asia/Almaty", "AIXK"),
    ("17:45", _WEEKDAYS, "Asia/Bangkok", "XBKK"),
    ("17:15", _WEEKDAYS, "Asia/Hong_Kong", "XHKG HKEX"),
    ("17:05", _WEEKDAYS, "Asia/Jakarta", "XIDX JKT"),
    ("16:45", _WEEKDAYS, "Asia/Karachi", "XKAR"),
    ("16:45", _WEEKDAYS, "Asia/Kolkata", "XBOM BSE"),
    ("18:15", _WEEKDAYS, "Asia/Kuala_Lumpur", "XKLS"),
    ("16:45", _WEEKDAYS, "Asia/Manila", "XPHS"),
    ("18:15", _WEEKDAYS, "Asia/Nicosia", "XCYS"),
    ("16:15", "0-4", "Asia/Riyadh", "XSAU"),
    ("16:45", _WEEKDAYS, "Asia/Seoul", "XKRX"),
    ("16:15", _WEEKDAYS, "Asia/Shanghai", "XSHG SSE"),
    ("18:15", _WEEKDAYS, "Asia/Singapore", "XSES"),
    ("14:45", _WEEKDAYS, "Asia/Taipei", "XTAI"),
    ("18:30", _WEEKDAYS, "Asia/Tel_Aviv", "XTAE TASE"),
    ("16:45", _WEEKDAYS, "Asia/Tokyo", "XTKS JPX"),
    ("17:45", _WEEKDAYS, "Atlantic/Bermuda", "XBDA"),
    ("16:45", _WEEKDAYS, "Atlantic/Reykjavik", "XICE"),
    ("17:15", _WEEKDAYS, "Australia/Sydney", "XASX ASX"),
    ("18:45", _WEEKDAYS, "Europe/Amsterdam", "XAMS"),
    ("18:35", _WEEKDAYS, "Europe/Athens", "ASEX"),
    ("15:15", _WEEKDAYS, "Europe/Belgrade", "XBEL"),
    ("17:15", _WEEKDAYS, "Europe/Berlin", "TARGET"),
    ("19:15", _WEEKDAYS, "Europe/Berlin", "XEEE"),
    ("18:45", _WEEKDAYS, "Europe/Berlin", "XETR XFRA FWB"),
    ("23:15", _WEEKDAYS, "Europe/Berlin", "XEUR XSTU"),
    ("16:45", _WEEKDAYS, "Europe/Bratislava", "XBRA"),
    ("18:45", _WEEKDAYS, "Europe/Brussels", "XBRU"),
    ("23:15", _WEEKDAYS, "Europe/Brussels", "XDUS XHAM"),
    ("19:00", _WEEKDAYS, "Europe/Bucharest", "XBSE BVB"),
    ("18:15", _WEEKDAYS, "Europe/Budapest", "XBUD"),
    ("18:15", _WEEKDAYS, "Europe/Copenhagen", "XCSE"),
    ("17:43", _WEEKDAYS, "Europe/Dublin", "XDUB"),
    ("19:45", _WEEKDAYS, "Europe/Helsinki", "XHEL"),
    ("19:15", _WEEKDAYS, "Europe/Istanbul", "XIST"),
    ("17:45", _WEEKDAYS, "Europe/Lisbon", "XLIS"),
    ("16:30", _WEEKDAYS, "Europe/Ljubljana", "XLJU"),
    ("17:45", _WEEKDAYS, "Europe/London", "XLON LSE"),
    ("18:55", _WEEKDAYS, "Europe/Luxembourg", "XLUX LUXSE"),
    ("18:45", _WEEKDAYS, "Europe/Madrid", "XMAD"),
    ("20:00", _WEEKDAYS, "Europe/Moscow", "XMOS"),
    ("17:35", _WEEKDAYS, "Europe/Oslo", "XOSL OSE"),
    ("18:45", _WEEKDAYS, "Europe/Paris", "XPAR"),
    ("17:35", _WEEKDAYS, "Europe/Prague", "XPRA"),
    ("17:15", _WEEKDAYS, "Europe/Riga", "XRIS"),
    ("18:45", _WEEKDAYS, "Europe/Rome", "XMIL"),
    ("18:45", _WEEKDAYS, "Europe/Stockholm", "XSTO"),
    ("17:15", _WEEKDAYS, "Europe/Tallinn", "XTAL"),
    ("18:45", _WEEKDAYS, "Europe/Vienna", "XWBO"),
    ("17:15", _WEEKDAYS, "Europe/Vilnius", "XLIT"),
    ("18:15", _WEEKDAYS, "Europe/Warsaw", "XWAR"),
    ("17:15", _WEEKDAYS, "Europe/Zagreb", "XZAG"),
    ("18:45", _WEEKDAYS, "Europe/Zurich", "XSWX SIX"),
    ("18:00", _WEEKDAYS, "Pacific/Auckland", "XNZE"),
    ("01:15", "2-6", "UTC", "24/5"),
)
MOMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "24/7": ("15 0 * * *", "UTC"),
    # a month's figure is final 15 days after its end; the later days catch a late release
    "MONTHLY": ("15 0 16-28 * *", "UTC"),
    **{
        calendar: (f"{int(time[3:])} {int(time[:2])} * * {days}", zone)
        for time, days, zone, calendars in _RUNS
        for calendar in calendars.split()
    },
}
"""Cron expression and time zone by calendar."""
# for a calendar that cannot be used: the run reports it
_ANY_OTHER: Final = ("45 23 * * *", "UTC")


@dataclass(frozen=True)
class ScheduledLake:
    """A lake that Airflow fills; without a name the only one, whose settings are in the environment."""

    name: str = ""
    """Prefix of its DAG ids, assets, connections and variables."""
    home: str = ""
    """Its folder with instruments.toml; its lake is set in the marketlake.toml there."""

    @classmethod
    def parse(cls, text: str) -> ScheduledLake:
        """`NAME=/FOLDER`, an item of MARKETLAKE_LAKES; empty is the only lake."""
        match = _LAKE.fullmatch(text)
        if text and not match:
            raise ConfigError(f"MARKETLAKE_LAKES: {text[:80]!r} must look like equities=/config/equities")
        return cls(**match.groupdict()) if match else cls()

    def __str__(self) -> str:
        return f"{self.name}={self.home}" if self.name else ""

    @property
    def owner(self) -> str:
        """Owner of its DAGs in Airflow."""
        return os.environ.get("MARKETLAKE_DAG_OWNER") or self.prefix

    @property
    def prefix(self) -> str:
        """What its connections, variables and assets begin with."""
        return self.name or MARKETLAKE

    def dag_id(self, dag: str) -> str:
        """The id of one of its DAGs."""
        return f"{self.name}_{dag}" if self.name else dag

    def asset(self, what: str) -> tuple[str, str]:
        """Name and URI of the asset that is updated when these bars change."""
        return f"{self.prefix}_bar_{what}", f"marketlake://{self.prefix}/bar/{what}"

    def settings(self) -> Settings:
        """Its settings; `ConfigError` if its files cannot be read."""
        return load_settings(**self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Arguments of `load_settings`."""
        if not self.home:
            return {}
        environ = {name: value for name, value in os.environ.items() if name != "MARKETLAKE_LAKE"}
        return {"home": Path(self.home), "environ": environ}


def lakes() -> tuple[ScheduledLake, ...]:
    """The lakes of MARKETLAKE_LAKES (`NAME=/FOLDER,NAME=/FOLDER`), or the only one.

    `ConfigError` if the variable is wrong.
    """
    texts = [text.strip() for text in os.environ.get("MARKETLAKE_LAKES", "").split(",")]
    found = tuple(ScheduledLake.parse(text) for text in texts if text) or (ScheduledLake(),)
    names = [lake.name for lake in found]
    if len(set(names)) < len(names):
        raise ConfigError(f"MARKETLAKE_LAKES: a name comes twice in {', '.join(names)[:200]}; rename one")
    return found


@dataclass(frozen=True)
class CalendarSchedule:
    """One calendar of a lake, as its `ingest` DAG needs it."""

    lake: ScheduledLake
    calendar: str
    slug: str
    """The calendar in ids, unique in its lake."""
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
    def dag(self) -> str:
        """The calendar's `ingest` DAG, without the lake's prefix."""
        return f"ingest_{self.slug}"

    @property
    def dag_id(self) -> str:
        """The id of the calendar's `ingest` DAG."""
        return self.lake.dag_id(self.dag)


@dataclass(frozen=True)
class LakeSchedule:
    """What the DAGs of one lake need to know of its instruments.toml."""

    lake: ScheduledLake
    calendars: tuple[CalendarSchedule, ...]
    """In the order of instruments.toml."""
    instruments: tuple[str, ...]
    listed_sources: tuple[str, ...]
    """Every source that an instrument lists, sorted."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The first usable source of each instrument, without duplicates."""
        return tuple(dict.fromkeys(source for each in self.calendars for source in each.sources))

    @property
    def assets(self) -> tuple[tuple[str, str], ...]:
        """Name and URI of the assets that are updated when its bars change."""
        return tuple(self.lake.asset(what) for what in (*(each.slug for each in self.calendars), BACKFILL))


def schedules() -> tuple[LakeSchedule, ...]:
    """Of each lake whose configuration can be read, so that a mistake in one stops no other.

    `ConfigError` if none can be read. The DAG `watch` of each reports what cannot.
    """
    found, errors = [], []
    for lake in lakes():
        try:
            found.append(lake_schedule(lake))
        except ConfigError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return tuple(found)


def calendar_schedules() -> tuple[CalendarSchedule, ...]:
    """One entry per calendar of every lake."""
    return tuple(each for one in schedules() for each in one.calendars)


def lake_schedule(lake: ScheduledLake, settings: Settings | None = None) -> LakeSchedule:
    """Of one lake; `ConfigError` if its configuration cannot be read."""
    universe = (settings or lake.settings()).universe
    slugs = dict(_slugs(universe.calendars))
    calendars = []
    for calendar in universe.calendars:
        members = [i for i in universe.instruments if i.calendar == calendar]
        cron, zone = MOMENTS.get(calendar, _ANY_OTHER)
        calendars.append(
            CalendarSchedule(
                lake=lake,
                calendar=calendar,
                slug=slugs[calendar],
                cron=cron,
                zone=zone,
                sources=tuple(dict.fromkeys(leading(one) for one in members)),
                instruments=tuple(i.id for i in members),
            )
        )
    ids = tuple(one.id for one in universe.instruments)
    listed = {ref.source for one in universe.instruments for ref in one.sources}
    return LakeSchedule(lake, tuple(calendars), ids, tuple(sorted(listed)))


def _slugs(calendars: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The names in ids; a misspelt calendar (`xnys`) must not take the id of the right one."""
    taken: set[str] = set()
    for calendar in sorted(calendars, key=lambda name: name not in MOMENTS):
        slug = base = re.sub(r"[^a-z0-9]+", "_", calendar.lower())
        while slug in taken:
            slug = f"{base}_{len(taken)}"
        taken.add(slug)
        yield calendar, slug
