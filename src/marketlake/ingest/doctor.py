"""Whether this machine, the configuration, the calendars and the vendors are fit for a run.

Nothing here writes to the lake. What is wrong in one place hides nothing in another.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Final

from .. import sources
from ..claims.load import load_claims
from ..model.calendars import load_calendar
from ..model.corrections import load_corrections
from ..model.errors import ConfigError, EmptyLakeError, MarketlakeError
from ..model.instruments import Instrument
from ..model.layout import DATABASE
from ..model.location import shown
from ..model.settings import Settings
from ..sources.contract import vendor_time
from ..store.writer import open_manifest
from .fetch import Fetcher, access_of
from .job import RECONCILE, Attempt, Job, calendar_error
from .normalise import Window, normalise
from .plan import last_session
from .reconcile_sources import source_names

SESSIONS: Final = 5
"""Asked of each source: a week of a stock exchange."""
OK, WARNING, PROBLEM = "ok", "warning", "problem"
_PACKAGES: Final = ("apache-airflow", "yfinance", "ccxt", "pandas", "pyarrow", "duckdb", "exchange_calendars")
_PYTHON: Final = ((3, 11), (3, 13))
_ROOM: Final = 2 * 1024**3
"""Bytes: the shipped universe with all its history needs a fifth of it."""
_SLOW_CLOCK_S: Final = 60.0
_AHEAD: Final = timedelta(days=30)
"""Warned so long before a run would warn."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    part: str
    state: str
    """`ok`, `warning` or `problem`."""
    text: str


@dataclass(frozen=True)
class VendorAnswer:
    """What one source said about the last sessions of one instrument."""

    instrument_id: str
    source: str
    outcome: str
    """As in table `run`; `ok` is good."""
    seconds: float
    sessions: int | None = None
    last_session: date | None = None
    agrees_with: str = ""
    """The instrument's first source that answered, where this is a later one that did too."""
    median_bp: float | None = None
    """Median distance of the closes from that source, in basis points of its close."""
    message: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that needs no network."""
    looks = (_machine, _room, _configuration, _calendars, _sources, _lake)
    return [finding for look in looks for finding in _guarded(look, settings)]


def _guarded(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    """A part that cannot be looked at is a problem of that part."""
    try:
        yield from look(settings)
    except (MarketlakeError, OSError) as error:
        yield Finding(look.__name__.strip("_"), PROBLEM, str(error))


def _machine(settings: Settings) -> Iterator[Finding]:
    low, high = _PYTHON
    fits = low <= sys.version_info[:2] <= high
    wanted = f"{low[0]}.{low[1]} to {high[0]}.{high[1]}"
    text = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("python", OK if fits else WARNING, text if fits else f"{text}; tested with {wanted}")
    for name in ("marketlake", *_PACKAGES):
        try:
            yield Finding("versions", OK, f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding("versions", WARNING, f"{name} is not installed; needed for what uses it")
    now = f"{settings.clock.now():%Y-%m-%d %H:%M:%S} UTC"
    pinned = " (pinned by --now or MARKETLAKE_NOW: nothing newer is fetched)"
    yield Finding("clock", WARNING if settings.now else OK, now + (pinned if settings.now else ""))


def _room(settings: Settings) -> Iterator[Finding]:
    place = _existing(settings.lake)
    free = shutil.disk_usage(place).free
    text = f"{free / 1024**3:,.1f} GiB free at {place}"
    yield Finding("disk", OK if free >= _ROOM else WARNING, text)
    if not os.access(place, os.W_OK):
        yield Finding(
            "disk", PROBLEM, f"{place} cannot be written; fix its permissions, or use another --lake"
        )


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())


def _configuration(settings: Settings) -> Iterator[Finding]:
    instruments = settings.universe.instruments
    yield Finding("configuration", OK, f"instruments.toml: {len(instruments)} instruments")
    claims = load_claims(settings.home / "claims.toml")
    yield Finding("configuration", OK, f"claims.toml: {len(claims)} claims")
    corrections = load_corrections(settings.home / "corrections.toml", settings.universe)
    yield Finding("configuration", OK, f"corrections.toml: {len(corrections)} corrections")


def _calendars(settings: Settings) -> Iterator[Finding]:
    today = settings.clock.now().date()
    for instrument in settings.universe.instruments:
        error = calendar_error(instrument, today)
        if error:
            yield Finding("calendars", PROBLEM, f"{instrument.id}: {error}")
    names = sorted(settings.universe.calendars)
    warnings = [text for name in names if (text := _calendar_warning(name, today))]
    yield from (Finding("calendars", WARNING, text) for text in warnings)
    if not warnings:
        yield Finding("calendars", OK, f"{', '.join(names)}: holidays are recorded")


def _calendar_warning(name: str, today: date) -> str:
    try:
        return load_calendar(name, today).warning(today + _AHEAD)
    except ConfigError:
        return ""  # said with its instruments


def _sources(settings: Settings) -> Iterator[Finding]:
    used: dict[str, int] = {}
    for instrument in settings.universe.instruments:
        faults = [fault for ref in instrument.with_keys if (fault := sources.fault_of(ref))]
        yield from (Finding("sources", PROBLEM, f"{instrument.id}: {fault}") for fault in faults)
        for name in source_names(instrument):
            used[name] = used.get(name, 0) + 1
    for name, count in sorted(used.items()):
        rate = settings.rate(name)
        pace = f"at most {rate:g} requests a second" if rate else "without a limit"
        yield Finding("sources", OK, f"{name}: {count} instruments, {pace}")
    for name, variable in settings.universe.missing_keys.items():
        yield Finding("sources", OK, f"{name}: skipped, because it needs a key in {variable}")
    alone = [i.id for i in settings.universe.instruments if len(source_names(i)) < 2]
    if alone:
        yield Finding("sources", OK, f"with one source only: {', '.join(alone)}")


def _lake(settings: Settings) -> Iterator[Finding]:
    try:
        manifest = open_manifest(settings.lake)
    except EmptyLakeError:
        yield Finding("lake", OK, f"{shown(settings.lake)} is empty: `marketlake run` makes the first load")
        return
    text = f"{shown(settings.lake)}: {manifest.origin} data, {manifest.rows('bar'):,} bars"
    belongs = manifest.origin == settings.origin
    other = f"; these settings would add {settings.origin} data: use another --lake, or --source-url"
    yield Finding("lake", OK if belongs else PROBLEM, text + ("" if belongs else other))
    if not manifest.is_built or not (settings.lake / DATABASE).exists():
        yield Finding("lake", WARNING, f"{DATABASE} is older than the bars: `marketlake build`")


def ask_vendors(
    settings: Settings, ids: Sequence[str] = (), on_done: Callable[[str], None] = lambda _: None
) -> list[VendorAnswer]:
    """Ask every configured source for the last sessions of the instruments (all when `ids` is empty).

    At the same pace as a run, and nothing is stored. `on_done` receives each instrument's id.
    """
    universe = settings.universe.select(ids)
    fetcher = Fetcher(access_of(settings))
    answers: list[VendorAnswer] = []
    for instrument in universe.instruments:
        answers += _of_instrument(settings, fetcher, instrument)
        on_done(instrument.id)
    return answers


def _of_instrument(settings: Settings, fetcher: Fetcher, instrument: Instrument) -> Iterator[VendorAnswer]:
    now = settings.clock.now()
    if calendar_error(instrument, now.date()):
        return
    last = last_session(instrument, now)
    start = load_calendar(instrument.calendar, now.date()).back(last, SESSIONS - 1)
    reference, first = dict[date, float](), ""
    for name in source_names(instrument):
        job = Job(instrument.id, RECONCILE, max(start, instrument.since), last, source=name)
        [fetched] = fetcher.fetch([job], {instrument.id: instrument})
        attempt = fetched.attempts[-1]
        closes = _closes(attempt, instrument, settings) if attempt.pages else {}
        skew = _skew(attempt, settings)
        yield VendorAnswer(
            instrument.id,
            name,
            attempt.outcome,
            round(fetched.duration_s, 2),
            len(closes),
            max(closes, default=None),
            first if closes else "",
            _distance(closes, reference),
            "; ".join(text for text in (attempt.message, skew) if text),
        )
        if closes and not first:
            reference, first = closes, name


def _closes(attempt: Attempt, instrument: Instrument, settings: Settings) -> dict[date, float]:
    """The usable closes of an answer by session; empty where it cannot be used."""
    window = Window(
        instrument, attempt.source, attempt.request.start, attempt.request.end, settings.clock.now()
    )
    try:
        parsed = sources.create(attempt.source).parse(attempt.pages)
        bars = normalise(parsed.bars, {instrument.id: window}).bars
    except MarketlakeError:
        return {}
    return dict(zip(bars["session"].to_pylist(), bars["close"].to_pylist(), strict=True))


def _distance(closes: dict[date, float], reference: dict[date, float]) -> float | None:
    shared = [1e4 * abs(closes[day] / reference[day] - 1) for day in closes if reference.get(day)]
    return round(median(shared), 2) if shared else None


def _skew(attempt: Attempt, settings: Settings) -> str:
    """What the vendor's clock says about this machine's; empty where they agree or one is pinned."""
    served = [moment for page in attempt.pages if (moment := vendor_time(page.headers))]
    if not served or settings.now:
        return ""
    ahead = (datetime.now(UTC) - served[-1]).total_seconds()
    return f"this machine's clock is {ahead:+.0f} s from the vendor's" if abs(ahead) > _SLOW_CLOCK_S else ""
