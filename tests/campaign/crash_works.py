"""The kinds of work to kill: the home before it, and vendors that respond the same each time."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import orjson

from marketlake.ingest import run
from marketlake.ingest.build import build
from marketlake.ingest.reconcile import reconcile
from marketlake.ingest.replay import replay
from marketlake.ingest.run import ingest
from marketlake.model.settings import KEY_VARIABLES, Settings
from marketlake.simulator.market import Market

from .clock import KEYS
from .market import Truth, csv_text, euro_rates, every_day, new_york, served, walk
from .world import Held

FIRST, LAST = date(2023, 11, 20), date(2024, 1, 31)
LOADED, DAILY = (datetime.combine(date(2024, 1, day), time(23, 30), UTC) for day in (9, 12))
_RESTATED = ("yahoo:SHARE", "tiingo:FUND", "bitstamp:COINX/USD", "binance-archive:TOKEN/USDT")
_CLAIM = """
[[claim]]
id = "COIN_BEATS_SHARE"
statement = "the coin gained more than the share"
source = "made up"
published = "2024"
check = "calendar_year_wins"
a = "COIN"
b = "SHARE"
at_least = 1
of_years = 1
first_year = 2024
last_year = 2024
"""


def held() -> tuple[Held, ...]:
    """Six instruments of six sources around a new year; shares have a split, one has two sources."""
    share, fund = (walk("XNYS", new_york(FIRST, LAST), seed, {20: 4.0}) for seed in (1, 4))
    coin, kept, token = (walk("24/7", every_day(FIRST, LAST), seed) for seed in (2, 3, 5))
    return (
        Held("SHARE", "equity", share, (("yahoo", "SHARE"),)),
        Held("COIN", "crypto", coin, (("bitstamp", "COINX/USD"), ("files", "COIN.csv"))),
        Held("KEPT", "metal", kept, (("files", "KEPT.csv"),)),
        Held("FUND", "fund", fund, (("tiingo", "FUND"),)),
        Held("TOKEN", "crypto", token, (("binance-archive", "TOKEN/USDT"),)),
        Held("RATE", "currency", euro_rates("EUR", "USD", FIRST, LAST), (("ecb", "EUR/USD"),)),
    )


def vendors() -> Market:
    return served({key: each.truth for each in held() for key in each.sources})


@dataclass(frozen=True)
class Scene:
    """The vendors, in a separate process. Every trial uses the same `home`, so that all stored
    files can be compared."""

    url: str
    home: Path

    def settings(self, now: datetime) -> Settings:
        return Settings(self.home, self.home / "data", now=now, source_url=self.url, batch_size=2, keys=KEYS)

    def environment(self, now: datetime) -> dict[str, str]:
        """The settings as environment variables."""
        return {
            "MARKETLAKE_HOME": str(self.home),
            "MARKETLAKE_NOW": now.isoformat(),
            "MARKETLAKE_SOURCE_URL": self.url,
            **{KEY_VARIABLES[source]: key for source, key in KEYS.items()},
        }

    def begin(self) -> None:
        """Create the home for the first load."""
        (self.home / "files").mkdir(parents=True)
        (self.home / "instruments.toml").write_text("\n".join(each.entry(FIRST) for each in held()))
        (self.home / "claims.toml").write_text(_CLAIM)
        (self.home / "marketlake.toml").write_text("batch_size = 2\n")
        for each in held():
            (self.home / "files" / f"{each.id}.csv").write_text(csv_text(each.truth))
        self.vendors(later=False)

    def days_later(self) -> None:
        """Add new days, and restatements by five sources in both years."""
        corrected = next(each for each in held() if each.id == "KEPT").truth
        (self.home / "files" / "KEPT.csv").write_text(csv_text(_corrected(corrected)))
        self.vendors(later=True)

    def vendors(self, *, later: bool) -> None:
        """Set the vendors to the first load, or to days later."""
        affected = _RESTATED if later else ()
        self._control(
            "faults", [f"restated:{symbol}:percent=2,from=2023-12-31,to=2024-01-02" for symbol in affected]
        )
        self._control("clock", (DAILY if later else LOADED).isoformat())

    def _control(self, what: str, value: str | Sequence[str] | None) -> None:
        request = urllib.request.Request(f"{self.url}/simulator/{what}", orjson.dumps(value), method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass


def _corrected(truth: Truth) -> Truth:
    values = dict(truth.values)
    values["close"] = values["close"].copy()
    values["close"][41:44] += 0.5
    return Truth(truth.calendar, truth.days, values)


Act = Callable[[Scene], None]


def _load(scene: Scene) -> None:
    ingest(scene.settings(LOADED))


def _day(scene: Scene) -> None:
    ingest(scene.settings(DAILY))


def _build(scene: Scene) -> None:
    build(scene.settings(DAILY))


def _run(scene: Scene) -> None:
    """As `marketlake run`: fetch, store, build marts, publish."""
    _day(scene)
    _build(scene)


def _backfill(scene: Scene) -> None:
    ingest(scene.settings(DAILY), window=(date(2023, 12, 27), None))


def _steps(scene: Scene) -> None:
    """As a scheduler: fetch batches one by one, then store all."""
    settings = scene.settings(DAILY)
    for batch in run.plan(settings, "run-1", run.Scope()):
        run.assert_fetched(run.fetch(settings, "run-1", batch))
    run.store(settings, "run-1")
    build(settings)


def _reconcile(scene: Scene) -> None:
    reconcile(scene.settings(DAILY))


def _replay(scene: Scene) -> None:
    replay(scene.settings(DAILY))


def _loaded(scene: Scene) -> None:
    _load(scene)
    build(scene.settings(LOADED))


def due(scene: Scene) -> None:
    _loaded(scene)
    scene.days_later()


def _fetched(scene: Scene) -> None:
    due(scene)
    _day(scene)


def _published(scene: Scene) -> None:
    due(scene)
    _run(scene)


def _damaged(scene: Scene) -> None:
    """A lake with truncated files of the newest bars."""
    _published(scene)
    for path in (scene.home / "data" / "bar").rglob("year=2024/part.parquet"):
        path.write_bytes(path.read_bytes()[:-9])


def _reclassed(scene: Scene) -> None:
    """Change the asset class of an instrument."""
    due(scene)
    text = (scene.home / "instruments.toml").read_text()
    (scene.home / "instruments.toml").write_text(text.replace('"metal"', '"equity"'))


@dataclass(frozen=True)
class Kind:
    """The state before and the work."""

    before: Act
    act: Act
    published: bool = False
    """Whether the work publishes the database."""
    readable: bool = True
    """Whether a published database exists before and must stay readable."""


KINDS: Mapping[str, Kind] = {
    "first_load": Kind(lambda scene: None, _load, readable=False),
    "daily": Kind(due, _day),
    "backfill": Kind(due, _backfill),
    "steps": Kind(due, _steps, published=True),
    "build": Kind(_fetched, _build, published=True),
    "run": Kind(due, _run, published=True),
    "reclassed": Kind(_reclassed, _run, published=True),
    "reconcile": Kind(_published, _reconcile),
    "replay": Kind(_damaged, _replay, readable=False),
}
